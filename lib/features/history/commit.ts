import * as E from '#fp/Either'
import { start } from '../../client/action.js'
import { anyPortOf } from '../../client/port.js'
import type { Placed } from '../../client/room.js'
import { nameFault } from '../../client/validate.js'
import { excerpt, type WebSocketError } from '../../core/error.js'
import type { Position } from '../../core/position.js'
import type { Result, ResultStream } from '../../core/result.js'
import type { About } from '../../core/texts/text.js'
import type { WaitOptions } from '../../core/wait.js'
import { isFields } from '../../protocol/field.js'
import { position as positionKind } from '../../protocol/kind.js'
import { faultOf } from '../../protocol/read.js'
import { roomFailure } from '../../rooms/error.js'
import { committing } from './commits.js'

/** The member that the feature `commits` adds to a room, or to a set of rooms. */
export interface Commits {
  /**
   * Commits all messages of the room up to a message, or up to a position of the room: `stored({ commit: 'manual' })`
   * does not offer them again, and they no longer count in a `window`. Cumulative and forward only. Starts at the call
   * and answers once the position is stored: `Right`, or `Left` when the position was never offered, the store failed,
   * or the client is closed. Works offline. The client stores messages posted in the same turn, or in the same
   * synchronous block, in the same atomic step: after a crash both are there, or neither. If one of them is refused, the
   * commit answers with its `Left`, moves nothing, and withdraws the others. With such messages the answer also waits
   * until less than half of the outbox is taken, so a caller that waits for it never overfills the outbox.
   */
  readonly commit: (of: Position | Placed, options?: WaitOptions) => ResultStream<void>
}

/** Adds `commit` to a room, or to a set of rooms. */
export const commits = (handle: object): Commits => {
  const { parts, name, fault } = anyPortOf(handle)
  const { commit } = parts.get(committing)
  return {
    commit: (of, wait) => {
      const place = placeOf(of, name)
      const room = E.isRight(place) ? place.right.room : (name ?? '')
      return start<undefined>(parts.kernel, wait, {
        cut: (cause) => unsure(room, cause),
        begin: (settle) => {
          const wrong = parts.over() ?? fault
          if (wrong) settle(E.left(wrong))
          else if (E.isLeft(place)) settle(place)
          else commit(room, place.right.position, settle)
        },
      })
    },
  }
}

/** Reads the room and position to commit; `name` is the handle's room, undefined for a handle on many. */
const placeOf = (of: unknown, name: string | undefined): Result<Placed> => {
  const isPlaced = isFields(of) && 'position' in of
  const position = (isPlaced ? of['position'] : of) as Position
  const room = isPlaced ? of['room'] : name
  if (room === undefined) return E.left(invalid('', { of: 'place', actual: excerpt(of) }))
  if (name !== undefined && room !== name) return E.left(invalid(name, { of: 'room', actual: excerpt(room) }))
  const misfit = nameFault(room) ?? validatePosition(room as string, position)
  return misfit ? E.left(misfit) : E.right({ room: room as string, position })
}

const unsure = (room: string, cause: 'aborted' | 'timeout') => roomFailure(`room/commit-${cause}`, 'unknown', room)

const invalid = (room: string, about: About) => roomFailure('room/invalid-commit', 'terminal', room, about)

/** Returns the fault of a position to commit, if it has one. */
const validatePosition = (room: string, value: unknown): WebSocketError | undefined => {
  const fault = faultOf('position', value, positionKind)
  return fault === undefined ? undefined : invalid(room, { of: 'position', fault })
}
