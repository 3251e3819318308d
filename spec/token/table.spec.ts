import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { NEVER } from 'rxjs'
import { defaultBackoff } from '../../lib/core/backoff.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { unlimited } from '../../lib/core/retries.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { failed, noToken, signedOut } from '../../lib/token/error.js'
import { tokenMachine } from '../../lib/token/machine.js'
import type { Input, Output, Reason, State } from '../../lib/token/model.js'
import { sayings, tokenConfig } from '../support/token.js'

type StateTag = State['_tag']
type InputTag = Input['_tag']

const machine = tokenMachine({
  config: tokenConfig,
  backoff: defaultBackoff,
  deadlines: deadlines(virtualTime()),
  retries: unlimited,
  source: () => NEVER,
})

const samples: { readonly [T in StateTag]: Extract<State, { readonly _tag: T }> } = {
  None: { _tag: 'None', ask: 4 },
  Asking: { _tag: 'Asking', ask: 4, reason: 'first' },
  Held: { _tag: 'Held', ask: 4, token: 2, renewAt: 60_000 },
  Renewing: { _tag: 'Renewing', ask: 4, token: 2, reason: 'expiring', failures: 1 },
  Pausing: { _tag: 'Pausing', ask: 4, token: 2, reason: 'expiring', failures: 1, until: 5_000 },
  Refused: { _tag: 'Refused', ask: 4, because: noToken },
}
const inputs: { readonly [T in InputTag]: Extract<Input, { readonly _tag: T }> } = {
  Ask: { _tag: 'Ask', reason: 'reconnect' },
  Release: { _tag: 'Release' },
  Answered: { _tag: 'Answered', token: 3, lifetimeMs: 60_000 },
  Stale: { _tag: 'Stale' },
  SignedOut: { _tag: 'SignedOut' },
  Failed: { _tag: 'Failed', because: failed('boom') },
  Ended: { _tag: 'Ended' },
  Overdue: { _tag: 'Overdue' },
  Lifetime: { _tag: 'Lifetime', token: 2, lifetimeMs: 60_000 },
  RenewalDue: { _tag: 'RenewalDue' },
  Rejected: { _tag: 'Rejected', token: 2 },
  PauseOver: { _tag: 'PauseOver' },
}
const stateTags = Object.keys(samples) as StateTag[]
const inputTags = Object.keys(inputs) as InputTag[]

const leads = (before: State, input: Input): string => {
  const [after, outputs] = machine.step(before, input, { now: 0, chance: 0.5 })
  const words = [...(after === before ? [] : [after._tag]), ...sayings(outputs)]
  return words.length === 0 ? '–' : words.join(': ')
}

const nothing = {
  Ask: 'Asking', Release: 'None', Answered: '–', Stale: '–', SignedOut: '–', Failed: '–', Ended: '–', Overdue: '–',
  Lifetime: '–', RenewalDue: '–', Rejected: '–', PauseOver: '–',
} satisfies Record<InputTag, string> // prettier-ignore
const out = 'Refused: Denied auth/signed-out'

/** Where each state goes with each input, and what it says. A state or input that is not here does not compile. */
const expected: Record<StateTag, Record<InputTag, string>> = {
  None: { ...nothing, Release: '–' },
  Asking: {
    ...nothing, Answered: 'Held: Granted', Stale: 'Asking', SignedOut: out, Failed: 'Refused: Denied auth/source-failed',
    Ended: 'Refused: Denied auth/no-token', Overdue: 'Refused: Denied auth/timeout',
  },
  Held: {
    ...nothing, Answered: 'Held: Renewed 3', SignedOut: out, Lifetime: 'Held', RenewalDue: 'Renewing', Rejected: 'Renewing',
  },
  Renewing: {
    ...nothing, Answered: 'Held: Renewed 3', SignedOut: out, Failed: 'Pausing', Ended: 'Pausing', Overdue: 'Pausing',
  },
  Pausing: { ...nothing, Answered: 'Held: Renewed 3', SignedOut: out, PauseOver: 'Renewing' },
  Refused: { ...nothing, Answered: 'Held: Granted' },
} // prettier-ignore
const cases = stateTags.flatMap((state) => inputTags.map((input) => [state, input, expected[state][input]] as const))

interface Move {
  readonly tag: InputTag
  readonly reason: Reason
  readonly token: number
  readonly lifetimeMs: number | undefined
  readonly passedMs: number
  readonly chance: number
}
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    tag: fc.constantFrom(...inputTags, 'Ask', 'Answered', 'Answered'),
    reason: fc.constantFrom<Reason[]>('first', 'reconnect', 'expiring', 'rejected'),
    token: fc.nat(20),
    lifetimeMs: fc.constantFrom(undefined, 0, 1, 5_000, 3_600_000, 40 * 86_400_000, 1e300, Infinity),
    passedMs: fc.nat(100_000),
    chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }),
  { minLength: 5, maxLength: 50, size: 'max' },
)
/** Answers are numbered as the vault does. */
const inputOf = ({ tag, reason, token, lifetimeMs }: Move, answer: number): Input => {
  switch (tag) {
    case 'Ask':
      return { _tag: tag, reason }
    case 'Answered':
      return { _tag: tag, token: answer, ...(lifetimeMs === undefined ? {} : { lifetimeMs }) }
    case 'Lifetime':
      return { _tag: tag, token, lifetimeMs: lifetimeMs ?? 1_000 }
    case 'Rejected':
      return { _tag: tag, token }
    default:
      return inputs[tag]
  }
}
interface Taken {
  readonly before: State
  readonly input: Input
  readonly after: State
  readonly outputs: readonly Output[]
  readonly now: number
}
const always = (check: (taken: Taken) => void): void => {
  fc.assert(
    fc.property(moves, (plan) => {
      let state = machine.initial
      let now = 0
      for (const [index, move] of plan.entries()) {
        now += move.passedMs
        const input = inputOf(move, index + 1)
        const [after, outputs] = machine.step(state, input, { now, chance: move.chance })
        check({ before: state, input, after, outputs, now })
        state = after
      }
    }),
    { numRuns: 250 },
  )
}
const keysOf = (state: State): string[] => machine.activities(state).map(({ key }) => key)

