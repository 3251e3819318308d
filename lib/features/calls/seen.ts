import type { Parts } from '../../client/parts.js'
import type { Position } from '../../core/position.js'
import type { Extension } from '../../kernel/extension.js'
import type { RoomRecord } from '../../rooms/record.js'

/** A position of a room that a client is to reach. */
export interface Goal {
  readonly room: string
  readonly at: Position
  /** The time at which it is not waited for any longer. */
  readonly untilMs: number
}

/** Waits for positions of rooms. Call in a turn. */
export interface Seen extends Extension {
  /** Calls `then` once this client has been offered the messages up to a position, or cannot be offered them. */
  readonly wait: (goal: Goal, then: () => void) => void
}

/** True for a room whose messages up to the position were offered, or will not come. */
const isReached = (room: RoomRecord | undefined, at: Position): boolean =>
  room === undefined || room.holds === 0 || room.epoch !== at.epoch || room.offset >= at.offset

export const seen = ({ kernel, rooms }: Parts): Seen => {
  const { deadlines } = kernel
  const waiting = new Set<{ readonly goal: Goal; readonly reached: () => void }>()

  const isOver = ({ room, at, untilMs }: Goal): boolean =>
    isReached(rooms.interest.known(room), at) || deadlines.now() >= untilMs
  return {
    wait: (goal, then) => {
      if (isOver(goal)) {
        then()
        return
      }
      const late = goal.untilMs === Infinity ? undefined : deadlines.at(goal.untilMs, () => undefined)
      waiting.add({
        goal,
        reached: () => {
          late?.cancel()
          then()
        },
      })
    },
    // Each turn ends here, also that of the deadline.
    step: () => {
      for (const each of waiting) {
        if (!isOver(each.goal)) continue
        waiting.delete(each)
        each.reached()
      }
    },
  }
}
