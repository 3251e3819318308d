import { of } from 'rxjs'
import * as E from '#fp/Either'
import { canaries, gossip, shownIn } from '../support/canaries.js'
import { secretsOf } from '../../lib/server/secrets.js'
import { hello, join } from './support/peer.js'
import { counted, world } from './support/world.js'

const { token, password, resume } = canaries

/** A server whose hooks and engine say a text, and everything that can be seen of it. */
const gossiping = (said: string, where: 'authenticate' | 'authorize' | 'claim' | 'nowhere') => {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const fail = (): never => {
    throw new Error(said)
  }
  const played = world({
    logger: { debug: write, info: write, warn: write, error: write },
    authenticate: () => (where === 'authenticate' ? fail() : of({ user: 'ana' })),
    authorize: () => (where === 'authorize' ? fail() : of(['read'])),
    engine: (engine) => ({
      ...engine,
      claim: (claim) => (where === 'claim' ? of(E.left({ message: said })) : engine.claim(claim)),
    }),
  })
  const request = { url: `/?key=${canaries.url}`, headers: { cookie: `a=1; sid=${canaries.url}`, host: 'x' } }
  const peer = played.socket({ request })
  peer.send(hello({ token, session: { instance: counted('i')(), generation: 1, resume } }))
  peer.send(join(1, 'vault', { password }))
  played.time.advanceBy(1_000)
  return {
    ...played,
    peer,
    lines,
    shown: () =>
      [...lines, ...[played.faults, played.server.metrics(), peer.messages()].map((all) => JSON.stringify(all))].join(
        '\n',
      ),
  }
}

describe('a secret', () => {
  it.each([
    ['authenticate', [token, canaries.url]],
    ['authorize', [password]],
    ['claim', [token, resume]],
  ] as const)(
    '[SV9] that %s quotes shows in no fault, line, metric, frame and close reason, whole, in part or encoded',
    (where, secrets) => {
      for (const said of gossip(secrets)) {
        const { shown, faults, server } = gossiping(said, where)
        expect(faults).toHaveLength(1)
        expect(shownIn(shown(), secrets)).toEqual([])
        server.close()
      }
    },
  )

  it('[SV9] that is a part of a token, a value of a query as it is meant, or the password of a Basic authorization shows in no fault', () => {
    const [header, payload, signature] = [
      'eyJhbGciOiJIUzI1NiJ9',
      'eyJzdWIiOiJhbm4iLCJhZ2UiOjQyfQ',
      'c2lnbmF0dXJlLW9mLWFubg',
    ]
    const said = `no ${payload} and no a+b cd/ef9 and no hunter2hunter2`
    const { server, time, socket, faults } = world({
      authenticate: () => {
        throw new Error(said)
      },
    })
    const request = { url: '/?key=a%2Bb+cd%2Fef9', headers: { authorization: `Basic ${btoa('ann:hunter2hunter2')}` } }
    const peer = socket({ request })
    peer.send(hello({ token: `${header}.${payload}.${signature}`, session: { instance: 'i', generation: 1 } }))
    time.advanceBy(1_000)
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringMatching(/no \*\*\* and no \*\*\* and no \*\*\*$/),
    ])
    server.close()
  })

  it('[SV9] is looked for in bounded time, however many a request has', () => {
    const parts = Array.from({ length: 2_000 }, (_, at) => `key${at}=value-${at}`)
    const found = secretsOf({
      token: 'a.b',
      instance: 'i',
      request: { url: `/?${parts.join('&')}`, headers: { cookie: parts.join('; ') } },
    })
    expect(found.length).toBeLessThanOrEqual(34)
    expect(found).toContain('value-0')
  })

  it('[SV9] that a client says as the reason of its close, or in the wrong place, shows in no line of the logger', () => {
    for (const said of gossip([token, password, resume])) {
      const { peer, lines, server } = gossiping('', 'nowhere')
      peer.drop(1000, said)
      expect(lines.join('\n')).toMatch(/closed: 1000/)
      expect(shownIn(lines.join('\n'))).toEqual([])
      server.close()
    }
  })

  it('[CT70] [SV9] many faults of a kind are told twenty times a second, with how many were left out', () => {
    const { socket, faults, time, server } = world({
      authenticate: ({ token: given }) => {
        throw new Error(`cannot check ${String(given)}`)
      },
    })
    for (let n = 0; n < 50; n++) socket().send(hello({ token, session: { instance: `i${n}`, generation: 1 } }))
    time.advanceBy(2_000)
    expect(faults).toHaveLength(21)
    expect(faults.at(-1)?.message).toBe('authenticate: cannot check *** (29 more like this one were left out)')
    server.close()
  })
})
