import * as E from '#fp/Either'
import { heldStream } from '../../client/held-stream.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import type { AnyContract } from '../../contract/contract.js'
import { type Checks, optionFault, whole, yesOrNo } from '../../core/check.js'
import type { Result, ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import { isFields } from '../../protocol/field.js'
import { INFO, QUEUE, reservationMs, ROOM, SEATS } from '../../protocol/room-info.js'
import { tables, type TableWatcher } from '../../tables/tables.js'
import { watcherTo } from '../../tables/watcher.js'
import { order } from './order.js'
import { userChecks } from '../../protocol/room-checks.js'

/** The seats of a room. */
export interface SeatCounts {
  /** The number of seats. Absent: the room has no capacity. */
  readonly of?: number
  /** Taken and reserved ones. */
  readonly taken: number
  /** The length of the queue. */
  readonly waiting: number
}

/** Options of `reserve`. All are optional. */
export interface ReserveOptions extends WaitOptions {
  /** How long the seat is kept, in milliseconds, at most a day. Default a minute. */
  readonly forMs?: number | undefined
  /** Keeps a seat beyond the capacity where none is free. Default false. */
  readonly beyond?: boolean | undefined
  /** Time to wait for the answer, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** The members that the feature `seats` adds to a room. The orders need the permission `admit` and no join. */
export interface Seats {
  /**
   * The counts of the seats, at once and after each change. Holds the room while subscribed; silent while the client is
   * not in the room. Completes when the client closes. Never errors.
   */
  readonly seats$: ResultStream<SeatCounts>
  /**
   * Keeps a seat for a user, at the call: until the user takes it, or for `forMs`. A user who waits in the queue is let in.
   * `Left` with `room/full` where no seat is free, unless `beyond` is set. Waits offline, up to `withinMs`.
   */
  readonly reserve: (user: string, options?: ReserveOptions) => ResultStream<void>
  /** Keeps the seat no longer. */
  readonly unreserve: (user: string, options?: Omit<ReserveOptions, 'forMs' | 'beyond'>) => ResultStream<void>
}

const reserveChecks: Checks<keyof ReserveOptions> = {
  ...waitChecks,
  forMs: /*#__PURE__*/ whole(0, reservationMs),
  beyond: yesOrNo,
}

/** Adds the seats of a room: their counts, and reservations. */
export const seats = (room: Pick<Room<AnyContract>, 'name' | 'membership$'>): Seats => {
  const at = portOf(room)
  const { parts, name, fault } = at
  const seat = (
    user: string,
    options: ReserveOptions | null | undefined,
    checks: Checks,
    value: (checked: Partial<ReserveOptions>) => object | undefined,
  ): ResultStream<void> =>
    order({
      parts,
      room: name,
      fault: fault ?? optionFault({ user }, userChecks),
      options,
      checks,
      write: (checked: Partial<ReserveOptions>) => {
        const given = value(checked)
        return { room: name, of: SEATS, key: user, ...(given && { value: given }) }
      },
      done: () => undefined,
    })
  return {
    seats$: watch(at),
    reserve: (user, options) =>
      seat(user, options, reserveChecks, ({ forMs, beyond }) => ({
        ...(forMs !== undefined && { forMs }),
        ...(beyond !== undefined && { beyond }),
      })),
    unreserve: (user, options) => seat(user, options, waitChecks, () => undefined),
  }
}

const watch = (at: RoomPort): ResultStream<SeatCounts> => {
  const { get, kernel } = at.parts
  return heldStream(at, (room, to) => {
    const all = get(tables)
    let capacity: unknown
    let [taken, waiting]: (number | undefined)[] = []
    let told = ''

    const fresh = (): readonly Result<SeatCounts>[] => {
      if (capacity === undefined || taken === undefined || waiting === undefined) return []
      const counts = Object.freeze({ ...(typeof capacity === 'number' && { of: capacity }), taken, waiting })
      return told === (told = JSON.stringify(counts)) ? [] : [E.right(counts)]
    }
    const follow = (of: string, changed: TableWatcher['changed']): (() => void) => {
      const teller = watcherTo(to, kernel.turns.publish, (...change) => {
        changed(...change)
        return fresh()
      })
      // All of them hear of the same failure.
      const watcher = of === ROOM ? teller : { ...teller, failed: () => undefined }
      all.watch(room, of, watcher, { view: of === ROOM ? 'all' : 'count' })
      return () => {
        all.unwatch(room, of, watcher)
      }
    }
    const ends = [
      follow(SEATS, ({ counts }) => {
        taken = counts?.names
      }),
      follow(QUEUE, ({ counts }) => {
        waiting = counts?.names
      }),
      follow(ROOM, ({ at: place, rows }) => {
        const record = rows.get(INFO)?.value
        if (place) capacity = (isFields(record) && record['capacity']) ?? null
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  })
}
