import type { Kind, WebSocketError } from '../../core/error.js'
import type { Step } from '../../core/machine.js'
import type { Joined } from '../../protocol/frame.js'
import { refused } from '../../kernel/refusal.js'
import { joinOverdue } from '../../rooms/error.js'
import { type RoomState, type Input, type Output, step } from '../../rooms/table.js'
import { anytime, type Happening, type Invariant, type Model, type Taken } from './model.js'

/** The state of a room, and the data beside its table: has it a holder, is its join due, has it a number. */
export interface MembershipModel {
  readonly have: RoomState
  readonly isHeld: boolean
  readonly isDue: boolean
  readonly isNumbered: boolean
}

/** An event of a room; `input` is the input that the table receives, if any. */
export interface RoomInput {
  readonly what: string
  readonly input?: Input
  /** True if the room has a holder from then on, false if not. Default: as before. */
  readonly isHeld?: boolean
}

/**
 * Makes the model of the membership table as its user drives it: a hold requests the room, a join is written only when it
 * is due, input from the server counts only under a number that is not retired, and a room becomes unwanted only while it
 * has no holder.
 */
export const membershipModel = (): Model<MembershipModel, RoomInput, Output> => ({
  name: 'membership',
  initial: { have: 'Out', isHeld: false, isDue: false, isNumbered: false },
  step: take,
  inputs,
  words: ({ have, isHeld }) => `${have}${isHeld ? ', held' : ''}`,
  place: ({ have }) => have,
  say: ({ what }) => what,
  arrow: ({ what }, { isHeld }) => (depending.includes(what) ? `${what} ${isHeld ? 'held' : 'not held'}` : what),
  isFinal: () => false,
  invariants,
})

/** The inputs whose result depends on a holder of the room. */
const depending: readonly string[] = ['LinkLost', 'RetryDue', 'Rejoin']

const take = (state: MembershipModel, { input, isHeld = state.isHeld }: RoomInput): Step<MembershipModel, Output> => {
  if (input === undefined) return isHeld === state.isHeld ? [state, []] : [{ ...state, isHeld }, []]
  const [have, outputs] = step(state.have, input, isHeld)
  const isDue = outputs.includes('Join') || (state.isDue && input._tag !== 'Written' && !outputs.includes('Withdraw'))
  const isNumbered = input._tag === 'Written' || (state.isNumbered && !outputs.includes('Retire'))
  const after = { have, isHeld, isDue, isNumbered }
  const isSame = (Object.keys(after) as (keyof MembershipModel)[]).every((key) => after[key] === state[key])
  return [isSame ? state : after, outputs]
}

const no = (code: string, kind: Kind, retryAfterMs?: number): WebSocketError =>
  refused('lobby', { code, message: 'no', kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })

const answer: Joined = {
  t: 'joined',
  ch: 1,
  number: 1,
  epoch: 'e',
  first: 1,
  head: 0,
  base: 0,
  recovered: true,
  info: {},
  permissions: ['read'],
}

const ofServer: readonly RoomInput[] = [
  { what: 'Joined', input: { _tag: 'Joined', answer } },
  { what: 'Left for good', input: { _tag: 'Left', because: no('room/forbidden', 'terminal') } },
  { what: 'Left for now', input: { _tag: 'Left', because: no('room/unavailable', 'retry') } },
  { what: 'Left for now', input: { _tag: 'Left', because: no('room/limit', 'terminal', 5_000) } },
  { what: 'Left kicked', input: { _tag: 'Left', because: no('room/kicked', 'terminal') } },
  { what: 'Granted', input: { _tag: 'Granted', permissions: ['read'] } },
  { what: 'Overdue', input: { _tag: 'Overdue', because: joinOverdue('lobby', 10_000) } },
]

