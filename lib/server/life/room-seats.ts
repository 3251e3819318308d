import * as E from '#fp/Either'
import type { Refusal } from '../../protocol/frame.js'
import type { Cancel, Context } from '../context.js'
import { refusal } from '../refusal.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables, Write, WriteOutcome } from '../tables/model.js'
import type { PresenceTarget } from '../tables/presence.js'
import { replica } from '../tables/replica.js'
import { rowIndex } from '../tables/row-index.js'
import type { Life } from './life.js'
import { queue } from './queue.js'
import { reservation, reservations, usedReservation } from './reservations.js'
import { seat, type Seat, SEATS } from './seat.js'

/** A join that asks for a seat. */
export interface SeatRequest {
  readonly user: string
  readonly session: string
  /** Enters a full room too. */
  readonly isAdmitted: boolean
  /** Waits where no seat is free. */
  readonly waits: boolean
  /** The seat is taken: the join goes on. */
  readonly seated: () => void
  /** The place in the queue is this one of so many. Returns false where the connection has no room. */
  readonly told: (place: number, of: number) => boolean
  /** There is no seat, or it was lost later. */
  readonly refused: (because: Refusal) => void
  /** The join gives up. */
  readonly ended: () => void
}

/** A request with the name of its seat. */
interface Ask extends SeatRequest {
  readonly name: string
}

/** The seats of a room. */
export interface SeatCounts {
  readonly of: number
  readonly taken: number
  readonly waiting: number
}

/** The part of one join in the seats of its room. */
export interface SeatHold {
  /** Asks for the seat. */
  readonly begin: () => void
  /** Gives the seat, or the place in the queue, back: at once, or after the time for a return. */
  readonly end: (isOver: boolean) => void
}

/** The seats and the queue of one room at this server. */
export interface RoomSeats {
  readonly ask: (request: SeatRequest) => SeatHold
  /** Ends the seats, and the places in the queue, of clients that may return. */
  readonly forget: (of: PresenceTarget) => void
  /** Keeps seats for users. Calls `then` with those who have one. */
  readonly reserve: (
    users: readonly string[],
    until: number,
    then: (reserved: E.Either<string, readonly string[]>) => void,
  ) => void
  /** Returns the counts, once they are known. */
  readonly counts: () => SeatCounts | undefined
  /** The capacity may be another one. */
  readonly changed: () => void
  /** True while this server has rows, or will have. */
  readonly isActive: () => boolean
  readonly again: () => void
  readonly close: () => void
}

export interface RoomSeatsNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  readonly life: Life
  /** Nobody has needed the seats for a while. */
  readonly idle: () => void
}

/** The seats of a room without use are forgotten after so long, in ms. */
const idleMs = 10_000

