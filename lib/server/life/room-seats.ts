import * as E from '#fp/Either'
import type { Refusal } from '../../protocol/frame.js'
import type { Cancel, Context } from '../context.js'
import { refusal } from '../refusal.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import type { PresenceTarget } from '../tables/presence.js'
import type { Life } from './life.js'
import type { ReserveOrder } from './order-fields.js'
import { queue, type Queue } from './queue.js'
import { unreserving } from './reservations.js'
import { seat, type Seat } from './seat.js'
import type { NamedRequest, Reserved, SeatHold, SeatRequest } from './seat-request.js'
import { seatTable, type SeatTable } from './seat-table.js'

export interface RoomSeatsNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  readonly life: Life
  /** The number of taken seats may have changed. */
  readonly changed: () => void
  /** Nobody has needed the seats for a while. */
  readonly idle: () => void
}

/** The seats of a room without use are forgotten after so long, in ms. */
const idleMs = 10_000

/** The seats and the queue of one room at this server. A class, because each such room has one. */
export class RoomSeats {
  readonly #needs: RoomSeatsNeeds
  readonly #seats = new Map<string, Seat<NamedRequest>>()
  /** Requests from before the tables are known, with the ends of their waits. */
  readonly #arriving = new Map<NamedRequest, Cancel>()
  /** Seats of which a session may return. */
  readonly #away = new Set<Seat<NamedRequest>>()
  readonly #table: SeatTable
  readonly #queue: Queue<NamedRequest>
  #resting: Cancel | undefined

