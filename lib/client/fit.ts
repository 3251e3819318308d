import { isAbortSignal, isWait, type WaitOptions } from '../core/wait.js'
import { configError, excerpt, roomError, type WebSocketError } from '../core/error.js'
import { isName, maybe, position, wrong } from '../protocol/field.js'
import { bounds, type From } from '../protocol/frame.js'
import { joinFault } from '../protocol/join.js'
import type { LatestBy, Sample } from '../rooms/policy.js'
import { isStored, type Start } from '../rooms/start.js'
import type { JoinOptions, OnOptions } from './room.js'

/** What is wrong with a room's name, if anything is. */
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

/** What a server would not take as a join, if anything: it would end the link. */
export const joinMisfit = (
  room: string,
  how: { readonly from?: From; readonly ask?: JoinOptions },
): WebSocketError | undefined => {
  const { from, ask } = how
  const fault = joinFault({ t: 'join', ch: 1, room, want: [], ...(from === undefined ? {} : { from }), ...ask })
  return fault === undefined
    ? undefined
    : roomError({
        code: 'room/invalid-join',
        message: `${fault}.`,
        remedy: 'Write what OnOptions and JoinOptions say.',
        kind: 'terminal',
        room,
      })
}

/** What is wrong with how a subscription is to begin, and to go on, if anything is. */
export const onMisfit = (room: string, options: OnOptions): WebSocketError | undefined => {
  const { from = 'live', policy = 'all' } = options
  return startMisfit(room, from) ?? policyMisfit(policy) ?? windowMisfit(options)
}

const startMisfit = (room: string, from: Start): WebSocketError | undefined => {
  if (from === 'live') return undefined
  if (!isStored(from)) return joinMisfit(room, { from })
  const { commit }: { readonly commit: string } = from
  return commit === 'auto' || commit === 'manual'
    ? undefined
    : configError({
        code: 'config/invalid',
        message: `stored({ commit }) is ${excerpt(commit)}.`,
        remedy: "Write 'auto' or 'manual'.",
        kind: 'terminal',
        option: 'from',
      })
}

/** Checks a window. */
const windowMisfit = ({ from = 'live', policy = 'all', window }: OnOptions): WebSocketError | undefined => {
  const isManual = isStored(from) && from.commit === 'manual'
  const isAuto = isStored(from) && !isManual
  const wrong = (option: string, message: string, remedy: string): WebSocketError =>
    configError({ code: 'config/invalid', message, remedy, kind: 'terminal', option })
  if (window !== undefined && !(Number.isSafeInteger(window) && window > 0))
    return wrong('window', `window is ${excerpt(window)}.`, 'Write a whole number of messages above 0.')
  if (window !== undefined && isAuto)
    return wrong('window', 'A window needs commits.', "Write from: stored({ commit: 'manual' }).")
  if (policy !== 'all' && (isManual || window !== undefined))
    return wrong(
      'policy',
      'A policy drops messages, which nobody could commit.',
      'Leave out the policy, or the commits.',
    )
  return undefined
}

const policyMisfit = (policy: NonNullable<OnOptions['policy']>): WebSocketError | undefined =>
  policy === 'all' || isPolicy(policy)
    ? undefined
    : configError({
        code: 'config/invalid',
        message: `policy is ${excerpt(policy)}.`,
        remedy: "Write 'all', or what latestBy or sample gives, with times above 0.",
        kind: 'terminal',
        option: 'policy',
      })

const isPolicy = (policy: Partial<LatestBy> | Partial<Sample> | null): boolean => {
  if (typeof policy !== 'object' || policy === null) return false
  if (policy._tag === 'Sample') return isTime(policy.ms) && policy.ms !== 0
  return policy._tag === 'LatestBy' && typeof policy.key === 'function' && isTime(policy.everyMs)
}
const isTime = (ms: unknown): boolean => typeof ms === 'number' && ms >= 0 && ms < Infinity

/** What is wrong with how much of a room to keep, if anything is. */
export const cacheMisfit = (cache: unknown): WebSocketError | undefined =>
  Number.isInteger(cache) && (cache as number) >= 0
    ? undefined
    : configError({
        code: 'config/invalid',
        message: `cache is ${excerpt(cache)}.`,
        remedy: 'Write a whole number of messages.',
        kind: 'terminal',
        option: 'cache',
      })

/** What is wrong with how much of a log to ask for, if anything is. */
export const historyMisfit = (room: string, last: unknown, before: unknown): WebSocketError | undefined => {
  const fault =
    Number.isInteger(last) && (last as number) > 0 && (last as number) <= mostHistory
      ? maybe(position, 'before', before)
      : wrong('last', `a whole number from 1 to ${mostHistory}`, last)
  return fault === undefined
    ? undefined
    : roomError({ code: 'room/invalid-history', message: `${fault}.`, remedy: 'Write what HistoryOptions says.', kind: 'terminal', room }) // prettier-ignore
}
/** Messages of one call. */
const mostHistory = 10_000

/** Checks a position that is to be committed. */
export const positionMisfit = (room: string, value: unknown): WebSocketError | undefined => {
  const fault = position('position', value)
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

/** Checks the limits of an action that waits. */
export const waitMisfit = ({ signal, withinMs }: WaitOptions): WebSocketError | undefined => {
  if (withinMs !== undefined && !isWait(withinMs))
    return invalid('withinMs', withinMs, 'Write a number of milliseconds above 0.')
  return signal === undefined || isAbortSignal(signal)
    ? undefined
    : invalid('signal', signal, 'Pass an AbortSignal, such as the signal of an AbortController.')
}

/** Tells an id that the server takes. */
export const isId = (value: unknown): value is string => isName(value, bounds.idBytes) && /^[^"\\\p{Cc}]+$/u.test(value)

/** Checks the id of a message, if one is given. */
export const idMisfit = (id: unknown): WebSocketError | undefined =>
  id === undefined || isId(id)
    ? undefined
    : invalid('id', id, `Write 1 to ${bounds.idBytes} bytes without quotes, backslashes and control characters.`)

const invalid = (option: string, value: unknown, remedy: string): WebSocketError =>
  configError({ code: 'config/invalid', message: `${option} is ${excerpt(value)}.`, remedy, kind: 'terminal', option })