describe('the table of the token', () => {
  it.each(cases)('[TK1] %s with %s: %s', (state, input, words) => {
    expect(leads(samples[state], inputs[input])).toBe(words)
  })

  it('[TK6] what was awaited after a rejection, and did not come, is told as a rejection', () => {
    for (const awaiting of [{ ...samples.Asking, reason: 'rejected' as const }, after(samples.Asking, inputs.Stale)]) {
      expect(leads(awaiting, inputs.Ended)).toBe('Refused: Denied auth/rejected')
      expect(leads(awaiting, inputs.Overdue)).toBe('Refused: Denied auth/rejected')
      expect(leads(awaiting, inputs.Stale)).toBe('–')
    }
  })

  it('[TK1] what the server says of another token than the present one changes nothing', () => {
    expect(leads(samples.Held, { ...inputs.Lifetime, token: 1 })).toBe('–')
    expect(leads(samples.Held, { ...inputs.Rejected, token: 1 })).toBe('–')
  })

  it('[TK6] the reason for asking outlasts a pause', () => {
    const renewing = after(samples.Held, inputs.Rejected)
    const again = after(after(renewing, inputs.Failed), inputs.PauseOver)
    expect(again).toMatchObject({ _tag: 'Renewing', reason: 'rejected', failures: 1 })
  })

  it('[TK2] there is at most one call of the source, with the number of the last asking', () => {
    always(({ before, after: { ask }, after, input }) => {
      const sources = keysOf(after).filter((key) => key.startsWith('source'))
      const isOpen = ['Asking', 'Held', 'Renewing', 'Pausing'].includes(after._tag)
      const awaitsSignIn = after._tag === 'Refused' && after.because === signedOut
      expect(sources).toEqual(isOpen || awaitsSignIn ? [`source#${ask}`] : [])
      const isNew = ['Ask', 'RenewalDue', 'Rejected', 'PauseOver'].includes(input._tag) && before !== after
      expect(ask - before.ask).toBe(isNew ? 1 : 0)
    })
  })

  it('[TK10] a failed renewal never takes the token away', () => {
    always(({ before, input, after, outputs }) => {
      const isHeld = ['Held', 'Renewing', 'Pausing'].includes(before._tag)
      if (isHeld && ['Failed', 'Ended', 'Overdue', 'Stale'].includes(input._tag)) {
        expect(outputs).toEqual([])
        expect(after).toMatchObject({ token: (before as { token: number }).token })
      }
    })
  })

  it('[TK1] each way in is told once as granted, each way out as denied, each other token as renewed', () => {
    always(({ before, after, outputs }) => {
      const words = sayings(outputs).map((said) => said.split(' ')[0])
      const isNew = after !== before
      if (!isNew) expect(words).toEqual([])
      else if (after._tag === 'Refused') expect(words).toEqual(['Denied'])
      else if (after._tag === 'Held' && ['Asking', 'Refused'].includes(before._tag)) expect(words).toEqual(['Granted'])
      else if (words.length > 0) expect([words, after._tag]).toEqual([['Renewed'], 'Held'])
    })
  })

  it('[TK7] [TK11] a renewal is due at a time to come, or never; no lifetime makes it nonsense', () => {
    always(({ before, after, now }) => {
      if (after._tag !== 'Held' || after === before) return
      if (before._tag === 'Held' && after.renewAt === before.renewAt) return
      expect(after.renewAt).toBeGreaterThanOrEqual(now + 1_000)
      if (after.renewAt === Infinity) expect(keysOf(after)).toHaveLength(1)
    })
  })

  it('[TK7] a renewal is due a tenth of the lifetime early, at most by the leeway, and by chance within the spread', () => {
    const due = (lifetimeMs: number, chance: number): number => {
      const [held] = machine.step(samples.Asking, { _tag: 'Answered', token: 3, lifetimeMs }, { now: 1_000, chance })
      return held._tag === 'Held' ? held.renewAt : NaN
    }
    expect([due(60_000, 0), due(60_000, 0.5)]).toEqual([55_000, 52_000])
    expect([due(3_600_000, 0), due(3_600_000, 0.5)]).toEqual([3_571_000, 3_391_000])
  })

  it('[TK1] [TK8] the same lifetime told again is no change', () => {
    const held: State = { ...samples.Held, renewAt: 51_000 }
    expect(after(held, inputs.Lifetime)).toBe(held)
  })

  it('[TK1] a step that changes nothing returns the very state that it was given', () => {
    always(({ before, after }) => {
      if (isDeepStrictEqual(before, after)) expect(after).toBe(before)
    })
  })
})

const after = (state: State, input: Input): State => machine.step(state, input, { now: 0, chance: 0.5 })[0]
