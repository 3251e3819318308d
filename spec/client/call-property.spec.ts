import fc from 'fast-check'
import * as t from 'io-ts'
import { concat, defer, interval, map, of, take, timer } from 'rxjs'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import type { Result } from '../../lib/core/result.js'
import { calls, command, query, stream } from '../../lib/features/calls/index.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { answers } from '../../lib/server/calls/answers.js'
import { memory } from '../../lib/server/memory.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import type { VirtualTime } from '../../lib/testing/virtual.js'
import { twoServers } from '../support/leadership.js'
import { see, type Seen } from '../support/seen.js'

const Work = contract({
  calls: {
    act: command({ input: t.string, output: t.string }),
    look: query({ input: t.string, output: t.string }),
    count: stream({ input: t.number, output: t.number }),
  },
})

type Act =
  | { readonly _tag: 'act' | 'look' | 'count' | 'cancel' | 'cut' | 'away' | 'back'; readonly who: number }
  | { readonly _tag: 'move'; readonly who: number; readonly to: 0 | 1 }
  | { readonly _tag: 'restart' | 'stop' | 'drain'; readonly at: 0 | 1 }
  | { readonly _tag: 'wait'; readonly ms: number }

const clients = 3
const who = fc.nat(clients - 1)
const at = fc.constantFrom(0 as const, 1 as const)
type Own = Extract<Act, { readonly who: number; readonly to?: never }>['_tag']
const acts = (weight: number, ...tags: readonly Own[]) => ({
  weight,
  arbitrary: fc.record({ _tag: fc.constantFrom(...tags), who }) as fc.Arbitrary<Act>,
})
const act: fc.Arbitrary<Act> = fc.oneof(
  acts(8, 'act'),
  acts(3, 'look', 'count'),
  acts(2, 'cancel', 'cut', 'away', 'back'),
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('move' as const), who, to: at }) },
  {
    weight: 1,
    arbitrary: fc.record({ _tag: fc.constantFrom('restart' as const, 'stop' as const, 'drain' as const), at }),
  },
  { weight: 6, arbitrary: fc.record({ _tag: fc.constant('wait' as const), ms: fc.nat(4_000) }) },
)

interface Made {
  readonly kind: 'act' | 'look' | 'count'
  readonly id: string
  readonly seen: Seen<Result<unknown>>
  isCancelled: boolean
}

/** The handlers, which count how often each command runs. */
const handlers = (time: VirtualTime, random: () => number, runs: Map<string, number>) =>
  answers(Work, {
    act: (id) =>
      defer(() => {
        runs.set(id, (runs.get(id) ?? 0) + 1)
        return timer(random() < 0.3 ? 3_000 * random() : 5, time).pipe(map(() => E.right(id)))
      }),
    look: (id) => timer(400 * random(), time).pipe(map(() => E.right(id))),
    count: (to) => concat(of(1), interval(100, time).pipe(map((n) => n + 2))).pipe(take(to), map(E.right)),
  })

/** The faults of the values of a stream: they are contiguous but for a `call/lost` in between. */
const isContiguous = (all: readonly Result<unknown>[]): boolean => {
  let before: number | undefined = 0
  return all.every((result) => {
    if (E.isLeft(result)) {
      before = undefined
      return true
    }
    const n = Number(result.right)
    const isNext = before === undefined || n === before + 1
    before = n
    return isNext
  })
}

describe('calls, under any interleaving of two servers', () => {
  it('[CA15] no command runs twice, no call hangs, and each answer is true', () => {
    let faults = 0
    let commands = 0
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60, size: 'max' }), fc.nat(), (script, seed) => {
        const random = seeded(seed)
        const rates = { failEvery: 25, loseAnswers: 25 }
        const runs = new Map<string, number>()
        const scene: { readonly calls: ReturnType<typeof handlers>[] } = { calls: [] }
        const { time, both, use, transport, close } = twoServers({ calls: scene.calls }, (scheduler) => {
          scene.calls.push(handlers(scheduler, random, runs))
          return unreliable(memory({ scheduler, wall: () => scheduler.now() }), {
            scheduler,
            random,
            delayMs: seed % 2 === 0 ? 10 : 1_000,
            get failEvery() {
              return rates.failEvery
            },
            get loseAnswers() {
              return rates.loseAnswers
            },
          })
        })
        const [one] = both
        const host = (each: number, on: 0 | 1) => both[on].network.host(`u${each}`)
        const rooms = Array.from({ length: clients }, (_, each) =>
          one
            .client({ transport: transport(`u${each}`), token: tokens(() => `u${each}`) })
            .room('work', Work)
            .with(calls),
        )
        const made: Made[] = []
        const make = (kind: Made['kind'], by: number): void => {
          const id = `${kind}-${made.length}`
          const room = rooms[by]!
          const call$ = kind === 'count' ? room.call(kind, 8, { id }) : room.call(kind, id, { id })
          made.push({ kind, id, seen: see<Result<unknown>>(call$), isCancelled: false })
        }
        for (const each of script) {
          switch (each._tag) {
            case 'act':
            case 'look':
            case 'count':
              make(each._tag, each.who)
              break
            case 'cancel': {
              const open = made.filter(({ seen, isCancelled }) => !isCancelled && !seen.isComplete()).at(-1)
              if (!open) break
              open.seen.stop()
              open.isCancelled = true
              break
            }
            case 'cut':
              for (const on of [0, 1] as const) host(each.who, on).cut()
              faults++
              break
            case 'away':
              for (const on of [0, 1] as const) {
                host(each.who, on).cut()
                host(each.who, on).refuse(true)
              }
              faults++
              break
            case 'back':
              for (const on of [0, 1] as const) host(each.who, on).refuse(false)
              break
            case 'move':
              use(`u${each.who}`, each.to)
              for (const on of [0, 1] as const) host(each.who, on).cut()
              faults++
              break
            case 'restart':
              both[each.at].restart()
              faults++
              break
            case 'stop':
              both[each.at].stop()
              faults++
              break
            case 'drain':
              both[each.at].drain({ drainMs: 500, spreadMs: 500 })
              time.advanceBy(2_000)
              both[each.at].restart()
              faults++
              break
            case 'wait':
              time.advanceBy(each.ms)
          }
        }
        Object.assign(rates, { failEvery: Infinity, loseAnswers: Infinity })
        for (const server of both) server.restart()
        for (let each = 0; each < clients; each++) for (const on of [0, 1] as const) host(each, on).refuse(false)
        time.advanceBy(120_000)
        for (const { kind, id, seen, isCancelled } of made) {
          const ran = runs.get(id) ?? 0
          if (kind === 'act') {
            commands++
            expect([id, ran > 1]).toEqual([id, false])
          }
          if (isCancelled) continue
          expect([id, seen.isComplete()]).toEqual([id, true])
          if (kind === 'count') {
            expect([id, isContiguous(seen.all), seen.all]).toEqual([id, true, seen.all])
            continue
          }
          const answer = seen.only()
          if (E.isRight(answer)) expect(answer.right).toBe(id)
          if (kind !== 'act') continue
          const executed = E.isRight(answer) ? 'yes' : 'executed' in answer.left ? answer.left.executed : 'no'
          if (executed !== 'unknown') expect([id, executed, ran]).toEqual([id, executed, executed === 'yes' ? 1 : 0])
        }
        close()
      }),
      { numRuns: Number(process.env['RX_ROOMS_RUNS'] ?? 150) },
    )
    expect(faults).toBeGreaterThan(100)
    expect(commands).toBeGreaterThan(100)
  }, 300_000)
})
