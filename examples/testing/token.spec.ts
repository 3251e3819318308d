import { describe, expect, it } from '@jest/globals'
import type { TokenContext } from 'rx-rooms'
import { rooms } from 'rx-rooms/testing'
import { rights } from 'rx-rooms/operators'
import { map, of } from 'rxjs'
import { tokens } from 'rx-rooms'
import { Chat } from './contract.js'

const minutes = 60_000

describe('a token that ends while its client is offline', () => {
  it('is sent once, refused, and replaced; nothing is lost', () => {
    rooms.with({ users: ['ana', 'ben'] }).run(({ client, server, at, flush, expectTimeline }) => {
      const asked = new Set<TokenContext['reason']>()
      let cached = server.token('ana')
      const laptop = client({
        host: 'laptop',
        // What an application does: it keeps a token until it is told that it is worth nothing.
        token: tokens(({ reason }) => {
          asked.add(reason)
          if (reason === 'rejected') cached = server.token('ana')
          return of(cached)
        }),
      })
      const texts$ = laptop
        .room('lobby', Chat)
        .on('message')
        .pipe(
          rights(),
          map(({ data }) => data.text),
        )
      const { network } = server

      at(30 * minutes, () => {
        network.host('laptop').refuse(true)
        network.host('laptop').cut()
      })
      at(60 * minutes, () => server.expireToken('ana'))
      server
        .member('ben')
        .at(90 * minutes)
        .join('lobby')
        .say('message', { text: 'are you there?' })
      at(120 * minutes, () => network.host('laptop').refuse(false))

      expectTimeline(texts$).toBe([[7_207_430, 'are you there?']])
      flush()
      expect([...asked]).toEqual(['first', 'reconnect', 'rejected'])
    })
  })
})