const inputs = ({ isHeld, isDue, isNumbered }: MembershipModel): readonly Happening<RoomInput>[] =>
  [
    { what: 'Wanted', input: { _tag: 'Wanted' }, isHeld: true } as const,
    ...(isHeld ? [{ what: 'let go', isHeld: false }] : [{ what: 'Unwanted', input: { _tag: 'Unwanted' } } as const]),
    ...(isDue ? [{ what: 'Written', input: { _tag: 'Written' } } as const] : []),
    ...(isNumbered ? ofServer : []),
    ...(['LinkLost', 'RetryDue', 'Rejoin'] as const).map((_tag) => ({ what: _tag, input: { _tag } })),
  ].map((input) => anytime<RoomInput>(input))

type Taking = Taken<MembershipModel, RoomInput, Output>
const rule = (name: string, holds: (taken: Taking) => boolean): Invariant<MembershipModel, RoomInput, Output> => ({
  name,
  holds,
})
const isLinked = ({ have }: MembershipModel): boolean => have === 'Joining' || have === 'In'
const isNo = ({ have }: MembershipModel): boolean => have === 'Refused' || have === 'Kicked'

/** The invariants of membership. */
const invariants: readonly Invariant<MembershipModel, RoomInput, Output>[] = [
  rule(
    'no join is due or written while another is on its way',
    ({ before, outputs }) =>
      !outputs.includes('Join') || (!before.isDue && (!before.isNumbered || outputs.includes('Retire'))),
  ),
  rule('a join is due exactly while the room is Wanted', ({ after }) => after.isDue === (after.have === 'Wanted')),
  rule('it has a number exactly while it is Joining or In', ({ after }) => after.isNumbered === isLinked(after)),
  rule('a number is retired once, and left by the client only before that', ({ before, after, outputs }) => {
    const isRetired = before.isNumbered && !after.isNumbered
    const isLeft = outputs.includes('Leave')
    return outputs.filter((output) => output === 'Retire').length === (isRetired ? 1 : 0) && (!isLeft || isRetired)
  }),
  rule('a room that is held is not Out', ({ after }) => !after.isHeld || after.have !== 'Out'),
  rule(
    'a room that nobody has needed is Out, and forgotten',
    ({ input, after, outputs }) =>
      input.input?._tag !== 'Unwanted' || (after.have === 'Out' && outputs.includes('Forget')),
  ),
  rule(
    'it is forgotten for no other reason',
    ({ input, outputs }) => !outputs.includes('Forget') || input.input?._tag === 'Unwanted',
  ),
  rule(
    'who was kicked is let back in by a new wish alone',
    ({ before, input, after }) =>
      before.have !== 'Kicked' || after.have === 'Kicked' || ['Wanted', 'Unwanted'].includes(input.input?._tag ?? ''),
  ),
  rule('being kicked bars, and nothing else does', ({ before, input, after }) => {
    const isKick = input.input?._tag === 'Left' && input.input.because.code === 'room/kicked'
    return before.have === 'Kicked' || (after.have === 'Kicked') === isKick
  }),
  rule(
    'a refused room that nobody holds is not tried again by itself',
    ({ before, input, after }) =>
      !isNo(before) || after.have !== 'Wanted' || after.isHeld || input.input?._tag === 'Wanted',
  ),
  rule(
    'a refusal is kept, shown, told to the streams and to who waits, in this order',
    ({ before, after, outputs }) => {
      const isNew = isNo(after) && isLinked(before)
      const told = outputs.filter((output) => ['Refuse', 'Tell', 'Report', 'Answer'].includes(output))
      return !isNew || told.join() === 'Refuse,Tell,Report,Answer'
    },
  ),
  rule(
    'only what is refused for now sets a time',
    ({ after, outputs }) => !outputs.includes('Retry') || after.have === 'Refused',
  ),
  rule(
    'an answer gives the seat before it is shown and told',
    ({ before, input, after, outputs }) =>
      input.input?._tag !== 'Joined' ||
      before.have === 'In' ||
      (after.have === 'In' && outputs.join() === 'Gap,SetPosition,Tell,Answer'),
  ),
  rule('whatever changes what membership$ says is told', ({ before, after, outputs }) => {
    const shown = ({ have }: MembershipModel): string => (have === 'Wanted' ? 'Joining' : have)
    return shown(before) === shown(after) || outputs.includes('Tell')
  }),
]
