import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { Input, Output, ConnectionState as State } from '../../lib/connection/model.js'
import { defaultBackoff } from '../../lib/core/backoff.js'
import type { Kind } from '../../lib/core/error.js'
import type { Hint } from '../../lib/core/ports.js'
import { failure, type InputTag, inputTags, machineWith, stateTags } from '../support/connection.js'

const machine = machineWith()

/** One step of a walk, before it is known where the walk stands. */
interface Move {
  readonly tag: InputTag
  /** Whose socket speaks: 0 is the present one. */
  readonly age: -1 | 0 | 1
  readonly kind: Kind
  readonly retryAfterMs: number | null
  readonly spreadMs: number | null
  readonly hint: Hint
  readonly quality: 'good' | 'degraded'
  readonly passedMs: number
  readonly chance: number
}

/** One step of a walk as it was. */
interface Taken {
  readonly before: State
  readonly input: Input
  readonly after: State
  readonly outputs: readonly Output[]
  readonly now: number
}

const onward = ['Connect', 'TokenGranted', 'Opened', 'Welcomed', 'Lost', 'Elapsed', 'Hinted'] as const
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    // What brings a connection forward comes more often, so that walks get somewhere.
    tag: fc.constantFrom(...inputTags, ...onward, ...onward, ...onward),
    age: fc.constantFrom(0, 0, 0, -1, 1),
    kind: fc.constantFrom<Kind[]>('retry', 'retry', 'retry', 'reauth', 'terminal', 'unknown'),
    retryAfterMs: fc.option(fc.nat(100_000), { freq: 3 }),
    spreadMs: fc.option(fc.nat(10_000)),
    hint: fc.constantFrom<Hint[]>('online', 'offline', 'visible', 'hidden', 'frozen', 'resumed'),
    quality: fc.constantFrom('good', 'degraded'),
    passedMs: fc.oneof(fc.constant(0), fc.nat(500), fc.nat(60_000)),
    chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }),
  { minLength: 10, maxLength: 60, size: 'max' },
)

const inputOf = (move: Move, { generation }: State): Input => {
  const { tag, kind, retryAfterMs, spreadMs, hint, quality } = move
  const of = generation + move.age
  const wish = retryAfterMs === null ? {} : { retryAfterMs, ...(spreadMs === null ? {} : { spreadMs }) }
  switch (tag) {
    case 'Connect':
    case 'Need':
    case 'Disconnect':
    case 'Close':
    case 'TokenGranted':
    case 'Elapsed':
    case 'Held':
      return { _tag: tag }
    case 'TokenDenied':
      return { _tag: tag, because: failure(kind) }
    case 'Lost':
      return { _tag: tag, generation: of, because: failure(kind, wish) }
    case 'Quality':
      return { _tag: tag, generation: of, quality }
    case 'Move':
      return { _tag: tag, generation: of, to: '*', afterMs: 0, spreadMs: 0 }
    case 'Hinted':
      return { _tag: tag, hint }
    case 'Opened':
    case 'Welcomed':
    case 'Dismissed':
    case 'Settled':
      return { _tag: tag, generation: of }
  }
}

/** Nothing in the world would say it now: a wait ends at its time. Close comes at the end of a walk only. */
const isIdleTalk = (input: Input, before: State, now: number, isLast: boolean): boolean =>
  (input._tag === 'Close' && !isLast) ||
  ((input._tag === 'Elapsed' || input._tag === 'Held') && before._tag === 'Waiting' && now < before.until)

/** Walks from the beginning; every input meets whatever state it finds. */
const walk = (plan: readonly Move[]): readonly Taken[] => {
  const taken: Taken[] = []
  let state = machine.initial
  let now = 0
  for (const [index, move] of plan.entries()) {
    now += move.passedMs
    const input = inputOf(move, state)
    if (isIdleTalk(input, state, now, index > plan.length - 4)) continue
    const [after, outputs] = machine.step(state, input, { now, chance: move.chance })
    taken.push({ before: state, input, after, outputs, now })
    state = after
  }
  return taken
}

const always = (check: (taken: Taken, earlier: readonly Taken[]) => void): void => {
  fc.assert(
    fc.property(moves, (plan) => {
      const all = walk(plan)
      for (const [index, taken] of all.entries()) check(taken, all.slice(0, index))
    }),
    { numRuns: 150 },
  )
}
const attemptOf = (state: State): number | undefined => ('attempt' in state ? state.attempt : undefined)
const hasSocket = ({ _tag }: State): boolean => _tag === 'Connecting' || _tag === 'Handshaking' || _tag === 'Online'

