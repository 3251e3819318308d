import * as E from '#fp/Either'
import type { Position } from '../core/position.js'
import type { Join, Permission, Refusal } from '../protocol/frame.js'
import type { Context } from './context.js'
import { costs } from './budget.js'
import type { Base } from './engine.js'
import { pageLimit, type Reader } from './reader.js'
import { refusal, type RefusalCode } from './refusal.js'
import { asAsked, joined, startOf } from './join-answer.js'
import { isReserved, type Permissions } from './permissions.js'
import type { Meter } from './meter.js'
import { passwordTries } from './password-tries.js'
import type { Place } from './place.js'
import { type Member, nothing, type Outlet } from './room.js'
import type { Rooms } from './rooms.js'
import type { Worker } from './worker.js'
import { throttle } from './throttle.js'

/** The waiting and pending joins of one session, and its memberships. */
export interface Joining extends Worker {
  readonly join: (join: Join) => void
  readonly leave: (ch: number) => void
  /** Ends the session's membership of a room, or its join, on the server's initiative. Returns false where there is none. */
  readonly expel: (room: string, refusal: Refusal) => boolean
  /** Checks the read permission of every membership again. */
  readonly recheck: () => void
  /** Returns the membership of a join, if there is one. */
  readonly at: (ch: number) => Member | undefined
  /** Returns the number of unanswered joins. */
  readonly unanswered: () => number
  readonly close: () => void
}

/** Dependencies of a session's joins. */
export interface JoiningParts {
  readonly outlet: Outlet
  readonly rights: Permissions
  readonly rooms: Rooms
  readonly reader: Reader
  readonly budget: Meter
  /** True where the client understands changed permissions. */
  readonly tellsGrants: boolean
  /** Asks for steps. */
  readonly wake: () => void
}

/** Maximum number of unanswered questions to hooks and the engine per session; further joins wait. */
const mostUnderWay = 32

