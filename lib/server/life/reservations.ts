import type { Cancel, Context } from '../context.js'
import { nameOf } from '../tables/kinds.js'
import type { Row, Write } from '../tables/model.js'
import type { Replica } from '../tables/replica.js'
import type { ChangedKeys } from '../tables/row-index.js'
import type { ReserveOrder } from './order-fields.js'

/** The reservations in a room's table of seats: rows without a lease, whose keys have nothing after the name. */
export interface Reservations {
  readonly has: (user: string) => boolean
  /** Returns the next end of one, on the wall clock. */
  readonly nextEnd: () => number | undefined
  readonly changed: (keys?: ChangedKeys) => void
  readonly close: () => void
}

export const keyOfReservation = (user: string): string => `${user}\n`

/** A reservation lasts so long by default, in ms. */
const defaultMs = 60_000

/** Builds the puts of reservations: of a room with so many seats. */
export const reserving = (
  users: readonly string[],
  { forMs = defaultMs, beyond = false }: ReserveOrder,
  wall: number,
  seats: number | undefined,
): readonly Write[] =>
  users.map((user) => ({
    _tag: 'Put',
    key: keyOfReservation(user),
    value: JSON.stringify([wall + forMs]),
    ...(seats !== undefined && !beyond && { ifFewer: seats }),
  }))

/** Builds the drop of a reservation that is used, or withdrawn. */
export const unreserving = (user: string): Write => ({ _tag: 'Drop', key: keyOfReservation(user), cause: 'used' })

const isReservation = (key: string): boolean => keyOfReservation(nameOf(key)) === key

const endOf = ({ value }: Row): number => (JSON.parse(value) as readonly [number])[0]

/** A drop that failed is tried again after so long, in ms. */
const retryMs = 5_000

/** Follows the reservations of a copy, and drops each at its end. */
export const reservations = (
  { time, settings }: Context,
  table: Replica['table'],
  write: (writes: readonly Write[], failed: () => void) => void,
): Reservations => {
  const { wall } = settings
  const keys = new Set<string>()
  let ending: Cancel | undefined

  const rows = (): readonly Row[] => [...keys].flatMap((key) => table()?.rows.get(key) ?? [])
  const nextEnd = (): number | undefined => (keys.size === 0 ? undefined : Math.min(...rows().map(endOf)))
  const expire = (): void => {
    const over = rows().filter((row) => endOf(row) <= wall())
    if (over.length > 0)
      write(
        over.map(({ key, version }) => ({ _tag: 'Drop', key, cause: 'expired', ifVersion: version })),
        () => {
          ending = time.after(retryMs, expire).cancel
        },
      )
  }
  const arm = (): void => {
    ending?.()
    const end = nextEnd()
    ending = end === undefined ? undefined : time.after(Math.max(0, end - wall()), expire).cancel
  }
  return {
    has: (user) => keys.has(keyOfReservation(user)),
    nextEnd,
    changed: (changes) => {
      const before = keys.size
      if (!changes) keys.clear()
      for (const key of changes ? changes.added : (table()?.rows.keys() ?? [])) if (isReservation(key)) keys.add(key)
      for (const key of changes?.removed ?? []) keys.delete(key)
      if (keys.size + before > 0) arm()
    },
    close: () => {
      ending?.()
    },
  }
}