describe('whatever happens in whatever order', () => {
  it('[CN1] walks come everywhere', () => {
    const been = new Map<string, number>()
    for (const plan of fc.sample(moves, { numRuns: 300, seed: 1 })) {
      for (const { after } of walk(plan)) been.set(after._tag, (been.get(after._tag) ?? 0) + 1)
    }
    expect([...been.keys()].sort()).toEqual([...stateTags].sort())
    expect(Math.min(...been.values())).toBeGreaterThan(30)
  })

  it('[CN2] [P9] after disconnect() and after a dismissal only connect() leaves Idle, after close() nothing leaves Closed', () => {
    always(({ before, input, after, outputs }) => {
      if (before._tag === 'Closed') expect([after, outputs]).toEqual([before, []])
      if (before._tag !== 'Idle' || before.because === 'never') return
      const isIntent = input._tag === 'Connect' || input._tag === 'Disconnect' || input._tag === 'Close'
      if (!isIntent) expect([after, outputs]).toEqual([before, []])
    })
  })

  it('[CN2] Disconnect and Close are obeyed in every state, Connect in every state without a connection', () => {
    always(({ before, input, after }) => {
      if (before._tag === 'Closed') return
      if (input._tag === 'Disconnect') expect(after).toMatchObject({ _tag: 'Idle', because: 'asked' })
      if (input._tag === 'Close') expect(after._tag).toBe('Closed')
      if (input._tag !== 'Connect') return
      if (['Idle', 'Waiting', 'Suspended', 'Stopped'].includes(before._tag)) {
        expect(after).toMatchObject({ _tag: 'Authorizing', attempt: 0 })
      } else expect(after).toBe(before)
    })
  })

  it('[CN3] generations only grow, by one for each socket, and only a granted token makes one', () => {
    always(({ before, input, after }) => {
      const isNew = after._tag === 'Connecting' && before._tag !== 'Connecting'
      expect(after.generation - before.generation).toBe(isNew ? 1 : 0)
      if (isNew) expect(input._tag).toBe('TokenGranted')
    })
  })

  it('[CN3] there is at most one socket, it is the present one, and every end of it is told', () => {
    always(({ before, after, outputs }) => {
      const sockets = machine.activities(after).filter(({ key }) => key.startsWith('socket'))
      expect(sockets.map(({ key }) => key)).toEqual(hasSocket(after) ? [`socket#${after.generation}`] : [])
      const downs = outputs.filter(({ _tag }) => _tag === 'Down')
      const isGone = hasSocket(before) && !(hasSocket(after) && after.generation === before.generation)
      expect(downs).toEqual(isGone ? [{ _tag: 'Down', generation: before.generation }] : [])
    })
  })

  it('[CN3] [P13] what a superseded socket says changes nothing', () => {
    always(({ before, input, after, outputs }) => {
      if ('generation' in input && input.generation !== before.generation) {
        expect(after).toBe(before)
        expect(outputs).toEqual([])
      }
    })
  })

  it('[CN13] a step that changes nothing returns the very state that it was given', () => {
    always(({ before, after }) => {
      if (isDeepStrictEqual(before, after)) expect(after).toBe(before)
    })
  })

  it('[CN4] [T8] attempts are forgotten by connect() and by a link that has settled, by nothing else', () => {
    always(({ before, input, after }) => {
      const [had, has] = [attemptOf(before), attemptOf(after)]
      if (had === undefined || has === undefined || has >= had) return
      expect(['Connect', 'Settled']).toContain(input._tag)
      if (input._tag === 'Settled') expect(before._tag).toBe('Online')
    })
  })

  it('[CN4] no wait is shorter than the floor, and a hint never makes one longer', () => {
    always(({ before, after, now }) => {
      if (after._tag !== 'Waiting' || before._tag === 'Suspended') return
      if (before._tag !== 'Waiting') expect(after.until - now).toBeGreaterThanOrEqual(defaultBackoff.floorMs)
      else if (after.until !== before.until) {
        expect(after.until).toBeLessThan(before.until)
        expect(after.until - now).toBeGreaterThanOrEqual(defaultBackoff.floorMs)
      }
    })
  })

  it('[CN5] when the server names a time, nothing but a user tries before it, not even over a freeze', () => {
    let wishUntil = 0
    always(({ before, input, after, now }, earlier) => {
      if (earlier.length === 0 || ['Connect', 'Disconnect', 'Close'].includes(input._tag)) wishUntil = 0
      if (now < wishUntil) expect(['Waiting', 'Suspended']).toContain(after._tag)
      if (after._tag !== 'Waiting' || !hasSocket(before) || after.because.retryAfterMs === undefined) return
      const { retryAfterMs, spreadMs = 0 } = after.because
      const { floorMs } = defaultBackoff
      expect(after.until - now).toBeGreaterThanOrEqual(Math.max(retryAfterMs, floorMs))
      expect(after.until - now).toBeLessThanOrEqual(Math.max(retryAfterMs + spreadMs, floorMs))
      wishUntil = after.until
    })
  })

  it('[CN1] tokens are asked for on the way in, and given back on every way out', () => {
    always(({ before, after, outputs }) => {
      const asks = outputs.filter(({ _tag }) => _tag === 'Ask').length
      const releases = outputs.filter(({ _tag }) => _tag === 'Release').length
      expect(asks).toBe(after._tag === 'Authorizing' && before !== after ? 1 : 0)
      const needs = ({ _tag }: State): boolean => _tag === 'Authorizing' || hasSocket({ _tag } as State)
      if (needs(before) && !needs(after)) expect(releases).toBe(1)
      expect(outputs.filter(({ _tag }) => _tag === 'Greet').length).toBe(
        after._tag === 'Handshaking' && before._tag !== 'Handshaking' ? 1 : 0,
      )
    })
  })

  it('[CN6] [P28] no hint ends a living link, except that the page is frozen', () => {
    always(({ before, input, after }) => {
      if (input._tag !== 'Hinted' || !hasSocket(before)) return
      if (input.hint === 'frozen') expect(after._tag).toBe('Suspended')
      else expect(after).toBe(before)
    })
  })

  it('[CN1] states are plain data: they survive JSON', () => {
    always(({ after }) => expect(JSON.parse(JSON.stringify(after))).toEqual(after))
  })
})