export const joining = (context: Context, parts: JoiningParts): Joining => {
  const { outlet, rights, rooms, reader, budget, wake } = parts
  const { settings } = context
  const { writer } = outlet
  const waiting = new Map<number, Join>()
  const places = new Map<number, Place>()
  const byRoom = new Map<string, number>()
  const many = { waiting: 0, underWay: 0, in: 0 }
  /** Unanswered questions, including those of cancelled joins. */
  let asked = 0
  /** Memberships to check again, one pass at a time. */
  let suspects: Iterator<Place> | undefined
  let isStale = false
  const mayGoOn = throttle(context.time, wake, () => context.count.joinsDelayed++)
  const passwords = passwordTries(budget)
  /** Unanswered joins with a password. */
  let tries = 0

  const move = (place: Place, to: Place['state']): void => {
    many[place.state]--
    many[to]++
    place.state = to
  }
  const end = (ch: number): void => {
    const place = places.get(ch)
    if (!place) return
    many[place.state]--
    places.delete(ch)
    waiting.delete(ch)
    budget.release(costs.membership)
    budget.user().remove('rooms')
    if (byRoom.get(place.room) === ch) byRoom.delete(place.room)
    if (place.member) rooms.leave(place.member)
    wake()
  }
  const refuse = (ch: number, because: Refusal): void => {
    end(ch)
    budget.refused(because.code)
    writer.control({ t: 'left', ch, ...because })
  }
  const refuseWith = (ch: number, code: RefusalCode): void => {
    refuse(ch, refusal(code))
  }

  /** Returns the reason for an immediate refusal, or `undefined` after reserving a place. */
  const refusalOf = (room: string): RefusalCode | undefined => {
    if (isReserved(room)) return 'room/forbidden'
    if (places.size >= settings.limits.rooms || !budget.user().add('rooms')) return 'room/limit'
    if (budget.reserve(costs.membership)) return undefined
    budget.user().remove('rooms')
    return 'room/full'
  }
  const answered = (): void => {
    asked--
    wake()
  }
  const start = (join: Join, place: Place): void => {
    const { ch, room } = join
    move(place, 'underWay')
    const isTry = join.password !== undefined
    asked++
    if (isTry) tries++
    rights.of(
      room,
      (answer) => {
        if (isTry) tries--
        answered()
        if (isTry && E.isRight(answer) && answer.right.includes('read')) passwords.returned()
        if (places.get(ch) !== place) return
        if (E.isLeft(answer)) refuseWith(ch, 'room/unavailable')
        else if (!answer.right.includes('read')) {
          // The next join asks again: the application may allow it then.
          rights.forget(room)
          refuseWith(ch, 'room/forbidden')
        } else if (join.mustExist) exists(join, place, answer.right)
        else enter(join, place, answer.right)
      },
      join.password,
    )
  }
  const exists = (join: Join, place: Place, permissions: readonly Permission[]): void => {
    const { ch, room } = join
    asked++
    context.engine(
      () => settings.engine.head(room),
      (answer) => {
        answered()
        if (places.get(ch) !== place) return
        if (E.isLeft(answer)) fail(join, answer.left)
        else if (answer.right) enter(join, place, permissions)
        else refuseWith(ch, 'room/not-found')
      },
    )
  }
  const enter = (join: Join, place: Place, permissions: readonly Permission[]): void => {
    const { ch, room } = join
    const member = rooms.enter(room, outlet, ch)
    place.member = member
    asked++
    rooms.opened(member, (isOpen) => {
      answered()
      if (member.phase !== 'joining') return
      if (isOpen) admit(member, join, permissions)
      else refuseWith(ch, 'room/unavailable')
    })
  }
  const fail = ({ ch, room }: Join, message: string): void => {
    context.fault({ where: 'engine', message, room })
    refuseWith(ch, 'room/unavailable')
  }
  const admit = (member: Member, join: Join, permissions: readonly Permission[]): void => {
    const { room } = member
    const live: Base = { _tag: 'Base', epoch: room.epoch, first: room.first, head: room.head, base: room.head, recovered: true } // prettier-ignore
    if (!join.want.includes('messages')) {
      answer(member, live, permissions)
      member.phase = 'mute'
      return
    }
    const after = startOf(join.from, live)
    if (after.epoch === live.epoch && after.offset === live.base) {
      answer(member, live, permissions)
      member.phase = 'live'
    } else if (permissions.includes('history')) read(member, join, after, permissions)
    else {
      answer(member, { ...live, recovered: false, because: 'forbidden' }, permissions)
      member.phase = 'live'
    }
  }
  const read = (member: Member, join: Join, after: Position, permissions: readonly Permission[]): void => {
    asked++
    context.engine(
      () => settings.engine.read(join.room, after, pageLimit),
      (result) => {
        answered()
        if (member.phase !== 'joining') return
        if (E.isLeft(result)) {
          fail(join, result.left)
          return
        }
        const { base, messages } = result.right ?? nothing(member.room, after)
        answer(member, asAsked(base, join.from), permissions)
        reader.begin(member, { base: { ...base, recovered: true }, messages })
      },
    )
  }
  const answer = (member: Member, base: Base, permissions: readonly Permission[]): void => {
    const place = places.get(member.ch)
    if (place) {
      move(place, 'in')
      place.permissions = permissions
    }
    member.epoch = base.epoch
    member.offset = base.base
    writer.inOrder(joined(member, base, permissions))
    wake()
  }

  /** Checks the next membership; a renewal during a pass causes another pass. */
  const pass = (all: Iterator<Place>): void => {
    const { value, done } = all.next() as IteratorResult<Place, undefined>
    if (done) {
      suspects = isStale ? places.values() : undefined
      isStale = false
    } else if (value.member) recheck(value.member)
  }
  const recheck = (member: Member): void => {
    const { ch, room } = member
    asked++
    rights.of(room.name, (permissions) => {
      answered()
      if (member.phase === 'left') return
      if (E.isLeft(permissions)) refuseWith(ch, 'room/unavailable')
      else if (!permissions.right.includes('read')) refuseWith(ch, 'room/forbidden')
      else regrant(ch, permissions.right)
    })
  }
  const regrant = (ch: number, permissions: readonly Permission[]): void => {
    const place = places.get(ch)
    if (place?.permissions === undefined || place.permissions.join() === permissions.join()) return
    place.permissions = permissions
    if (parts.tellsGrants) writer.inOrder({ t: 'granted', ch, permissions })
  }

  return {
    join: (join) => {
      const { ch, room } = join
      const before = byRoom.get(room)
      if (before !== undefined) refuseWith(before, 'room/superseded')
      const code = refusalOf(room)
      if (code) {
        refuseWith(ch, code)
        return
      }
      places.set(ch, { room, state: 'waiting' })
      byRoom.set(room, ch)
      many.waiting++
      waiting.set(ch, join)
      wake()
    },
    leave: end,
    expel: (room, because) => {
      const ch = byRoom.get(room)
      if (ch === undefined) return false
      rights.forget(room)
      refuse(ch, because)
      return true
    },
    recheck: () => {
      if (suspects) isStale = true
      else suspects = places.values()
      wake()
    },
    hasWork: () => suspects !== undefined || waiting.size > 0,
    step: () => {
      if (asked >= mostUnderWay) return false
      if (suspects) {
        pass(suspects)
        return true
      }
      const [next] = waiting
      if (!next || !writer.hasRoom()) return false
      const [ch, join] = next
      const isTry = join.password !== undefined
      // A pending try may turn out to be right; it then no longer counts.
      if (isTry && tries > 0 && passwords.wait() > 0) return false
      if (!mayGoOn(budget.user().take('joins'))) return false
      const retryAfterMs = isTry ? passwords.take() : 0
      waiting.delete(ch)
      const place = places.get(ch)
      if (retryAfterMs > 0) refuse(ch, refusal('room/rate', { retryAfterMs }))
      else if (place) start(join, place)
      return true
    },
    at: (ch) => places.get(ch)?.member,
    unanswered: () => many.waiting + many.underWay,
    close: () => {
      for (const { member } of places.values()) if (member) rooms.leave(member)
      budget.user().remove('rooms', places.size)
      places.clear()
      byRoom.clear()
      waiting.clear()
      suspects = undefined
    },
  }
}
