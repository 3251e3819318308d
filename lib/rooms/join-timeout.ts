import type { Deadlines } from '../core/deadlines.js'
import type { RoomRecord } from './record.js'

export interface JoinTimeoutNeeds {
  readonly joinMs: number
  /** They run in turns. */
  readonly deadlines: Deadlines
  /** The room with that number, until the number is retired. */
  readonly of: (ch: number) => RoomRecord | undefined
  /** No join of the link was answered for `joinMs`. */
  readonly overdue: (room: RoomRecord) => void
}

/** The time limit for the answers to joins. Call in a turn. */
export interface JoinTimeout {
  /** The joins with the numbers from `first` to `last` are written. */
  readonly expect: (first: number, last: number) => void
  readonly answered: () => void
}

/** Waits on while answers arrive: many rooms may take long on a slow link. */
export const joinTimeout = (needs: JoinTimeoutNeeds): JoinTimeout => {
  let answers = 0

  const expect = (first: number, last: number): void => {
    const before = answers
    needs.deadlines.after(needs.joinMs, () => {
      const late: RoomRecord[] = []
      for (let ch = first; ch <= last; ch++) {
        const room = needs.of(ch)
        if (room?.have === 'Joining' && !room.extras?.waiting) late.push(room)
      }
      if (late.length > 0 && answers > before) expect(first, last)
      else late.forEach(needs.overdue)
    })
  }
  return {
    expect,
    answered: () => {
      answers++
    },
  }
}
