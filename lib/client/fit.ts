import { configError, excerpt, roomError, type WebSocketError } from '../core/error.js'
import { isName } from '../protocol/field.js'
import { bounds, type From } from '../protocol/frame.js'
import { joinFault } from '../protocol/join.js'
import type { JoinOptions } from './room.js'

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

/** What is wrong with how long to try, if anything is. */
export const withinMisfit = (withinMs: unknown): WebSocketError | undefined =>
  withinMs === undefined || (typeof withinMs === 'number' && withinMs > 0 && withinMs < Infinity)
    ? undefined
    : configError({
        code: 'config/invalid',
        message: `withinMs is ${excerpt(withinMs)}.`,
        remedy: 'Write a number of milliseconds above 0.',
        kind: 'terminal',
        option: 'withinMs',
      })
