import { of, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

describe('the password of a join', () => {
  it('[SV101] is given to authorize, also after a loss, and another one is asked about anew', () => {
    const { client, network, time, end } = world({
      authorize: ({ password }) => of(password === 'sesame' ? ['read', 'publish', 'history'] : []),
    })
    const room = client().room('lobby', Numbers)
    const answers = ['wrong', 'sesame'].map((password) => {
      const answer = see(room.join(admission({ password })))
      time.advanceBy(1_000)
      return E.isRight(answer.only())
    })
    expect(answers).toEqual([false, true])
    network.cut()
    const states = see(room.membership$)
    time.advanceBy(10_000)
    expect(states.last()._tag).toBe('In')
    expect(end()).toBe(0)
  })

  it('[SV101] is not kept when authorize fails', () => {
    const asked: (string | undefined)[] = []
    const { client, time, end } = world({
      authorize: ({ password }) => {
        asked.push(password)
        return throwError(() => new Error('down'))
      },
    })
    const room = client().room('lobby', Numbers)
    see(room.join(admission({ password: 'sesame' })))
    time.advanceBy(100)
    see(room.leave())
    time.advanceBy(5_000)
    const before = asked.length
    see(room.send('message', 1))
    time.advanceBy(100)
    expect(new Set(asked.slice(0, before))).toEqual(new Set(['sesame']))
    expect(asked[before]).toBeUndefined()
    expect(asked.length).toBeGreaterThan(before)
    expect(end()).toBe(0)
  })
})