export const roomSeats = (needs: RoomSeatsNeeds): RoomSeats => {
  const { context, tables, lease, life, idle } = needs
  const { room } = life
  const { time, now, settings } = context
  const seats = new Map<string, Seat<Ask>>()
  /** Requests from before the tables are known, with the ends of their waits. */
  const arriving = new Map<Ask, Cancel>()
  /** Seats of which a session may return. */
  const away = new Set<Seat<Ask>>()
  let resting: Cancel | undefined

  const of = (): number => life.record?.capacity ?? Infinity
  const nameOf = (user: string, session: string): string =>
    life.record?.seat === 'session' || user === 'anonymous' ? session : user
  const copy = replica(context, tables, { of: SEATS, room }, (keys) => {
    index.changed(keys)
    reserved.changed(keys)
    go()
  })
  const index = rowIndex(copy.table)
  const write = (
    writes: readonly Write[],
    then: (outcomes: E.Either<string, readonly WriteOutcome[]>) => void,
  ): void => {
    context.engine(
      () => tables.write({ of: SEATS, room }, writes),
      (answer) => {
        if (E.isLeft(answer)) context.fault({ where: 'engine', message: answer.left, room })
        then(answer)
      },
    )
  }
  const reserved = reservations(context, copy.table, (writes, failed) => {
    write(writes, (outcomes) => {
      if (E.isLeft(outcomes)) failed()
    })
  })
  const waiting = queue<Ask>({
    context,
    tables,
    lease,
    room,
    nameOf,
    changed: () => {
      go()
    },
    full: (ask) => {
      ask.refused(full())
    },
    over: () => {
      rest()
    },
  })

  /** Builds the refusal of a full room. */
  const full = (): Refusal => {
    const ends = [...away].flatMap((each) => each.freeAt() ?? []).map((at) => at - now())
    const reservedUntil = reserved.nextEnd()
    if (reservedUntil !== undefined) ends.push(reservedUntil - settings.wall())
    const freeInMs = ends.length === 0 ? undefined : Math.max(0, Math.ceil(Math.min(...ends)))
    return refusal('room/full', {
      data: {
        seats: life.record?.capacity ?? index.counts().names,
        waiting: waiting.size(),
        ...(freeInMs !== undefined && { freeInMs }),
      },
    })
  }
  const unavailable = (ask: Ask): void => {
    if (!waiting.has(ask)) ask.refused(refusal('room/unavailable'))
  }
  const refuse = (ask: Ask): void => {
    // The table has changed meanwhile: the change brings another turn.
    if (waiting.has(ask)) return
    if (ask.waits) waiting.add(ask)
    else {
      waiting.forget(ask)
      ask.refused(full())
    }
  }
  const made = (name: string, user: string): Seat<Ask> => {
    const known = seats.get(name)
    if (known) return known
    const fresh = seat<Ask>({
      context,
      tables,
      lease,
      room,
      name,
      most: of,
      // A name with a reservation has its place already; a session takes the place of its user's.
      reservation: () =>
        name === user
          ? { after: [usedReservation(user)] }
          : reserved.has(user)
            ? { before: [usedReservation(user)] }
            : {},
      full: refuse,
      failed: unavailable,
      retry: decide,
      lost: () => {
        away.add(fresh)
      },
      over: (isFree) => {
        seats.delete(name)
        away.delete(fresh)
        if (isFree) serve()
        rest()
      },
    })
    seats.set(name, fresh)
    return fresh
  }
  const sit = (ask: Ask): void => {
    made(ask.name, ask.user).ask(ask)
  }
  const hasSeat = ({ name, user }: Ask): boolean =>
    seats.get(name)?.isHere() === true || index.named([name]).length > 0 || reserved.has(user)
  const decide = (ask: Ask): void => {
    if (ask.isAdmitted || hasSeat(ask) || index.counts().names + waiting.size() < of()) sit(ask)
    else refuse(ask)
  }
  /** Gives free seats to those who wait here, as far as it is their turn. */
  const serve = (): void => {
    let free = of() - index.counts().names
    for (const { name, here } of waiting.order()) {
      const has = index.named([name]).length > 0 || here.some(hasSeat)
      if (!has && --free < 0) return
      for (const each of here) if (!seats.get(name)?.has(each)) sit(each)
    }
  }
  const isKnown = (): boolean => copy.table() !== undefined && waiting.isKnown()
  /** Goes on once the tables are known, and after each change of them. */
  const go = (): void => {
    // With the lease, the rows of servers that have stopped are gone.
    if (!isKnown() || !lease.isHeld()) return
    for (const [ask, late] of [...arriving]) {
      late()
      arriving.delete(ask)
      decide(ask)
    }
    serve()
  }
  const isActive = (): boolean => seats.size + arriving.size > 0 || waiting.isActive()
  const rest = (): void => {
    resting?.()
    resting = isActive() ? undefined : time.after(idleMs, idle).cancel
  }
  const arrive = (ask: Ask): void => {
    resting?.()
    lease.hold()
    const late = time.after(settings.answerMs, () => {
      arriving.delete(ask)
      ask.refused(refusal('room/unavailable'))
      rest()
    })
    arriving.set(ask, late.cancel)
    go()
  }

  rest()
  return {
    ask: (request) => {
      const name = nameOf(request.user, request.session)
      const ask: Ask = {
        ...request,
        name,
        seated: () => {
          waiting.end(ask, true)
          request.seated()
        },
      }
      return {
        begin: () => {
          arrive(ask)
        },
        end: (isOver) => {
          arriving.get(ask)?.()
          arriving.delete(ask)
          waiting.end(ask, isOver)
          seats.get(name)?.end(ask, isOver)
          request.ended()
          rest()
        },
      }
    },
    forget: (target) => {
      waiting.forget(target)
      for (const each of [...seats.values()]) each.forget(target)
    },
    reserve: (users, until, then) => {
      const most = life.record?.capacity
      write(
        users.map((user) => reservation(user, until, most)),
        (outcomes) => {
          rest()
          then(E.isLeft(outcomes) ? outcomes : E.right(users.filter((_, at) => outcomes.right[at]?._tag === 'Written')))
        },
      )
    },
    counts: () => (isKnown() ? { of: of(), taken: index.counts().names, waiting: waiting.size() } : undefined),
    changed: () => {
      serve()
    },
    isActive,
    again: () => {
      for (const each of seats.values()) each.again()
      waiting.again()
      go()
    },
    close: () => {
      resting?.()
      for (const late of arriving.values()) late()
      for (const each of seats.values()) each.stop()
      reserved.close()
      waiting.close()
      copy.close()
    },
  }
}
