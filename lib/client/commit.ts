import * as E from '#fp/Either'
import { excerpt, roomError, type WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { Result, ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { isFields } from '../protocol/field.js'
import { start } from './action.js'
import { nameFault, validatePosition } from './validate.js'
import type { Shared } from './listening.js'
import type { Placed } from './room.js'

/** Commits a message by its place, or in its room by its position; starts at the call and answers once. */
export const commitOf =
  ({ kernel, over }: Shared) =>
  (
    of: Position | Placed,
    wait: WaitOptions | null | undefined,
    name?: string,
    fault?: WebSocketError,
  ): ResultStream<void> => {
    const place = placeOf(of, name)
    const room = E.isRight(place) ? place.right.room : (name ?? '')
    return start<undefined>(kernel, wait, {
      aborted: () => unsure(room, 'aborted'),
      begin: (settle) => {
        const wrong = over() ?? fault
        if (wrong) settle(E.left(wrong))
        else if (E.isLeft(place)) settle(place)
        else kernel.commits.commit(room, place.right.position, settle)
        return (cause) => unsure(room, cause)
      },
    })
  }

/** Reads the room and position to commit; `name` is the handle's room, undefined for a handle on many. */
const placeOf = (of: unknown, name: string | undefined): Result<Placed> => {
  const isPlaced = isFields(of) && 'position' in of
  const position = (isPlaced ? of['position'] : of) as Position
  const room = isPlaced ? of['room'] : name
  const wrong = (message: string, remedy: string) =>
    E.left(roomError({ code: 'room/invalid-commit', message, remedy, kind: 'terminal', room: name ?? '' }))
  if (room === undefined)
    return wrong(`${excerpt(of)} does not say which room is meant.`, 'Pass the message: commit(message).')
  if (name !== undefined && room !== name)
    return wrong(`The message is of room ${excerpt(room)}.`, 'Commit it by the handle of that room.')
  const misfit = nameFault(room) ?? validatePosition(room as string, position)
  return misfit ? E.left(misfit) : E.right({ room: room as string, position })
}

const unsure = (room: string, cause: 'aborted' | 'timeout') =>
  roomError({
    code: `room/commit-${cause}`,
    message: `The commit in ${room} was not answered before the caller stopped waiting.`,
    remedy: 'Nothing to do: a commit cannot be taken back, and the next one covers it.',
    kind: 'unknown',
    room,
  })
