import * as E from '#fp/Either'
import { frozen } from '../../core/frozen.js'
import type { CallFrame, Credit, Refusal } from '../../protocol/frame.js'
import type { Owner } from '../owner.js'
import { refusal } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { MembershipEnd } from '../tables/member-row.js'
import type { Worker } from '../worker.js'
import type { Asked } from './asked.js'
import { mismatchText } from './body.js'
import { callPlaces } from './call-places.js'
import { mayCall } from './gate.js'
import type { Handled } from './handled.js'
import type { CallPlace } from './place.js'
import type { ServerCalls } from './server-calls.js'

/** The calls of one session. */
export interface SessionCalls extends Worker {
  /** Takes a call under a new number. */
  readonly call: (frame: CallFrame) => void
  readonly cancel: (id: string) => void
  readonly credit: (frame: Credit) => void
  /** The roles of the user have changed. */
  readonly renewed: () => void
  /** Returns the number of calls that wait for their only answer. */
  readonly unanswered: () => number
  readonly close: (how: MembershipEnd) => void
}

/** Creates the calls of a session, at the first frame. */
export const sessionCalls = (session: SessionRecord, calls: ServerCalls): SessionCalls => {
  const { user, instance, meter, shared, codec } = session
  const { now, settings } = shared.context
  const account = meter.user()
  const owner: Owner = meter.owner()
  const holder = settings.authenticate ? user : `${user}\n${instance}`
  const payer = { owner: () => owner }
  const places = callPlaces(session, (frame, then) => {
    const handled = calls.find(frame)
    if (handled) mayCall(session, handled, frame.room, then)
  })

  const askedOf = (frame: CallFrame): Asked => {
    const { id, name, kind, room } = frame
    const withinMs = Math.min(frame.withinMs ?? Infinity, settings.limits.dedupeMs)
    const roles = frozen(session.roles())
    const common = { id, name, kind, user, session: session.session, roles, withinMs }
    const caller = Object.freeze(room === undefined ? common : { ...common, room })
    return { frame, caller, holder, payer, account, until: now() + withinMs }
  }
  /** Returns the refusal of a call that has nothing to do with its room. */
  const flaw = ({ kind }: CallFrame, handled: Handled | undefined): Refusal | undefined => {
    const retryAfterMs = account.take('calls')
    if (retryAfterMs > 0) return refusal('call/rate', { retryAfterMs })
    if (!handled) return refusal('call/unknown-name')
    const message = `The server answers this as a ${handled.type.kind}, not as a ${kind}.`
    return kind === handled.type.kind ? undefined : refusal('call/input', { message })
  }
  const begin = (asked: Asked, handled: Handled, place: CallPlace): void => {
    const { name, data } = asked.frame
    const input = handled.type.codecs.input.decode(codec.payload(data))
    if (E.isLeft(input)) {
      const message = `The input of ${name}: ${mismatchText(input.left)}.`
      calls.decline(asked, place, refusal('call/input', { message }))
    } else calls.begin(Object.assign(asked, { handled, input: frozen(input.right) }), place)
  }
  return {
    hasWork: places.hasWork,
    step: places.step,
    unanswered: places.unanswered,
    renewed: places.recheck,
    call: (frame) => {
      const [place, asked] = [places.add(frame), askedOf(frame)]
      const handled = calls.find(frame)
      const because = flaw(frame, handled)
      if (because || !handled) {
        calls.decline(asked, place, because ?? refusal('call/unknown-name'))
        return
      }
      mayCall(session, handled, frame.room, (forbidden) => {
        if (!places.has(frame.ch)) return
        if (forbidden) calls.decline(asked, place, forbidden)
        else begin(asked, handled, place)
      })
    },
    cancel: (id) => {
      places.drop(id)
      calls.cancel({ user, holder, account, payer }, id)
    },
    credit: ({ ch, upTo, seen }) => {
      places.at(ch)?.credit(upTo, seen)
    },
    close: places.close,
  }
}
