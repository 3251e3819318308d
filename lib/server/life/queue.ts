import { QUEUE } from '../../protocol/room-info.js'
import type { Cancel, Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import { isOf, type PresenceTarget } from '../tables/presence.js'
import { nameOf } from '../tables/kinds.js'
import { replica } from '../tables/replica.js'
import { ownedRow, type OwnedRow } from './owned-row.js'
import { type Placed, places, type Turn } from './places.js'

/** A session that waits for a seat. */
export interface Waiting extends Placed {
  readonly user: string
  readonly session: string
  /** The name that its seat will have. */
  readonly name: string
}

/** The queue of one room: those who wait at this server, and a copy of the table with all. */
export interface Queue<W extends Waiting> {
  readonly isKnown: () => boolean
  /** Returns true while a session waits at this server. */
  readonly isUsed: () => boolean
  /** Adds a session at the end, or lets it go on at its place. */
  readonly add: (waiting: W) => void
  readonly has: (waiting: W) => boolean
  /** Ends the wait of a session: at once, or after the time for a quick return. */
  readonly end: (waiting: W, isOver: boolean) => void
  /** Ends the wait of sessions that may return. */
  readonly forget: (of: PresenceTarget) => void
  /** Returns the waiting names in the order of the queue, with those that wait at this server and are connected. */
  readonly order: () => readonly Turn<W>[]
  /** Returns the number of waiting names. */
  readonly size: () => number
  readonly again: () => void
  readonly close: () => void
}

export interface QueueNeeds<W extends Waiting> {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  readonly room: string
  /** The order has changed. */
  readonly changed: () => void
  /** The queue has no place for one more. */
  readonly full: (waiting: W) => void
  /** Somebody's row is dropped. */
  readonly over: () => void
}

interface Waiter<W> {
  readonly key: string
  waiting: W
  /** `lost`: the connection is lost. `over`: its row goes. */
  state: 'here' | 'lost' | 'over'
  readonly row: OwnedRow
  ending?: Cancel | undefined
}

export const queue = <W extends Waiting>(needs: QueueNeeds<W>): Queue<W> => {
  const { context, tables, room, changed, full, over } = needs
  const { time, settings } = context
  const waiters = new Map<string, Waiter<W>>()
  let known: readonly Turn<W>[] | undefined

  const copy = replica(context, tables, { of: QUEUE, room }, () => {
    move()
  })
  const move = (): void => {
    known = undefined
    if (waiters.size > 0) telling.changed()
    changed()
  }
  const order = (): readonly Turn<W>[] => {
    if (known) return known
    const turns = new Map<string, W[]>()
    const turn = (key: string): void => {
      const name = nameOf(key)
      const waiter = waiters.get(key.slice(name.length + 1))
      if (waiter?.state === 'over') return
      const here = turns.get(name) ?? []
      if (waiter?.state === 'here') here.push(waiter.waiting)
      turns.set(name, here)
    }
    const rows = [...(copy.table()?.rows.values() ?? [])].sort((a, b) => a.version - b.version)
    for (const { key } of rows) turn(key)
    // The rows of the others are on their way.
    for (const { key } of waiters.values()) if (!copy.table()?.rows.has(key)) turn(key)
    known = [...turns].map(([name, here]) => ({ name, here }))
    return known
  }
  const telling = places(context, order)
  const make = (waiting: W): Waiter<W> => {
    const { session } = waiting
    const key = `${waiting.name}\n${session}`
    const waiter: Waiter<W> = {
      key,
      waiting,
      state: 'here',
      row: ownedRow({
        ...needs,
        of: QUEUE,
        key,
        isWanted: () => waiter.state !== 'over',
        with: () => ({}),
        told: (news) => {
          const isFull = news === 'Full' || news === 'Kept'
          if (isFull) waiter.state = 'over'
          if (isFull || (news === 'Dropped' && waiter.state === 'over')) {
            waiters.delete(session)
            if (isFull) full(waiter.waiting)
            over()
          }
        },
      }),
    }
    waiters.set(session, waiter)
    return waiter
  }
  const drop = (waiter: Waiter<W>): void => {
    waiter.ending?.()
    waiter.state = 'over'
    waiter.row.due()
    move()
  }

  return {
    isKnown: () => copy.table() !== undefined,
    isUsed: () => waiters.size > 0,
    add: (waiting) => {
      const waiter = waiters.get(waiting.session) ?? make(waiting)
      waiter.ending?.()
      waiter.waiting = waiting
      waiter.state = 'here'
      waiter.row.due()
      move()
    },
    has: (waiting) => {
      const waiter = waiters.get(waiting.session)
      return waiter?.waiting === waiting && waiter.state === 'here'
    },
    end: (waiting, isOver) => {
      const waiter = waiters.get(waiting.session)
      if (waiter?.waiting !== waiting || waiter.state !== 'here') return
      if (isOver) {
        drop(waiter)
        return
      }
      waiter.state = 'lost'
      waiter.ending = time.after(settings.presence.quietMs, () => {
        drop(waiter)
      }).cancel
      move()
    },
    forget: (of) => {
      for (const waiter of [...waiters.values()]) if (waiter.state === 'lost' && isOf(of, waiter.waiting)) drop(waiter)
    },
    order,
    size: () => order().length,
    again: () => {
      for (const { row } of waiters.values()) row.again()
    },
    close: () => {
      telling.close()
      copy.close()
      for (const { row, ending } of waiters.values()) {
        row.stop()
        ending?.()
      }
      waiters.clear()
    },
  }
}
