import type { Input, Output, ConnectionState as State } from '../../connection/model.js'
import type { Invariant, Taken } from './model.js'

type Step = Taken<State, Input, Output>
const rule = (name: string, holds: (step: Step) => boolean): Invariant<State, Input, Output> => ({ name, holds })

const hasSocket = ({ _tag }: State): boolean => _tag === 'Connecting' || _tag === 'Handshaking' || _tag === 'Online'
/** True if the connection has a token or waits for one. */
const wantsToken = (state: State): boolean => state._tag === 'Authorizing' || hasSocket(state)
const count = ({ outputs }: Step, tag: Output['_tag']): number => outputs.filter(({ _tag }) => _tag === tag).length
const attemptOf = (state: State): number => ('attempt' in state ? state.attempt : 0)
const isNothing = ({ before, after, outputs }: Step): boolean => after === before && outputs.length === 0
const isIntent = ({ input }: Step): boolean => ['Connect', 'Disconnect', 'Close'].includes(input._tag)

/** The invariants of the connection. */
export const connectionInvariants: readonly Invariant<State, Input, Output>[] = [
  rule(
    'after disconnect() or a dismissal nothing but connect() connects',
    (step) => step.before._tag !== 'Idle' || step.before.because === 'never' || isIntent(step) || isNothing(step),
  ),
  rule('nothing leads out of Closed', (step) => step.before._tag !== 'Closed' || isNothing(step)),
  rule('Disconnect and Close are obeyed in every state', ({ before, input, after }) => {
    if (before._tag === 'Closed') return true
    if (input._tag === 'Disconnect') return after._tag === 'Idle' && after.because === 'asked'
    return input._tag !== 'Close' || after._tag === 'Closed'
  }),
  rule('connect() begins anew wherever there is no connection', ({ before, input, after }) => {
    if (input._tag !== 'Connect' || before._tag === 'Closed') return true
    return wantsToken(before) ? after === before : after._tag === 'Authorizing' && after.attempt === 0
  }),
  rule(
    'what has stopped is revived by a user or a token alone',
    ({ before, input, after }) =>
      before._tag !== 'Stopped' ||
      after === before ||
      ['Connect', 'Disconnect', 'Close', 'TokenGranted'].includes(input._tag),
  ),
  rule('numbers of sockets grow by one for each, and only a granted token makes one', ({ before, input, after }) => {
    const isNew = after._tag === 'Connecting' && before._tag !== 'Connecting'
    return after.generation - before.generation === (isNew ? 1 : 0) && (!isNew || input._tag === 'TokenGranted')
  }),
  rule(
    'what another socket says changes nothing',
    (step) => !('generation' in step.input) || step.input.generation === step.before.generation || isNothing(step),
  ),
  rule('every end of a socket is told once', (step) => {
    const { before, after } = step
    const isGone = hasSocket(before) && !(hasSocket(after) && after.generation === before.generation)
    return count(step, 'Down') === (isGone ? 1 : 0)
  }),
  rule('a token is asked for once on each way in', (step) => {
    const isAsking = step.after._tag === 'Authorizing' && step.after !== step.before
    return count(step, 'Ask') === (isAsking ? 1 : 0)
  }),
  rule('no token is kept on a way out', (step) => {
    const { before, after } = step
    const isOut = wantsToken(before) && !wantsToken(after)
    // A signed-out connection stays subscribed to the source: a new token starts it again.
    const isSignedOut = after._tag === 'Stopped' && after.because.code === 'auth/signed-out'
    return !isOut || count(step, 'Release') === (isSignedOut ? 0 : 1)
  }),
  rule(
    'hello is said once for each socket that opens',
    (step) =>
      count(step, 'Greet') === (step.after._tag === 'Handshaking' && step.before._tag !== 'Handshaking' ? 1 : 0),
  ),
  rule('failures are forgotten by connect(), a settled link and a sign-in alone', (step) => {
    const { before, input, after } = step
    if (!('attempt' in before && 'attempt' in after) || attemptOf(after) >= attemptOf(before)) return true
    return input._tag === 'Connect' || (input._tag === 'Settled' && before._tag === 'Online')
  }),
  rule(
    'no wait is shorter than the floor',
    ({ before, at, after }) =>
      after._tag !== 'Waiting' ||
      after === before ||
      before._tag === 'Suspended' ||
      (before._tag === 'Waiting' && before.until === after.until) ||
      after.until - at.now >= 200,
  ),
  rule('when the server names a time, nothing but a user tries before it', (step) => {
    const { before, at, after } = step
    const wish = before._tag === 'Suspended' ? before.wish : before._tag === 'Waiting' ? before : undefined
    if (wish?.because.retryAfterMs === undefined || at.now >= wish.until || isIntent(step)) return true
    return after._tag === 'Waiting' || after._tag === 'Suspended'
  }),
  rule(
    'a freeze keeps what the server wants',
    ({ before, after }) =>
      before._tag !== 'Waiting' ||
      after._tag !== 'Suspended' ||
      (after.wish !== undefined) === (before.because.retryAfterMs !== undefined),
  ),
  rule('no hint ends a living link but that the page is frozen', ({ before, input, after }) => {
    if (input._tag !== 'Hinted' || !hasSocket(before)) return true
    return input.hint === 'frozen' ? after._tag === 'Suspended' : after === before
  }),
  rule(
    'a second rejection in a row stops',
    ({ before, after }) =>
      !('rejections' in before) || before.rejections === 0 || after._tag !== 'Authorizing' || after === before,
  ),
]
