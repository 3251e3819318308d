import * as E from '#fp/Either'
import { roomError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { start } from './action.js'
import { nameFault, positionMisfit } from './fit.js'
import type { Shared } from './listening.js'
import type { Placed } from './room.js'

/** Commits a message by its place: at the call, answered once. */
export const commitOf =
  ({ wired, over }: Shared) =>
  ({ room, position }: Placed, wait: WaitOptions = {}): ResultStream<void> =>
    start<undefined>(wired, wait, {
      aborted: () => unsure(room, 'aborted'),
      begin: (settle) => {
        const wrong = over() ?? nameFault(room) ?? positionMisfit(room, position)
        if (wrong) settle(E.left(wrong))
        else wired.commits.commit(room, position, settle)
        return (cause) => unsure(room, cause)
      },
    })

const unsure = (room: string, cause: 'aborted' | 'timeout') =>
  roomError({
    code: `room/commit-${cause}`,
    message: `The commit in ${room} was not answered before the caller stopped waiting.`,
    remedy: 'Nothing to do: a commit cannot be taken back, and the next one covers it.',
    kind: 'unknown',
    room,
  })
