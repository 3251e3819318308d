import fc from 'fast-check'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { leader, type Leadership } from '../../lib/features/leader/index.js'
import type { Result } from '../../lib/core/result.js'
import { memory } from '../../lib/server/memory.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { Chat } from '../support/chat.js'
import { twoServers } from '../support/leadership.js'
import { right, see, type Seen } from '../support/seen.js'

type Act =
  | { readonly _tag: 'stand' | 'withdraw' | 'say' | 'cut' | 'away' | 'back'; readonly who: number }
  | { readonly _tag: 'move'; readonly who: number; readonly to: 0 | 1 }
  | { readonly _tag: 'restart' | 'stop' | 'drain'; readonly at: 0 | 1 }
  | { readonly _tag: 'wait'; readonly ms: number }

const clients = 3
const who = fc.nat(clients - 1)
const at = fc.constantFrom(0 as const, 1 as const)
const acts = (
  weight: number,
  ...tags: readonly Extract<Act, { readonly who: number; readonly to?: never }>['_tag'][]
) => ({
  weight,
  arbitrary: fc.record({ _tag: fc.constantFrom(...tags), who }) as fc.Arbitrary<Act>,
})
const act: fc.Arbitrary<Act> = fc.oneof(
  acts(5, 'stand'),
  acts(2, 'withdraw', 'cut', 'away', 'back'),
  acts(6, 'say'),
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('move' as const), who, to: at }) },
  {
    weight: 1,
    arbitrary: fc.record({ _tag: fc.constantFrom('restart' as const, 'stop' as const, 'drain' as const), at }),
  },
  { weight: 6, arbitrary: fc.record({ _tag: fc.constant('wait' as const), ms: fc.nat(8_000) }) },
)

const last = (seen: Seen<Result<Leadership>> | undefined): Leadership | undefined =>
  seen?.all.filter(E.isRight).map(right).at(-1)

describe('the leader of a room, under any interleaving', () => {
  it('[LD12] the terms of accepted messages never decrease in the log, and in the calm exactly one candidate leads', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60, size: 'max' }), fc.nat(), (script, seed) => {
        const random = seeded(seed)
        const faults = { delayMs: seed % 2 === 0 ? 20 : 2_000, failEvery: 30, loseAnswers: 30 }
        const plain = { log: [] as readonly number[], read: (): void => undefined }
        const { time, both, use, transport, close } = twoServers({}, (scheduler) => {
          const engine = memory({ scheduler, wall: () => scheduler.now() })
          plain.read = () => {
            const none = { epoch: '', offset: 0 }
            engine.read('lobby', none, { count: 10_000, bytes: 2 ** 30 }).subscribe((page) => {
              plain.log = (E.isRight(page) ? (page.right?.messages ?? []) : []).map(({ data }) =>
                Number((JSON.parse(data) as { text: string }).text),
              )
            })
          }
          return unreliable(engine, {
            scheduler,
            random,
            ...faults,
            get failEvery() {
              return faults.failEvery
            },
            get loseAnswers() {
              return faults.loseAnswers
            },
          })
        })
        const [one] = both
        const host = (each: number, on: 0 | 1) => both[on].network.host(`u${each}`)
        const all = Array.from({ length: clients }, (_, each) => {
          const client = one.client({ transport: transport(`u${each}`), token: tokens(() => `u${each}`), lingerMs: 0 })
          return {
            room: client.room('lobby', Chat).with(leader),
            seen: undefined as Seen<Result<Leadership>> | undefined,
            term: 0,
          }
        })
        for (const each of all) each.seen = see(each.room.leadership$)
        time.advanceBy(1_000)
        for (const each of script) {
          switch (each._tag) {
            case 'stand':
              all[each.who]!.seen ??= see(all[each.who]!.room.leadership$)
              break
            case 'withdraw':
              all[each.who]!.seen?.stop()
              all[each.who]!.seen = undefined
              break
            case 'say': {
              const speaker = all[each.who]!
              const part = last(speaker.seen)
              if (part?._tag === 'Leading') speaker.term = part.term
              // Also one that led once, and one that is offline, goes on with its term.
              if (speaker.term > 0)
                void speaker.room.send('message', { text: String(speaker.term) }, { term: speaker.term })
              break
            }
            case 'cut':
              for (const on of [0, 1] as const) host(each.who, on).cut()
              break
            case 'away':
              for (const on of [0, 1] as const) {
                host(each.who, on).cut()
                host(each.who, on).refuse(true)
              }
              break
            case 'back':
              for (const on of [0, 1] as const) host(each.who, on).refuse(false)
              break
            case 'move':
              use(`u${each.who}`, each.to)
              for (const on of [0, 1] as const) host(each.who, on).cut()
              break
            case 'restart':
              both[each.at].restart()
              break
            case 'stop':
              both[each.at].stop()
              break
            case 'drain':
              both[each.at].drain({ drainMs: 500, spreadMs: 500 })
              time.advanceBy(2_000)
              both[each.at].restart()
              break
            case 'wait':
              time.advanceBy(each.ms)
          }
        }
        Object.assign(faults, { failEvery: Infinity, loseAnswers: Infinity })
        for (const server of both) server.restart()
        for (let each = 0; each < clients; each++) for (const on of [0, 1] as const) host(each, on).refuse(false)
        time.advanceBy(120_000)
        const standing = all.filter(({ seen }) => seen)
        const states = standing.map(({ seen }) => last(seen))
        const terms = new Set(states.map((state) => state && 'term' in state && state.term))
        expect(states.filter((state) => state?._tag === 'Leading')).toHaveLength(Math.min(1, standing.length))
        expect(states.filter((state) => state?._tag === 'Following')).toHaveLength(Math.max(0, standing.length - 1))
        expect(terms.size).toBe(Math.min(1, standing.length))
        for (const { room, seen } of standing) {
          const state = last(seen)
          if (state?._tag !== 'Leading') continue
          const sent = see(room.send('message', { text: String(state.term) }, { term: state.term }))
          time.advanceBy(5_000)
          expect(E.isRight(sent.only())).toBe(true)
        }
        plain.read()
        expect(plain.log).toEqual([...plain.log].sort((a, b) => a - b))
        close()
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    )
  })
})
