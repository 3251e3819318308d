import type { Cancel, Context } from './context.js'
import { notify } from './ask-hook.js'
import type { HookMember } from './hooks.js'
import { isOf, type PresenceTarget } from './tables/presence.js'
import type { Cause } from './tables/model.js'
import { keyOfMember } from './tables/kinds.js'
import { isReserved } from '../protocol/reserved.js'

/** The sessions in rooms of this server, for the hooks that hear of those that come and go. */
export interface Attendance {
  /** Returns true for a session that is in the room, or may still come back. The rooms of the server are in no attendance. */
  readonly has: (member: HookMember) => boolean
  /** A connection, `by`, has brought a session into a room. */
  readonly arrive: (member: HookMember, by: object) => void
  /**
   * The membership of that connection has ended. A lost client may come back within the grace time; one that is `moved`
   * goes on at another server, and has not left.
   */
  readonly depart: (member: HookMember, by: object, cause: Cause) => void
  /** Ends the attendance of a user, also of lost clients. */
  readonly end: (of: PresenceTarget, cause: Cause) => void
  readonly close: () => void
}

/** A session in a room: `Quiet` since its connection was lost, and `Dropped` once a hook was told. */
interface Attendee {
  readonly member: HookMember
  by: object
  step: 'Here' | 'Quiet' | 'Dropped'
  next: Cancel | undefined
}

/** The ends that a client may come back from. */
const lasting: ReadonlySet<Cause> = new Set(['grace', 'expired'])

/** Makes the attendance of a server; `undefined` where no hook needs it. */
export const attendance = (context: Context): Attendance | undefined => {
  const { time, settings } = context
  const { join, drop, back, leave } = settings.hooks
  if (!join && !drop && !back && !leave) return undefined
  const { quietMs, graceMs } = settings.presence
  const all = new Map<string, Attendee>()

  const keyOf = (member: HookMember): string => `${member.room.length}:${member.room}${keyOfMember(member)}`
  const gone = (attendee: Attendee, cause: Cause): void => {
    attendee.next?.()
    all.delete(keyOf(attendee.member))
    notify(context, 'leave', leave, { ...attendee.member, cause })
  }
  const lose = (attendee: Attendee, cause: Cause): void => {
    attendee.step = 'Quiet'
    attendee.next = time.after(quietMs, () => {
      attendee.step = 'Dropped'
      attendee.next = time.after(graceMs, () => {
        gone(attendee, cause)
      }).cancel
      notify(context, 'drop', drop, attendee.member)
    }).cancel
  }
  const held = (member: HookMember, by: object): Attendee | undefined => {
    const attendee = all.get(keyOf(member))
    return attendee?.by === by && attendee.step === 'Here' ? attendee : undefined
  }
  return {
    has: (member) => isReserved(member.room) || all.has(keyOf(member)),
    arrive: (member, by) => {
      if (isReserved(member.room)) return
      const key = keyOf(member)
      const before = all.get(key)
      before?.next?.()
      all.set(key, { member, by, step: 'Here', next: undefined })
      if (before?.step === 'Dropped') notify(context, 'back', back, member)
    },
    depart: (member, by, cause) => {
      const attendee = held(member, by)
      if (!attendee) return
      if (cause === 'moved') all.delete(keyOf(member))
      else if (lasting.has(cause)) lose(attendee, cause)
      else gone(attendee, cause)
    },
    end: (of, cause) => {
      for (const attendee of [...all.values()]) {
        const { member, step } = attendee
        if (step !== 'Here' && isOf(of, member) && (of.room ?? member.room) === member.room) gone(attendee, cause)
      }
    },
    close: () => {
      for (const { next } of all.values()) next?.()
      all.clear()
    },
  }
}
