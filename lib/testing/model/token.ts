import { defaultBackoff } from '../../core/backoff.js'
import { type Lookup, lookupIn } from '../../core/table.js'
import { failed, noToken, rejected, signedOut } from '../../token/error.js'
import { type On, table } from '../../token/machine.js'
import type { Input, Output, Reason, State } from '../../token/model.js'
import { anytime, type Happening, type Invariant, type Model, type Taken } from './model.js'

const cell = lookupIn<Lookup<On<State, Input>, State['_tag'], Input['_tag']>>(
  table({ deadlineMs: 10_000, leewayMs: 30_000, spread: 0.1 }, defaultBackoff),
)

/**
 * Makes the model of the token table, with every input that may occur in any state. The model counts failures up to three
 * and treats more as the same; it distinguishes the number of the current token from others.
 */
export const tokenModel = (): Model<State, Input, Output> => ({
  name: 'token',
  initial: { _tag: 'None', ask: 0 },
  step: (state, input, at) => cell(state._tag, input._tag)(state, input, at),
  inputs,
  words,
  place: ({ _tag }) => _tag,
  say: arrow,
  arrow,
  isFinal: () => false,
  invariants,
})

const REASONS: readonly Reason[] = ['first', 'reconnect', 'expiring', 'rejected']

const inputs = (state: State): readonly Happening<Input>[] => {
  const held = 'token' in state ? state.token : 0
  const all: readonly Input[] = [
    ...REASONS.map((reason): Input => ({ _tag: 'Ask', reason })),
    { _tag: 'Release' },
    ...[undefined, 0, 60_000, Infinity].map((ms): Input => {
      return { _tag: 'Answered', token: held + 1, ...(ms === undefined ? {} : { lifetimeMs: ms }) }
    }),
    { _tag: 'Stale' },
    { _tag: 'SignedOut' },
    { _tag: 'Failed', because: failed('it is down.') },
    { _tag: 'Ended' },
    { _tag: 'Overdue' },
    ...[held, held + 1].flatMap((token): Input[] => [
      { _tag: 'Lifetime', token, lifetimeMs: 120_000 },
      { _tag: 'Lifetime', token, lifetimeMs: Infinity },
      { _tag: 'Rejected', token },
    ]),
    { _tag: 'RenewalDue' },
    { _tag: 'PauseOver' },
  ]
  return all.map(anytime)
}

const words = (state: State): string => {
  const facts = [
    ...('reason' in state ? [state.reason] : []),
    ...('failures' in state ? [`${state.failures < 3 ? state.failures : 'many'} failures`] : []),
    ...('renewAt' in state ? [state.renewAt === Infinity ? 'for good' : 'to be renewed'] : []),
    ...('because' in state ? [becauseOf(state)] : []),
  ]
  return facts.length === 0 ? state._tag : `${state._tag}(${facts.join(', ')})`
}

const becauseOf = ({ because }: Extract<State, { readonly _tag: 'Refused' }>): string =>
  because === signedOut ? 'signed out' : because === rejected ? 'rejected' : because === noToken ? 'none' : because.kind

const arrow = (input: Input): string => (input._tag === 'Ask' ? `Ask ${input.reason}` : input._tag)

type Taking = Taken<State, Input, Output>
const rule = (name: string, holds: (taken: Taking) => boolean): Invariant<State, Input, Output> => ({ name, holds })
const isHolding = ({ _tag }: State): boolean => _tag === 'Held' || _tag === 'Renewing' || _tag === 'Pausing'
const says = ({ outputs }: Taking, ...tags: readonly Output['_tag'][]): boolean =>
  outputs.length === tags.length && outputs.every(({ _tag }, index) => _tag === tags[index])

/** The invariants of the token. */
const invariants: readonly Invariant<State, Input, Output>[] = [
  rule('granted, denied and renewed are told once each, and nothing else is', (taken) => {
    const { before, input, after } = taken
    const isAnswered = input._tag === 'Answered' && before._tag !== 'None'
    if (isAnswered) return isHolding(before) ? says(taken, 'Renewed') : says(taken, 'Granted')
    if (after._tag === 'Refused' && before._tag !== 'Refused') return says(taken, 'Denied')
    return says(taken)
  }),
  rule('each call of the source has a number of its own, and only asking and renewing call it', (taken) => {
    const { before, after } = taken
    const isCalling = (after._tag === 'Asking' || after._tag === 'Renewing') && after !== before
    const isSameCall = after._tag === 'Asking' && before._tag === 'Asking' && taken.input._tag === 'Stale'
    return after.ask - before.ask === (isCalling && !isSameCall ? 1 : 0)
  }),
  rule('who is asked for a token is asked, with the reason', ({ before, input, after }) => {
    if (input._tag !== 'Ask') return true
    return after._tag === 'Asking' && after.reason === input.reason && after.ask === before.ask + 1
  }),
  rule(
    'nothing is kept once nobody needs a token',
    ({ input, after }) => input._tag !== 'Release' || after._tag === 'None',
  ),
  rule(
    'nothing but a need wakes the token',
    ({ before, input, after }) => before._tag !== 'None' || input._tag === 'Ask' || after === before,
  ),
  rule('a renewal that fails takes nothing away', (taken) => {
    const { before, input, after } = taken
    if (before._tag !== 'Renewing' || !['Failed', 'Ended', 'Overdue'].includes(input._tag)) return true
    return after._tag === 'Pausing' && after.token === before.token && after.failures === before.failures + 1
  }),
  rule('signed out is signed out, at once', ({ before, input, after }) => {
    if (input._tag !== 'SignedOut' || before._tag === 'None' || before._tag === 'Refused') return true
    return after._tag === 'Refused' && after.because === signedOut
  }),
  rule('what was rejected is asked for with that reason until there is another', ({ before, input, after }) => {
    if (!('reason' in before && 'reason' in after) || before.reason !== 'rejected') return true
    return after.reason === 'rejected' || input._tag === 'Ask'
  }),
  rule(
    'the rejection of another token changes nothing',
    ({ before, input, after }) =>
      input._tag !== 'Rejected' || ('token' in before && input.token === before.token) || after === before,
  ),
  rule(
    'no renewal comes within a second',
    ({ before, at, after }) => after._tag !== 'Held' || after === before || after.renewAt >= at.now + 1_000,
  ),
]
