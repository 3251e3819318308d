import type { Join, Permission, Refusal } from '../protocol/frame.js'
import { isReserved, roomReadBy } from '../protocol/reserved.js'
import { costs } from './budget.js'
import { type Admissions, JoinRequest } from './join-request.js'
import { keepSeat } from './life/join-seat.js'
import { takeTry, waitForTry } from './password-tries.js'
import type { Place } from './place.js'
import { recheck, type Recheck } from './recheck.js'
import { refusal, type RefusalCode } from './refusal.js'
import { refuseChannel } from './refuse-frame.js'
import type { Member } from './room.js'
import type { Places, SessionRecord } from './session-record.js'
import type { MembershipEnd } from './tables/member-row.js'
import type { Cause } from './tables/model.js'
import { throttle } from './throttle.js'
import type { Worker } from './worker.js'

/** The waiting and pending joins of one session, and its memberships. */
export interface Joining extends Worker, Places {
  readonly join: (join: Join) => void
  /** Begins a WebSocket message: its joins count together. */
  readonly begin: () => void
  /** Joins a room after the hello. */
  readonly later: (join: Join) => void
  readonly leave: (ch: number, cause: Cause) => void
  /** Ends the session's membership of a room, or its join, on the server's initiative. Returns false where there is none. */
  readonly expel: (room: string, refusal: Refusal) => boolean
  /** Checks a membership again, because the life of its room has changed. */
  readonly reconsider: (room: string) => void
  /** Checks the read permission of every membership again. */
  readonly recheck: () => void
  /** Returns the membership of a join, or of a room, if there is one. */
  readonly at: (of: number | string) => Member | undefined
  /** Returns the names of the rooms that the session is in. */
  readonly rooms: () => readonly string[]
  /** Returns the number of unanswered joins. */
  readonly unanswered: () => number
  readonly close: (how: MembershipEnd) => void
}

/** The causes of the end of a membership that others see at once; any other may be followed by another join. */
const causes: ReadonlyMap<string, Cause> = new Map<RefusalCode, Cause>([
  ['room/kicked', 'kicked'],
  ['room/banned', 'banned'],
  ['room/closed', 'closed'],
  ['room/forbidden', 'forbidden'],
])

/** Maximum number of unanswered questions to hooks and the engine per session; further joins wait. */
const mostUnderWay = 32

export const joining = (session: SessionRecord): Joining => new SessionJoining(session)

/** A class, because each connection has one: its instances share their methods. */
class SessionJoining implements Joining, Admissions {
  readonly session: SessionRecord
  /** The places of the session, by channel and by room. */
  readonly #places = new Map<number | string, Place>()
  #waiting: Map<number, Join> | undefined
  #mayGoOn: ((waitMs: number) => boolean) | undefined
  #recheck: Recheck | undefined
  #rooms = 0
  /** The joins since the WebSocket message began. */
  #joins = 0
  #unanswered = 0
  asked = 0
  tries = 0

  constructor(session: SessionRecord) {
    this.session = session
  }

  join(asked: Join): void {
    const { ch } = asked
    const room = roomReadBy(this.session.user, asked.room)
    if (room === undefined) {
      this.refuse(ch, refusal('room/forbidden'))
      return
    }
    const before = this.#places.get(room)
    if (before) this.refuse(before.ch, refusal('room/superseded'))
    const code = this.#refusalOf()
    if (code) {
      this.refuse(ch, refusal(code))
      return
    }
    const join = room === asked.room ? asked : { ...asked, room }
    const place: Place = {
      ch,
      room,
      isAnswered: false,
      isWaiting: false,
      member: undefined,
      permissions: undefined,
      seat: undefined,
    }
    this.#places.set(ch, place)
    this.#places.set(room, place)
    this.#rooms++
    this.#unanswered++
    this.#waiting ??= new Map()
    this.#waiting.set(ch, join)
    this.session.wake()
  }

  begin(): void {
    this.#joins = 0
  }

