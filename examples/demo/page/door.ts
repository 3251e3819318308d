import { reasonOf } from '../../../lib/features/room-life/index.js'
import type { Membership, WebSocketError } from '../../../lib/index.js'
import { duration } from './words.js'

/** Why this tab is not in the room that it looks at, and what it can do. */
export interface Door {
  readonly title: string
  readonly words: string
  /** What opens it: a password, another try now or later, or nothing. */
  readonly opens: 'password' | 'again' | 'later' | 'never'
}

/** A try before this time, by the wall clock, is in vain. */
const untilOf = (error: WebSocketError): number | undefined => {
  const { notBefore, until } = reasonOf(error)
  return notBefore ?? until
}

const removed = (name: string, error: WebSocketError, now: number): Door => {
  const { because } = reasonOf(error)
  const until = untilOf(error)
  const leftMs = (until ?? now) - now
  const isForGood = error.code === 'room/banned' && until === undefined
  const when = isForGood
    ? 'You may not come back.'
    : leftMs > 0
      ? `You may come back in ${duration(Math.ceil(leftMs / 1_000) * 1_000)}.`
      : 'You may come back now.'
  return {
    title: `You were removed from ${name}`,
    words: [...(because === undefined ? [] : [`${because}.`]), when].join(' '),
    opens: isForGood ? 'never' : leftMs > 0 ? 'later' : 'again',
  }
}

const isWrong = (error: WebSocketError): boolean => 'data' in error && error.data['reason'] === 'wrong'

/** The door of a room; `undefined` where it is open. `isGone`: nobody has created it, or not since the server ended. */
export const doorOf = (name: string, membership: Membership, isGone: boolean, now: number): Door | undefined => {
  if (isGone) return { title: `${name} is gone`, words: 'It ended with the server that held it.', opens: 'never' }
  if (membership._tag !== 'Refused') return undefined
  const { error } = membership
  switch (error.code) {
    case 'room/password':
      return {
        title: `${name} is private`,
        words: isWrong(error) ? 'That was not the password.' : 'It opens with a password.',
        opens: 'password',
      }
    case 'room/invitation':
      return { title: `${name} is private`, words: 'Your invitation is not valid any more.', opens: 'never' }
    case 'room/kicked':
    case 'room/banned':
      return removed(name, error, now)
    case 'room/closed':
      return { title: `${name} was closed`, words: reasonOf(error).because ?? '', opens: 'never' }
    default:
      return { title: `You are not in ${name}`, words: error.message, opens: 'again' }
  }
}
