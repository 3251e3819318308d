import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'
import type { RoomEnd, RoomMaker, RoomPatch } from '../../protocol/room-info.js'
import type { Context } from '../context.js'
import { refusal } from '../refusal.js'
import type { Tables } from '../tables/model.js'
import type { NoteEnd } from './ends.js'
import type { OverSanction } from './life.js'
import type { CloseOrder, CreateOrder, SanctionOrder } from './order-fields.js'
import { closedRecord, endOf, type Hashed, newRecord, patched, type RoomRecord } from './record.js'
import { type Order, type Ordered, recordWriter, type Written } from './record-writer.js'
import { keyOfSanction, type Sanction, type SanctionKind } from './sanction.js'
import { SECRET } from './secret-row.js'

export type { Order, Ordered } from './record-writer.js'

/** Writes to the tables of rooms. Each call is a write to the engine, or several. */
export interface Orders {
  /** Makes a room. A repeat with the same id has no effect. `mayRenew`: also in the place of a closed one. */
  readonly create: (order: Order & { readonly mayRenew: boolean }, what: Hashed<CreateOrder>, then: Ordered) => void
  readonly update: (order: Order, patch: Hashed<RoomPatch>, then: Ordered) => void
  /** Closes a room: now, or later, which its record shows meanwhile. */
  readonly close: (order: Order, how: CloseOrder, then: Ordered) => void
  /** Closes a room whose planned end has come, if its record still wants that. */
  readonly end: (order: Order, planned: RoomEnd, isWanted: (record: RoomRecord) => boolean) => void
  readonly punish: (
    order: Order & { readonly kind: SanctionKind; readonly user: string },
    how: SanctionOrder,
    then: Ordered,
  ) => void
  /** Drops the rows of sanctions that are over. `failed` is called where the engine does not answer. */
  readonly expire: (room: string, over: readonly OverSanction[], failed: () => void) => void
  /** Makes all invitations to a room invalid. */
  readonly disinvite: (order: Order, then: Ordered) => void
  /** Lifts a sanction. */
  readonly pardon: (order: Order & { readonly kind: SanctionKind; readonly user: string }, then: Ordered) => void
}

/** The maker of the application's own orders. */
export const atServer: RoomMaker = { user: '@server', session: '' }

/** A kick holds for so long by default, and at least for so long, in ms: a member that is away hears of it too. */
const kickMs = 60_000
const leastKickMs = 1_000

/** `note` notes the end of a room before its record is written. */
export const orders = (context: Context, tables: Tables, told: Written, note: NoteEnd): Orders => {
  const { settings } = context
  const { wall } = settings

  /** Refuses an end in the past. */
  const later = ({ closesAt }: RoomPatch): Either<Refusal, void> => {
    const now = wall()
    if (typeof closesAt !== 'number' || closesAt > now) return E.right(undefined)
    return E.left(
      refusal('room/invalid', {
        message: `closesAt is ${closesAt}, which is past: the clock of the server is at ${now}.`,
        data: { closesAt, now },
      }),
    )
  }
  const { write, change, settle } = recordWriter(context, tables, told, note)

  return {
    create: (order, { id, ...given }, then) => {
      const { by, mayRenew } = order
      change(
        order,
        (record) => {
          if (record?.id === id) return record.closed ? E.left(closedRefusal(record)) : E.right(undefined)
          if (record?.closed && !mayRenew) return E.left(closedRefusal(record))
          if (record && !record.closed) return E.left(refusal('room/exists'))
          return E.map(() => newRecord(id, given, by, wall()))(later(given))
        },
        then,
      )
    },
    update: (order, patch, then) => {
      change(
        order,
        (record) => {
          if (!record) return E.left(refusal('room/not-found'))
          return record.closed ? E.left(closedRefusal(record)) : E.map(() => patched(record, patch))(later(patch))
        },
        then,
      )
    },
    close: (order, { inMs = 0, because }, then) => {
      const end = endOf(wall() + inMs, because)
      change(
        order,
        (record) => {
          if (record?.closed) return E.right(undefined)
          // Nobody has created it: nobody wants it in a directory.
          const known = record ?? newRecord(settings.ids(), { visible: false }, order.by, wall())
          return E.right(inMs > 0 ? { ...known, closing: end } : closedRecord(known, end))
        },
        then,
      )
    },
    end: (order, planned, isWanted) => {
      change(
        order,
        (record) => E.right(record && !record.closed && isWanted(record) ? closedRecord(record, planned) : undefined),
        () => undefined,
      )
    },
    expire: (room, over, failed) => {
      const drops = over.map(
        ({ key, version }) => ({ _tag: 'Drop', key, ifVersion: version, cause: 'expired' }) as const,
      )
      write({ room }, drops, (outcome) => {
        if (!outcome) failed()
      })
    },
    punish: (order, { forMs, because }, then) => {
      const { kind, user, by } = order
      const at = wall()
      const ms = kind === 'kick' ? Math.max(leastKickMs, forMs ?? kickMs) : forMs
      const sanction: Sanction = {
        ...(ms !== undefined && { until: at + ms }),
        ...(because !== undefined && { because }),
        by,
        at,
      }
      write(order, [{ _tag: 'Put', key: keyOfSanction(kind, user), value: JSON.stringify(sanction) }], settle(then))
    },
    disinvite: (order, then) => {
      write(order, [{ _tag: 'Drop', key: SECRET, cause: 'revoked' }], settle(then))
    },
    pardon: (order, then) => {
      const { kind, user } = order
      write(order, [{ _tag: 'Drop', key: keyOfSanction(kind, user), cause: 'lifted' }], settle(then))
    },
  }
}

const closedRefusal = ({ closed }: RoomRecord): Refusal => refusal('room/closed', { data: { ...closed } })