  later(join: Join): void {
    if (++this.#joins <= this.session.shared.context.settings.limits.joinsPerFrame) this.join(join)
    else refuseChannel(this.session, join.ch, refusal('room/joins'))
  }

  leave(ch: number, cause: Cause): void {
    const place = this.#places.get(ch)
    if (!place) return
    const { meter, shared } = this.session
    if (isPending(place)) this.#unanswered--
    this.#rooms--
    this.#places.delete(ch)
    this.#places.delete(place.room)
    this.#waiting?.delete(ch)
    meter.release(costs.membership)
    meter.user().remove('rooms')
    if (place.member) shared.rooms.leave(place.member)
    place.seat?.end(cause !== 'grace')
    this.#depart(place, cause)
    this.session.tables()?.leave(ch, cause)
    this.session.wake()
  }

  expel(room: string, because: Refusal): boolean {
    const place = this.#places.get(room)
    if (!place) return false
    this.session.permissions.forget(room)
    this.refuse(place.ch, because)
    return true
  }

  reconsider(room: string): void {
    const place = this.#places.get(room)
    const life = place?.member?.room.life
    if (!place || isPending(place) || !life) return
    const because = life.barred(this.session)
    const given = this.session.permissions.known(room)
    if (because) this.expel(room, because)
    else if (given) this.regrant(place, given)
    if (place.seat || !place.member || !this.holds(place)) return
    place.seat = keepSeat(this.session, place.member, (gone) => {
      this.refuse(place.ch, gone)
    })
    place.seat?.begin()
  }

  recheck(): void {
    this.#recheck ??= recheck(this)
    this.#recheck.begin()
    this.session.wake()
  }

  at(of: number | string): Member | undefined {
    return this.#places.get(of)?.member
  }

  stateOf(room: string): 'in' | 'pending' | 'out' {
    const place = this.#places.get(room)
    if (!place) return 'out'
    return place.isAnswered ? 'in' : 'pending'
  }

  rooms(): readonly string[] {
    return [...this.places()].flatMap(({ room, member, isAnswered }) =>
      member && isAnswered && !isReserved(room) ? [room] : [],
    )
  }

  unanswered(): number {
    return this.#unanswered
  }

  hasWork(): boolean {
    return this.#recheck !== undefined || (this.#waiting?.size ?? 0) > 0
  }

  step(): boolean {
    if (this.asked >= mostUnderWay) return false
    if (this.#recheck) {
      if (!this.#recheck.step()) this.#recheck = undefined
      return true
    }
    const [next] = this.#waiting ?? []
    if (!next || !this.session.writer.hasRoom()) return false
    return this.#begin(...next)
  }

  close(how: MembershipEnd): void {
    const { meter, shared } = this.session
    for (const place of this.places()) {
      if (place.member) shared.rooms.leave(place.member)
      place.seat?.end(how === 'left')
      this.#depart(place, how === 'lost' ? 'grace' : how)
    }
    meter.user().remove('rooms', this.#rooms)
    this.#places.clear()
    this.#waiting = undefined
    this.#recheck = undefined
    this.#rooms = 0
  }

  // ---- for the requests and the checks
  *places(): Iterable<Place> {
    for (const [key, place] of this.#places) if (typeof key === 'number') yield place
  }

  holds(place: Place): boolean {
    return this.#places.get(place.ch) === place
  }

  answered(place: Place): void {
    if (isPending(place)) this.#unanswered--
    place.isAnswered = true
  }

  waits(place: Place): void {
    if (isPending(place)) this.#unanswered--
    place.isWaiting = true
  }

  regrant(place: Place, given: readonly Permission[]): void {
    const permissions = place.member?.room.life?.grants(this.session, given) ?? given
    if (place.permissions === undefined || place.permissions.join() === permissions.join()) return
    place.permissions = permissions
    this.session.tables()?.granted(place.ch, permissions.includes('publish'))
    if (this.session.tellsGrants) this.session.writer.inOrder({ t: 'granted', ch: place.ch, permissions })
  }

  refuse(ch: number, because: Refusal): void {
    this.leave(ch, causes.get(because.code) ?? 'grace')
    refuseChannel(this.session, ch, because)
  }

  /** Tells the attendance the end of a membership. */
  #depart({ room, isAnswered, member }: Place, cause: Cause): void {
    const { shared, user, session } = this.session
    if (isAnswered && member) shared.attendance?.depart({ room, user, session }, this.session, cause)
  }

  /** Returns the reason for an immediate refusal, or `undefined` after reserving a place. */
  #refusalOf(): RefusalCode | undefined {
    const { meter, shared } = this.session
    if (this.#rooms >= shared.context.settings.limits.rooms || !meter.user().add('rooms')) return 'room/limit'
    if (meter.reserve(costs.membership)) return undefined
    meter.user().remove('rooms')
    return 'room/memory'
  }

  /** Begins a waiting join. Returns false where it has to wait longer. */
  #begin(ch: number, join: Join): boolean {
    const { meter } = this.session
    const isTry = join.password !== undefined
    // A pending try may turn out to be right; it then no longer counts.
    if (isTry && this.tries > 0 && waitForTry(meter) > 0) return false
    if (!this.#mayJoin(meter.user().take('joins'))) return false
    const retryAfterMs = isTry ? takeTry(meter) : 0
    this.#waiting?.delete(ch)
    if (this.#waiting?.size === 0) this.#waiting = undefined
    const place = this.#places.get(ch)
    if (retryAfterMs > 0) this.refuse(ch, refusal('room/rate', { retryAfterMs }))
    else if (place) new JoinRequest(this, join, place).begin()
    return true
  }

  #mayJoin(waitMs: number): boolean {
    if (waitMs === 0) return true
    const { time, count } = this.session.shared.context
    this.#mayGoOn ??= throttle(
      time,
      () => {
        this.session.wake()
      },
      () => count.joinsDelayed++,
    )
    return this.#mayGoOn(waitMs)
  }
}

/** Returns true for a join whose client has heard nothing yet. */
const isPending = ({ isAnswered, isWaiting }: Place): boolean => !isAnswered && !isWaiting
