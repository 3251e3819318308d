import * as E from '#fp/Either'
import type { Position } from '../core/position.js'
import type { Join, Permission, Refusal } from '../protocol/frame.js'
import { isReserved } from '../protocol/reserved.js'
import type { Base } from './engine.js'
import { askToJoin } from './join-hook.js'
import type { HookMember } from './hooks.js'
import type { Take } from './life/invitations.js'
import { roomExists } from './life/existence.js'
import { askForSeat, seatsIn } from './life/join-seat.js'
import { asAsked, joined, startOf } from './join-answer.js'
import { returnTry } from './password-tries.js'
import type { Place } from './place.js'
import { pageLimit } from './reader.js'
import { refusal, type RefusalCode } from './refusal.js'
import { type Member, nothing } from './room.js'
import type { SessionRecord } from './session-record.js'

/** The joins of the session, as one request sees them. */
export interface Admissions {
  readonly session: SessionRecord
  /** Unanswered questions, including those of cancelled joins. */
  asked: number
  /** Unanswered joins with a password. */
  tries: number
  /** Returns true while the session has this place. */
  readonly holds: (place: Place) => boolean
  /** Records that the join has its answer. */
  readonly answered: (place: Place) => void
  /** Records that the join waits for a seat. */
  readonly waits: (place: Place) => void
  readonly places: () => Iterable<Place>
  /** Tells the client its permissions in a room, if they have changed; `given`: those that the application gives. */
  readonly regrant: (place: Place, given: readonly Permission[]) => void
  /** Ends a membership or a join. */
  readonly refuse: (ch: number, because: Refusal) => void
}

/** A join under way: permission, existence, the room, the position in its log, the answer. */
export class JoinRequest {
  readonly #admissions: Admissions
  readonly #session: SessionRecord
  readonly #join: Join
  readonly #place: Place
  #permissions: readonly Permission[] = []
  /** Takes a use of the invitation that lets the session in. */
  #take: Take | undefined

  constructor(admissions: Admissions, join: Join, place: Place) {
    this.#admissions = admissions
    this.#session = admissions.session
    this.#join = join
    this.#place = place
  }

