import { type Check, type Checks, count, invalid, optionFault, whatever, whole, yesOrNo } from '../core/check.js'
import { excerpt, roomError, type WebSocketError } from '../core/error.js'
import { waitChecks } from '../core/wait.js'
import { isContract } from '../contract/event-codec.js'
import { isName, wrong } from '../protocol/field.js'
import { bounds } from '../protocol/frame.js'
import { faultOf, position, secret, start } from '../protocol/kind.js'
import type { LatestBy, Sample } from '../rooms/policy.js'
import { isStored, type Start, storedChecks } from '../rooms/start.js'
import type { HistoryOptions, JoinOptions, OnOptions, RoomOptions, SendOptions } from './room.js'

/** Returns the fault of a room's name, if it has one. */
export const nameFault = (name: unknown): WebSocketError | undefined =>
  isName(name, bounds.roomBytes)
    ? undefined
    : roomError({
        code: 'room/invalid-name',
        message: `${excerpt(name)} is not a room's name.`,
        remedy: `Write a text of 1 to ${bounds.roomBytes} bytes.`,
        kind: 'terminal',
        room: typeof name === 'string' ? name.slice(0, 64) : '',
      })

/** Returns the fault of a value that is not a contract. */
export const contractFault = (contract: unknown): WebSocketError | undefined =>
  isContract(contract)
    ? undefined
    : invalid(
        'contract',
        `The contract is ${excerpt(contract)}.`,
        'Pass contract({ events: { … } }) after the name, or anything.',
      )

export const roomChecks: Checks<keyof RoomOptions> = { cache: /*#__PURE__*/ whole(0) }

export const joinChecks: Checks<keyof JoinOptions> = {
  ...waitChecks,
  mustExist: yesOrNo,
  password: whatever,
}

/** Returns the fault of a password, without showing it. */
export const passwordFault = (password: unknown): WebSocketError | undefined => {
  const fault = password === undefined ? undefined : faultOf('password', password, secret)
  return fault === undefined ? undefined : invalid('password', `${fault}.`, 'Write a text that is not empty.')
}

export const historyChecks: Checks<keyof HistoryOptions> = { ...waitChecks, last: whatever, before: whatever }

/** True for an id that the server accepts. */
export const isId = (value: unknown): value is string => isName(value, bounds.idBytes) && /^[^"\\\p{Cc}]+$/u.test(value)

export const sendChecks: Checks<keyof SendOptions> = {
  ...waitChecks,
  id: { expected: `1 to ${bounds.idBytes} bytes without quotes, backslashes and control characters`, is: isId },
}

const starts: Check = {
  expected: "from: stored(), last(n), after(position), beginning() or 'live'",
  is: (from) => from === 'live' || (typeof from === 'object' && from !== null),
}
const onChecks: Checks<keyof OnOptions> = {
  from: starts,
  policy: {
    expected: "'all', or what latestBy or sample gives, with times above 0",
    is: (policy) => policy === 'all' || isPolicy(policy as object),
  },
  window: count,
}

/** Returns the fault of a subscription's options, if they have one. */
export const validateOn = (options: OnOptions): WebSocketError | undefined =>
  optionFault(options, onChecks) ?? startMisfit(options.from ?? 'live') ?? windowMisfit(options)

const startMisfit = (from: Start): WebSocketError | undefined => {
  if (from === 'live') return undefined
  if (isStored(from)) return from.fault ?? optionFault({ commit: from.commit }, storedChecks)
  const fault = faultOf('from', from, start)
  return fault === undefined ? undefined : invalid('from', `${fault}.`, `Write ${starts.expected}.`)
}

/** Checks a window. */
const windowMisfit = ({ from = 'live', policy = 'all', window }: OnOptions): WebSocketError | undefined => {
  const isManual = isStored(from) && from.commit === 'manual'
  if (window !== undefined && isStored(from) && !isManual)
    return invalid('window', 'A window needs commits.', "Write from: stored({ commit: 'manual' }).")
  return policy === 'all'
    ? undefined
    : isManual || window !== undefined
      ? invalid(
          'policy',
          'A policy drops messages, which nobody could commit.',
          'Leave out the policy, or the commits.',
        )
      : policy.fault
}

const isPolicy = (policy: Partial<LatestBy> | Partial<Sample> | null): boolean => {
  if (typeof policy !== 'object' || policy === null) return false
  if (policy._tag === 'Sample') return isTime(policy.ms) && policy.ms !== 0
  return policy._tag === 'LatestBy' && typeof policy.key === 'function' && isTime(policy.everyMs)
}
const isTime = (ms: unknown): boolean => typeof ms === 'number' && ms >= 0 && ms < Infinity

/** Returns the fault of a history request, if it has one. */
export const validateHistory = (room: string, last: unknown, before: unknown): WebSocketError | undefined => {
  const fault =
    Number.isInteger(last) && (last as number) > 0 && (last as number) <= mostHistory
      ? before === undefined
        ? undefined
        : faultOf('before', before, position)
      : wrong('last', `a whole number from 1 to ${mostHistory}`, last)
  return fault === undefined
    ? undefined
    : roomError({ code: 'room/invalid-history', message: `${fault}.`, remedy: 'Write history({ last, before }): last is how many messages, before a position, such as `earlier` of a page.', kind: 'terminal', room }) // prettier-ignore
}
/** The most messages of one call. */
const mostHistory = 10_000

/** Returns the fault of a position to commit, if it has one. */
export const validatePosition = (room: string, value: unknown): WebSocketError | undefined => {
  const fault = faultOf('position', value, position)
  return fault === undefined
    ? undefined
    : roomError({
        code: 'room/invalid-commit',
        message: `${fault}.`,
        remedy: 'Commit the position of a message that was received.',
        kind: 'terminal',
        room,
      })
}
