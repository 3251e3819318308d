import * as E from '#fp/Either'
import type { Context } from '../context.js'
import type { Payer } from '../owner.js'
import type { Tables } from '../tables/model.js'
import { memoryMs } from './record.js'

/** The room whose order needs the lease, and who pays for the turns of the answers. */
interface Cause {
  readonly room: string
  readonly payer?: Payer
}

/** The leases of the records of closed rooms. The rooms that close within an hour share one, which ends a day later. */
export interface Tombstones {
  /** Renews the lease of a room that closes now; `undefined` where the engine fails. */
  readonly lease: (order: Cause, then: (lease: string | undefined) => void) => void
  /** Ends the oldest lease, but not the one of this hour. Calls `then` with `true` where rooms were forgotten. */
  readonly forgetOldest: (order: Cause, then: (isDone: boolean) => void) => void
}

const hourMs = 3_600_000

export const tombstones = (context: Context, tables: Tables): Tombstones => {
  const { wall } = context.settings
  /** The number of the hour of the oldest lease that may be in force. */
  let oldest = 0

  const renew = (
    hour: number,
    ms: number,
    { room, payer }: Cause,
    then: (wasHeld: boolean | undefined) => void,
  ): void => {
    context.engine(
      () => tables.lease(nameOf(hour), ms),
      (held) => {
        if (E.isLeft(held)) context.fault({ where: 'engine', message: held.left, room })
        then(E.isLeft(held) ? undefined : held.right)
      },
      payer,
    )
  }
  const forgetOldest: Tombstones['forgetOldest'] = (order, then) => {
    const hour = Math.max(oldest, Math.ceil(wall() / hourMs))
    if (hour >= hourOfEnd(wall())) then(false)
    else
      renew(hour, 0, order, (wasHeld) => {
        if (wasHeld !== undefined) oldest = hour + 1
        if (wasHeld === false) forgetOldest(order, then)
        else then(wasHeld === true)
      })
  }
  return {
    lease: (order, then) => {
      const hour = hourOfEnd(wall())
      renew(hour, hour * hourMs - wall(), order, (held) => {
        then(held === undefined ? undefined : nameOf(hour))
      })
    },
    forgetOldest,
  }
}

const nameOf = (hour: number): string => `closed ${hour * hourMs}`

const hourOfEnd = (wall: number): number => Math.ceil((wall + memoryMs) / hourMs)
