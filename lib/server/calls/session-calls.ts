import * as E from '#fp/Either'
import { frozen } from '../../core/frozen.js'
import type { CallFrame, Refusal } from '../../protocol/frame.js'
import type { Owner } from '../owner.js'
import { refusal } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { MembershipEnd } from '../tables/member-row.js'
import type { Asked } from './asked.js'
import { mismatchText } from './body.js'
import { mayCall } from './gate.js'
import type { Handled } from './handled.js'
import type { CallPlace, Held } from './place.js'
import type { ServerCalls } from './server-calls.js'

/** The calls of one session. */
export interface SessionCalls {
  /** Takes a call under a new number. */
  readonly call: (frame: CallFrame) => void
  readonly cancel: (id: string) => void
  /** Returns the number of calls that wait for their only answer. */
  readonly unanswered: () => number
  readonly close: (how: MembershipEnd) => void
}

/** A call of this link: it runs, or its permission is being checked. */
interface Open {
  readonly frame: CallFrame
  held: Held | undefined
}

/** Creates the calls of a session, at the first frame. */
export const sessionCalls = (session: SessionRecord, calls: ServerCalls): SessionCalls => {
  const { user, meter, shared, codec } = session
  const { now, settings } = shared.context
  const account = meter.user()
  const owner: Owner = meter.owner()
  const payer = { owner: () => owner }
  const open = new Map<number, Open>()

  const placeOf = (frame: CallFrame): CallPlace => {
    const { ch } = frame
    const call: Open = { frame, held: undefined }
    open.set(ch, call)
    return {
      session,
      ch,
      hold: (running) => {
        call.held = running
      },
      left: () => {
        open.delete(ch)
      },
    }
  }
  const askedOf = (frame: CallFrame): Asked => {
    const { id, name, kind, room } = frame
    const withinMs = Math.min(frame.withinMs ?? Infinity, settings.limits.dedupeMs)
    const caller = { id, name, kind, user, session: session.session, roles: session.roles(), withinMs }
    return {
      frame,
      caller: frozen(room === undefined ? caller : { ...caller, room }),
      payer,
      account,
      until: now() + withinMs,
    }
  }
  /** Returns the refusal of a call that has nothing to do with its room. */
  const flaw = ({ kind }: CallFrame, handled: Handled | undefined): Refusal | undefined => {
    const retryAfterMs = account.take('calls')
    if (retryAfterMs > 0) return refusal('call/rate', { retryAfterMs })
    if (!handled) return refusal('call/unknown-name')
    return kind === handled.type.kind
      ? undefined
      : refusal('call/input', { message: `The server answers this as a ${handled.type.kind}, not as a ${kind}.` })
  }
  const begin = (asked: Asked, handled: Handled, place: CallPlace): void => {
    const { name, data } = asked.frame
    const input = handled.type.codecs.input.decode(codec.payload(data))
    if (E.isLeft(input)) {
      const message = `The input of ${name}: ${mismatchText(input.left)}.`
      calls.decline(asked, place, refusal('call/input', { message }))
    } else calls.begin({ ...asked, handled, input: frozen(input.right) }, place)
  }
  return {
    call: (frame) => {
      const [place, asked] = [placeOf(frame), askedOf(frame)]
      const handled = calls.find(frame)
      const because = flaw(frame, handled)
      if (because || !handled) {
        calls.decline(asked, place, because ?? refusal('call/unknown-name'))
        return
      }
      mayCall(session, handled, frame.room, (forbidden) => {
        if (!open.has(frame.ch) || session.connection.isFenced) return
        if (forbidden) calls.decline(asked, place, forbidden)
        else begin(asked, handled, place)
      })
    },
    cancel: (id) => {
      for (const [ch, { frame, held }] of open) if (frame.id === id && !held) open.delete(ch)
      calls.cancel({ user, account, payer }, id)
    },
    unanswered: () => [...open.values()].filter(({ frame }) => frame.kind !== 'stream').length,
    close: (how) => {
      const all = [...open.values()]
      open.clear()
      for (const { held } of all) held?.lose(how)
    },
  }
}
