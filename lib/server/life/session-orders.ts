import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { isName } from '../../protocol/field.js'
import { bounds, type Permission, type Put, type Refusal } from '../../protocol/frame.js'
import { CLOSING, INFO, ROOM, SEATS } from '../../protocol/room-info.js'
import { unescaped } from '../../protocol/payload.js'
import { isReserved } from '../permissions.js'
import { refusal } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { Life } from './life.js'
import type { Lives } from './lives.js'
import { closeOrder, createOrder, patchOrder, reserveOrder, sanctionOrder } from './order-fields.js'
import type { Order, Ordered } from './orders.js'
import type { SanctionKind } from './sanction.js'

/** The answer to an order of a client. */
export interface OrderAnswers {
  /** False after the answer was cancelled, or the session has ended. */
  readonly isWanted: (ch: number) => boolean
  readonly written: (ch: number, version: number) => void
  readonly refuse: (ch: number, because: Refusal) => void
}

const sanctions: ReadonlyMap<string, SanctionKind> = new Map([
  ['kicks', 'kick'],
  ['bans', 'ban'],
  ['mutes', 'mute'],
])

/** True for the name of a table to which clients write orders about a room. */
export const isOrder = (of: string): boolean => of === ROOM || of === SEATS || sanctions.has(of)

/** The rights of a session in a room at the time of an order. */
interface Standing {
  readonly life: Life
  readonly permissions: readonly Permission[]
}

/** Creates the orders of one session: creation, change and end of rooms, removal and muting of users. */
export const sessionOrders = (session: SessionRecord, lives: Lives, answers: OrderAnswers): ((frame: Put) => void) => {
  const { shared, permissions, meter, user } = session
  const { context } = shared
  const give = lives.orders
  const by = { user, session: session.session }

  const answer =
    (ch: number): Ordered =>
    (outcome) => {
      if (!answers.isWanted(ch)) return
      if (E.isLeft(outcome)) answers.refuse(ch, outcome.left)
      else answers.written(ch, outcome.right)
    }
  const create = (frame: Put, { life, permissions: granted }: Standing): void => {
    const { ch, room } = frame
    const what = createOrder(unescaped(frame.value))
    const order = { room, by, payer: meter, mayRenew: granted.includes('moderate') }
    if (!what) answers.refuse(ch, refusal('room/invalid'))
    else if (!granted.includes('publish')) answers.refuse(ch, refusal('room/forbidden', { message: mayNotCreate }))
    else if (life.record || order.mayRenew) give.create(order, what, answer(ch))
    else
      // A room that nobody has created, but that is in use, is not given to the first who asks for it.
      context.engine(
        () => context.settings.engine.head(room),
        (head) => {
          if (E.isLeft(head)) answer(ch)(E.left(refusal('room/unavailable')))
          else if (head.right) answer(ch)(E.left(refusal('room/exists')))
          else give.create(order, what, answer(ch))
        },
        meter,
      )
  }
  const moderate = (frame: Put): void => {
    const { ch, room, of, key, value } = frame
    const order: Order = { room, by, payer: meter }
    const kind = sanctions.get(of)
    const given = unescaped(value)
    if (kind && !isName(key, bounds.userBytes)) answers.refuse(ch, refusal('room/invalid'))
    else if (kind && value === undefined) give.pardon({ ...order, kind, user: key }, answer(ch))
    else if (kind) {
      const how = sanctionOrder(given)
      if (how) give.punish({ ...order, kind, user: key }, how, answer(ch))
      else answers.refuse(ch, refusal('room/invalid'))
    } else if (key === CLOSING) {
      const how = closeOrder(given)
      if (how) give.close(order, how, answer(ch))
      else answers.refuse(ch, refusal('room/invalid'))
    } else {
      const patch = key === INFO ? patchOrder(given) : undefined
      if (patch) give.update(order, patch, answer(ch))
      else answers.refuse(ch, refusal('room/invalid'))
    }
  }
  /** Keeps a seat for a user, or no longer. */
  const admit = ({ ch, room, key, value }: Put, { permissions: granted }: Standing): void => {
    const seats = shared.tables?.seats.of(room)
    const how = value === undefined ? {} : reserveOrder(unescaped(value))
    const settle = (outcome: Either<Refusal, readonly string[]>): void => {
      answer(ch)(
        E.isRight(outcome) && outcome.right.length === 0 && seats ? E.left(seats.full()) : E.map(() => 0)(outcome),
      )
    }
    if (!granted.includes('admit')) answers.refuse(ch, refusal('room/forbidden', { message: mayNotAdmit }))
    else if (!how || !isName(key, bounds.userBytes)) answers.refuse(ch, refusal('room/invalid'))
    else if (value === undefined) seats?.unreserve([key], settle)
    else seats?.reserve([key], how, settle)
  }
  const take = (frame: Put, standing: Standing): void => {
    if (frame.of === ROOM && frame.key === INFO && frame.ifNew) create(frame, standing)
    else if (frame.of === SEATS) admit(frame, standing)
    else if (standing.permissions.includes('moderate')) moderate(frame)
    else answers.refuse(frame.ch, refusal('room/forbidden', { message: mayNotModerate }))
  }

  return (frame) => {
    const { ch, room } = frame
    const retryAfterMs = meter.user().take('publishes')
    if (retryAfterMs > 0) answers.refuse(ch, refusal('delivery/rate', { retryAfterMs }))
    else if (isReserved(room)) answers.refuse(ch, refusal('room/forbidden'))
    else
      permissions.of(room, (granted) => {
        if (!answers.isWanted(ch)) return
        if (E.isLeft(granted)) answers.refuse(ch, refusal('delivery/unchecked'))
        else if (!granted.right.includes('read')) answers.refuse(ch, refusal('room/forbidden'))
        else
          lives.read(room, (life) => {
            if (!answers.isWanted(ch)) return
            const because = life?.banned(session)
            if (!life) answers.refuse(ch, refusal('room/unavailable'))
            else if (because) answers.refuse(ch, because)
            else take(frame, { life, permissions: life.grants(session, granted.right) })
          })
      })
  }
}

const mayNotCreate = 'This user may not create the room.'
const mayNotAdmit = 'This user may not keep seats in the room.'
const mayNotModerate = 'This user may not moderate the room.'
