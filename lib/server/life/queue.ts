import type { Cancel, Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import { isOf, type PresenceTarget } from '../tables/presence.js'
import { keyOfMember } from '../tables/kinds.js'
import { replica } from '../tables/replica.js'
import { ownedRow, type OwnedRow } from './owned-row.js'

/** A session that waits for a seat. */
export interface Waiting {
  readonly user: string
  readonly session: string
  /** The name that its seat will have. */
  readonly name: string
  /** Tells the session its place. Returns false where the connection has no room. */
  readonly told: (place: number, of: number) => boolean
}

/** The queue of one room: those who wait at this server, and a copy of the table with all. */
export interface Queue<W extends Waiting> {
  readonly isKnown: () => boolean
  /** Returns true while a session waits at this server. */
  readonly isActive: () => boolean
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

/** The turn of a name. */
export interface Turn<W> {
  readonly name: string
  readonly here: readonly W[]
}

export interface QueueNeeds<W extends Waiting> {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  readonly room: string
  /** Returns the name that the seat of a session will have. */
  readonly nameOf: (user: string, session: string) => string
  /** The order has changed. */
  readonly changed: () => void
  /** The queue has no place for one more. */
  readonly full: (waiting: W) => void
  /** Somebody's row is dropped. */
  readonly over: () => void
}

/** The name of the table. */
export const QUEUE = 'queue'

/** The least time between two tellings of places in a room, in ms, and for each told session. */
const pauseMs = 250
const pausePerSessionMs = 0.5

interface Waiter<W> {
  readonly key: string
  waiting: W
  /** `lost`: the connection is lost. `over`: its row goes. */
  state: 'here' | 'lost' | 'over'
  readonly row: OwnedRow
  ending?: Cancel | undefined
  told?: string | undefined
}

export const queue = <W extends Waiting>(needs: QueueNeeds<W>): Queue<W> => {
  const { context, tables, room, nameOf, changed, full, over } = needs
  const { time, now, settings } = context
  const waiters = new Map<string, Waiter<W>>()
  let known: readonly Turn<W>[] | undefined
  let readyAt = -Infinity
  let telling: Cancel | undefined

  const copy = replica(context, tables, { of: QUEUE, room }, () => {
    move()
  })
  const move = (): void => {
    known = undefined
    tell()
    changed()
  }
  const order = (): readonly Turn<W>[] => {
    if (known) return known
    const turns = new Map<string, W[]>()
    const turn = (user: string, session: string): void => {
      const waiter = waiters.get(session)
      if (waiter?.state === 'over') return
      const name = nameOf(user, session)
      const here = turns.get(name) ?? []
      if (waiter?.state === 'here') here.push(waiter.waiting)
      turns.set(name, here)
    }
    const rows = [...(copy.table()?.rows.values() ?? [])].sort((a, b) => a.version - b.version)
    const written = new Set(rows.map(({ key }) => key))
    for (const { key } of rows) {
      const end = key.lastIndexOf('\n')
      turn(key.slice(0, end), key.slice(end + 1))
    }
    // The rows of the others are on their way.
    for (const { key, waiting } of waiters.values()) if (!written.has(key)) turn(waiting.user, waiting.session)
    known = [...turns].map(([name, here]) => ({ name, here }))
    return known
  }
  /** Tells their places to those whose place has changed, now or after the pause. */
  const tell = (): void => {
    if (telling || waiters.size === 0) return
    telling = time.at(Math.max(now(), readyAt), () => {
      telling = undefined
      let told = 0
      let isBehind = false
      for (const [at, { here }] of order().entries()) {
        for (const each of here) {
          const waiter = waiters.get(each.session)
          const place = `${at + 1} ${order().length}`
          if (!waiter || waiter.told === place) continue
          if (each.told(at + 1, order().length)) {
            waiter.told = place
            told++
          } else isBehind = true
        }
      }
      readyAt = now() + Math.max(pauseMs, told * pausePerSessionMs)
      if (isBehind) tell()
    }).cancel
  }
  const make = (waiting: W): Waiter<W> => {
    const { session } = waiting
    const key = keyOfMember(waiting)
    const waiter: Waiter<W> = {
      key,
      waiting,
      state: 'here',
      row: ownedRow({
        ...needs,
        id: { of: QUEUE, room },
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
    isActive: () => waiters.size > 0,
    add: (waiting) => {
      const waiter = waiters.get(waiting.session) ?? make(waiting)
      if (waiter.waiting !== waiting || waiter.state !== 'here') waiter.told = undefined
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
      telling?.()
      copy.close()
      for (const { row, ending } of waiters.values()) {
        row.stop()
        ending?.()
      }
      waiters.clear()
    },
  }
}