  constructor(needs: RoomSeatsNeeds) {
    const { context, tables, lease, life } = needs
    const { room } = life
    this.#needs = needs
    this.#table = seatTable(context, tables, room, () => {
      this.#go()
      this.#rest()
    })
    this.#queue = queue({
      context,
      tables,
      lease,
      room,
      changed: () => {
        this.#go(false)
      },
      full: (ask) => {
        ask.refused(this.full())
      },
      over: () => {
        this.#rest()
      },
    })
    this.#rest()
  }

  /** Prepares the seat of a join. */
  ask(request: SeatRequest): SeatHold {
    const { user, session } = request
    const name = this.#needs.life.record?.seat === 'session' || user === 'anonymous' ? session : user
    const ask: NamedRequest = {
      ...request,
      name,
      seated: () => {
        this.#queue.end(ask, true)
        request.seated()
      },
    }
    return {
      begin: () => {
        this.#arrive(ask)
      },
      end: (isOver) => {
        this.#arriving.get(ask)?.()
        this.#arriving.delete(ask)
        this.#queue.end(ask, isOver)
        this.#seats.get(name)?.end(ask, isOver)
        request.ended()
        this.#rest()
      },
    }
  }

  /** Ends the seats, and the places in the queue, of clients that may return. */
  forget(target: PresenceTarget): void {
    this.#queue.forget(target)
    for (const each of [...this.#seats.values()]) each.forget(target)
  }

  /** Keeps seats for users. Calls `then` with those for whom there is one. */
  reserve(users: readonly string[], order: ReserveOrder, then: Reserved): void {
    const { life } = this.#needs
    const closed = life.closed()
    if (closed) then(E.left(closed))
    else this.#table.reserve(users, order, life.record?.capacity, then)
  }

  /** Keeps seats for users no longer. */
  unreserve(users: readonly string[], then: Reserved): void {
    this.#table.unreserve(users, then)
  }

  /** Builds the refusal of a full room. */
  full(): Refusal {
    const { context, life } = this.#needs
    const ends = [...this.#away].flatMap((each) => each.freeAt() ?? []).map((at) => at - context.now())
    const reservedUntil = this.#table.nextEnd()
    if (reservedUntil !== undefined) ends.push(reservedUntil - context.settings.wall())
    const freeInMs = ends.length === 0 ? undefined : Math.max(0, Math.ceil(Math.min(...ends)))
    return refusal('room/full', {
      data: {
        seats: life.record?.capacity ?? this.#table.taken(),
        waiting: this.#queue.size(),
        ...(freeInMs !== undefined && { freeInMs }),
      },
    })
  }

  /** Returns true while this server has rows, or will have. */
  isActive(): boolean {
    return this.#seats.size + this.#arriving.size > 0 || this.#queue.isUsed()
  }

  /** Returns the number of taken seats, while there are seats of this server, or reservations that it has seen. */
  taken(): number | undefined {
    return this.#isUsed() && this.#table.isKnown() ? this.#table.taken() : undefined
  }

  /** Writes every row again, because it may be gone. */
  again(): void {
    for (const each of this.#seats.values()) each.again()
    this.#queue.again()
    this.#go()
  }

  /** Gives free seats to those who wait here, as far as it is their turn. */
  serve(): void {
    let free = this.#capacity() - this.#table.taken()
    for (const { name, here } of this.#queue.order()) {
      const has = this.#table.has(name) || here.some((each) => this.#hasSeat(each))
      if (!has && !this.#isOpen() && !here.some((each) => this.#isOpenTo(each))) continue
      if (!has && --free < 0) continue
      for (const each of here) if (!this.#seats.get(name)?.has(each)) this.#sit(each)
    }
  }

  close(): void {
    this.#resting?.()
    for (const late of this.#arriving.values()) late()
    for (const each of this.#seats.values()) each.stop()
    this.#queue.close()
    this.#table.close()
  }

  #capacity(): number {
    return this.#needs.life.record?.capacity ?? Infinity
  }

  #arrive(ask: NamedRequest): void {
    const { context, lease } = this.#needs
    lease.hold()
    const late = context.time.after(context.settings.answerMs, () => {
      this.#arriving.delete(ask)
      ask.refused(refusal('room/unavailable'))
      this.#rest()
    })
    this.#arriving.set(ask, late.cancel)
    this.#rest()
    this.#go(false)
  }

  /** Goes on once the tables are known, and after each change of them; `isOfSeats`: of that of the seats. */
  #go(isOfSeats = true): void {
    // With the lease, the rows of servers that have stopped are gone.
    if (!this.#table.isKnown() || !this.#queue.isKnown() || !this.#needs.lease.isHeld()) return
    for (const [ask, late] of [...this.#arriving]) {
      late()
      this.#arriving.delete(ask)
      this.#decide(ask)
    }
    // A queue that changes gives nobody a seat while none is free: its order is not needed.
    if (isOfSeats || this.#isLeft()) this.serve()
  }

  #isLeft(): boolean {
    return this.#table.taken() < this.#capacity()
  }

  #isOpen(): boolean {
    return this.#needs.life.record?.open !== false
  }

  #isOpenTo({ isAdmitted, isExpected }: NamedRequest): boolean {
    return isAdmitted || isExpected || this.#isOpen()
  }

  #decide(ask: NamedRequest): void {
    // Those who wait for a room to be open again are overtaken by those who enter it meanwhile.
    const ahead = (): number => (this.#isOpen() ? this.#queue.size() : 0)
    const isFree = this.#isOpenTo(ask) && this.#isLeft() && this.#table.taken() + ahead() < this.#capacity()
    if (ask.isAdmitted || isFree || this.#hasSeat(ask)) this.#sit(ask)
    else this.#refuse(ask)
  }

  #hasSeat({ name, user }: NamedRequest): boolean {
    return this.#seats.get(name)?.isHere() === true || this.#table.has(name) || this.#table.isReserved(user)
  }

  /** `wasSeated`: its join was answered, and cannot wait any more. The client joins again. */
  #refuse(ask: NamedRequest, wasSeated = false): void {
    // The table has changed meanwhile: the change brings another turn.
    if (this.#queue.has(ask)) return
    if (ask.waits && !wasSeated) this.#queue.add(ask)
    else {
      this.#queue.forget(ask)
      ask.refused(this.#isOpenTo(ask) ? this.full() : refusal('room/not-open'))
    }
  }

  #sit(ask: NamedRequest): void {
    const known = this.#seats.get(ask.name) ?? this.#made(ask)
    this.#seats.set(ask.name, known)
    known.ask(ask)
  }

  #made({ name, user }: NamedRequest): Seat<NamedRequest> {
    const { context, tables, lease, life } = this.#needs
    const made = seat<NamedRequest>({
      context,
      tables,
      lease,
      room: life.room,
      name,
      most: () => life.record?.capacity,
      // A name with a reservation has its place already; a session takes the place of its user's.
      reservation: () => ({
        before: [
          ...this.#table.expired(),
          ...(name !== user && this.#table.isReserved(user) ? [unreserving(user)] : []),
        ],
        after: name === user ? [unreserving(user)] : [],
      }),
      full: (ask, wasSeated) => {
        this.#refuse(ask, wasSeated)
      },
      failed: (ask) => {
        if (!this.#queue.has(ask)) ask.refused(refusal('room/unavailable'))
      },
      retry: (ask) => {
        this.#decide(ask)
      },
      lost: () => {
        this.#away.add(made)
      },
      over: (isFree) => {
        this.#seats.delete(name)
        this.#away.delete(made)
        if (isFree) this.serve()
        this.#rest()
      },
    })
    return made
  }

  #isUsed(): boolean {
    return this.isActive() || this.#table.hasReservations()
  }

  /** Forgets the seats of the room after a while without use. */
  #rest(): void {
    const { context, changed, idle } = this.#needs
    changed()
    if (this.#isUsed()) {
      this.#resting?.()
      this.#resting = undefined
    } else this.#resting ??= context.time.after(idleMs, idle).cancel
  }
}