  /** Asks for the permissions. */
  begin(): void {
    const admissions = this.#admissions
    const { permissions } = this.#session
    const { room, password, mustExist } = this.#join
    const isTry = password !== undefined
    admissions.asked++
    if (isTry) admissions.tries++
    permissions.of(
      room,
      (answer) => {
        if (isTry) admissions.tries--
        this.#heard()
        if (!admissions.holds(this.#place)) return
        if (E.isLeft(answer)) this.#refuse('room/unavailable')
        else if (!answer.right.includes('read')) {
          // The next join asks again: the application may allow it then.
          permissions.forget(room)
          this.#refuse('room/forbidden')
        } else {
          this.#permissions = answer.right
          if (mustExist && !isReserved(room)) this.#find()
          else this.#enter()
        }
      },
      password,
    )
  }

  /** Asks for the room's existence. */
  #find(): void {
    this.#admissions.asked++
    roomExists(this.#session, this.#join.room, (exists) => {
      this.#heard()
      if (!this.#admissions.holds(this.#place)) return
      if (E.isLeft(exists)) this.#fail(exists.left)
      else if (exists.right) this.#enter()
      else this.#refuse('room/not-found')
    })
  }

  #enter(): void {
    const { ch, room } = this.#join
    const { rooms } = this.#session.shared
    const member = rooms.enter(room, this.#session, ch)
    this.#place.member = member
    this.#admissions.asked++
    rooms.opened(member, (isOpen) => {
      this.#heard()
      if (member.phase !== 'joining') return
      if (!isOpen) this.#refuse('room/unavailable')
      else if (!this.#isBarred(member)) this.#prove(member)
    })
  }

  /** Checks the password or the invitation, if the room needs one. */
  #prove(member: Member): void {
    const { shared, user, session, meter: payer } = this.#session
    const { life } = member.room
    if (!shared.lives || !life) {
      this.#proved(member, undefined)
      return
    }
    const permissions = life.grants(this.#session, this.#permissions)
    this.#admissions.asked++
    shared.lives.entry.check(life, { user, session, permissions, payer }, this.#join, (because, take) => {
      this.#heard()
      this.#take = take
      this.#proved(member, because)
    })
  }

  #proved(member: Member, because: Refusal | undefined): void {
    if (this.#join.password !== undefined && because?.code !== 'room/password') returnTry(this.#session.meter)
    if (member.phase !== 'joining') return
    if (because) this.#admissions.refuse(this.#join.ch, because)
    else if (!this.#isBarred(member)) this.#decide(member)
  }

  #decide(member: Member): void {
    this.#admissions.asked++
    askToJoin(this.#session, this.#who(), (because) => {
      this.#heard()
      if (member.phase !== 'joining') return
      if (because) this.#admissions.refuse(this.#join.ch, because)
      else if (!this.#isBarred(member)) this.#sit(member)
    })
  }

  #who(): HookMember {
    const { user, session } = this.#session
    return { room: this.#join.room, user, session }
  }

  /** Takes a seat in a room with a capacity, or waits for one. */
  #sit(member: Member): void {
    const admissions = this.#admissions
    const { ch, queue = false } = this.#join
    const seats = seatsIn(this.#session, member)
    if (!seats) {
      this.#admit(member)
      return
    }
    let isAsked = true
    const heard = (): void => {
      if (isAsked) this.#heard()
      isAsked = false
    }
    admissions.asked++
    const given = member.room.life?.grants(this.#session, this.#permissions) ?? []
    this.#place.seat = askForSeat(this.#session, seats, ch, {
      isAdmitted: given.includes('admit'),
      isExpected: given.includes('moderate') || this.#take !== undefined,
      waits: queue,
      seated: () => {
        heard()
        // They may be others after a wait.
        this.#permissions = this.#session.permissions.known(member.room.name) ?? this.#permissions
        if (member.phase === 'joining' && !this.#isBarred(member)) this.#admit(member)
      },
      waiting: () => {
        heard()
        admissions.waits(this.#place)
      },
      refused: (because) => {
        heard()
        if (member.phase !== 'left') admissions.refuse(ch, because)
      },
      ended: heard,
    })
    this.#place.seat.begin()
  }

  /** Refuses a user who may not be in the room. */
  #isBarred({ room: { life } }: Member): boolean {
    const because = life?.barred(this.#session)
    if (because) this.#admissions.refuse(this.#join.ch, because)
    return because !== undefined
  }

  /** Lets the session in: the last thing is the use of its invitation. */
  #admit(member: Member): void {
    const take = this.#take
    if (!take) {
      this.#begin(member)
      return
    }
    this.#admissions.asked++
    take((because) => {
      this.#heard()
      if (member.phase !== 'joining') return
      if (because) this.#admissions.refuse(this.#join.ch, because)
      else if (!this.#isBarred(member)) this.#begin(member)
    })
  }

  #begin(member: Member): void {
    const { epoch, first, head } = member.room
    member.since = head
    const { want, from } = this.#join
    const live: Base = { _tag: 'Base', epoch, first, head, base: head, recovered: true }
    if (!want.includes('messages')) {
      this.#answer(member, live)
      member.phase = 'mute'
      return
    }
    const after = startOf(from, live)
    if (after.epoch === live.epoch && after.offset === live.base) {
      this.#answer(member, live)
      member.phase = 'live'
    } else if (this.#permissions.includes('history')) this.#read(member, after)
    else {
      this.#answer(member, { ...live, recovered: false, because: 'forbidden' })
      member.phase = 'live'
    }
  }

  /** Reads the first page after the requested position. */
  #read(member: Member, after: Position): void {
    const { context } = this.#session.shared
    const { room, from } = this.#join
    this.#admissions.asked++
    context.engine(
      () => context.settings.logs.read(room, after, pageLimit),
      (result) => {
        this.#heard()
        if (member.phase !== 'joining') return
        if (E.isLeft(result)) {
          this.#fail(result.left)
          return
        }
        if (this.#isBarred(member)) return
        const { base, messages } = result.right ?? nothing(member.room, after)
        this.#answer(member, asAsked(base, from))
        this.#session.reader().begin(member, { base: { ...base, recovered: true }, messages })
        // The room may have a capacity, or other permissions, since the join began.
        if (member.room.life) this.#session.reconsider(room)
      },
      this.#session.meter,
    )
  }

  #answer(member: Member, base: Base): void {
    const { life } = member.room
    const { context, lives } = this.#session.shared
    const permissions = life?.grants(this.#session, this.#permissions) ?? this.#permissions
    const info = { ...(this.#join.want.includes('info') && life?.details()) }
    if (this.#admissions.holds(this.#place)) {
      this.#admissions.answered(this.#place)
      this.#place.permissions = permissions
      this.#session.shared.attendance?.arrive(this.#who(), this.#session)
      this.#session.shared.rooms.joined(member)
    }
    // The member counts from the end of this task on.
    if (life?.isTimed()) context.box.enter(() => lives?.occupied(life))
    member.epoch = base.epoch
    member.offset = base.base
    this.#session.writer.inOrder(joined(member, base, { info, permissions }))
    this.#session.wake()
  }

  #heard(): void {
    this.#admissions.asked--
    this.#session.wake()
  }

  #fail(message: string): void {
    this.#session.shared.context.fault({ where: 'engine', message, room: this.#join.room })
    this.#refuse('room/unavailable')
  }

  #refuse(code: RefusalCode): void {
    this.#admissions.refuse(this.#join.ch, refusal(code))
  }
}
