import * as E from '#fp/Either'
import { SEATS } from '../../protocol/room-info.js'
import type { Cancel, Context } from '../context.js'
import type { Payer } from '../owner.js'
import { nameOf } from '../tables/kinds.js'
import type { Drop, Row, Tables, Write } from '../tables/model.js'
import type { Replica } from '../tables/replica.js'
import type { ChangedKeys } from '../tables/row-index.js'
import type { ReserveOrder } from './order-fields.js'

/**
 * The reservations in a room's table of seats: rows whose keys have nothing after the name. They share leases that end
 * after them, so that a row goes where nobody follows the table.
 */
export interface Reservations {
  /** Returns true for a user with a reservation that is not over. */
  readonly has: (user: string) => boolean
  /** Returns true while the table has rows of them. */
  readonly hasAny: () => boolean
  /** Returns the next end of one that is not over, on the wall clock. */
  readonly nextEnd: () => number | undefined
  /** Returns the drops of those that are over. */
  readonly expired: () => Drop[]
  /** Returns those of the users for whom the room may have a reservation beside the others. */
  readonly within: (users: readonly string[]) => readonly string[]
  readonly changed: (keys?: ChangedKeys) => void
  readonly close: () => void
}

export const keyOfReservation = (user: string): string => `${user}\n`

/** A reservation lasts so long by default, in ms. */
const defaultMs = 60_000

/** The most reservations of a room at a time. */
const mostReservations = 1_000

/** The leases of reservations end at whole minutes. */
const stepMs = 60_000

/** Builds the puts of reservations, and the lease that they need: of a room with so many seats. */
export const reserving = (
  users: readonly string[],
  { forMs = defaultMs, beyond = false }: ReserveOrder,
  wall: number,
  seats: number | undefined,
): { readonly lease: string; readonly forMs: number; readonly writes: readonly Write[] } => {
  const end = wall + forMs
  const until = Math.ceil((end + 1) / stepMs) * stepMs
  const lease = `reserved ${until}`
  const writes = users.map((user): Write => ({
    _tag: 'Put',
    key: keyOfReservation(user),
    value: JSON.stringify([end]),
    lease,
    ...(seats !== undefined && !beyond && { ifFewer: seats }),
  }))
  return { lease, forMs: until - wall, writes }
}

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
  /** The first end of all. */
  let first = Infinity
  let ending: Cancel | undefined

  const rows = (): readonly Row[] => [...keys].flatMap((key) => table()?.rows.get(key) ?? [])
  const firstAfter = (at: number): number =>
    Math.min(
      Infinity,
      ...rows()
        .map(endOf)
        .filter((end) => end > at),
    )
  const expired = (): Drop[] => {
    const at = wall()
    if (first > at) return []
    return rows().flatMap((row) =>
      endOf(row) <= at ? [{ _tag: 'Drop', key: row.key, cause: 'expired', ifVersion: row.version }] : [],
    )
  }
  const expire = (): void => {
    const over = expired()
    if (over.length > 0)
      write(over, () => {
        ending = time.after(retryMs, expire).cancel
      })
  }
  const arm = (): void => {
    ending?.()
    first = firstAfter(-Infinity)
    ending = first === Infinity ? undefined : time.after(Math.max(0, first - wall()), expire).cancel
  }
  return {
    has: (user) => {
      const row = table()?.rows.get(keyOfReservation(user))
      return row !== undefined && endOf(row) > wall()
    },
    hasAny: () => keys.size > 0,
    nextEnd: () => {
      const next = firstAfter(wall())
      return next === Infinity ? undefined : next
    },
    expired,
    within: (users) => {
      let left = mostReservations - keys.size
      return users.filter((user) => keys.has(keyOfReservation(user)) || left-- > 0)
    },
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

/** Drops the reservations of a room that was closed. */
export const withdrawAll = (
  context: Context,
  tables: Tables,
  { room, payer }: { readonly room: string; readonly payer?: Payer },
  after?: string,
): void => {
  const id = { of: SEATS, room }
  context.engine(
    () => tables.page(id, { count: pageRows, ...(after !== undefined && { after }) }),
    (page) => {
      if (E.isLeft(page)) return
      const { rows, more } = page.right
      const drops = rows.flatMap(({ key, version }): Write[] =>
        isReservation(key) ? [{ _tag: 'Drop', key, cause: 'closed', ifVersion: version }] : [],
      )
      if (drops.length > 0)
        context.engine(
          () => tables.write(id, drops),
          () => undefined,
          payer,
        )
      if (more) withdrawAll(context, tables, { room, ...(payer && { payer }) }, rows.at(-1)?.key)
    },
    payer,
  )
}

const pageRows = 1_000
