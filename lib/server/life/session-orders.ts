import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { isName } from '../../protocol/field.js'
import { bounds, type Put, type Refusal } from '../../protocol/frame.js'
import { CLOSING, INFO, INVITES, ROOM, SEATS } from '../../protocol/room-info.js'
import { unescaped } from '../../protocol/payload.js'
import { isReserved } from '../../protocol/reserved.js'
import { decide, type Refused } from '../ask-hook.js'
import { refusal } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { Lives } from './lives.js'
import { type Answered, asOrdered, entryOrders, mayNotModerate, refused, type Standing } from './entry-orders.js'
import { closeOrder, type CreateOrder, createOrder, patchOrder, reserveOrder, sanctionOrder } from './order-fields.js'
import type { Order, Ordered, Orders } from './orders.js'
import type { Hashed } from './record.js'
import type { SanctionKind } from './sanction.js'

/** The answer to an order of a client. */
export interface OrderAnswers {
  /** False after the answer was cancelled, or the session has ended. */
  readonly isWanted: (ch: number) => boolean
  /** `value`: the result of an order that has one. */
  readonly written: (ch: number, version: number, value?: string) => void
  readonly refuse: (ch: number, because: Refusal) => void
}

const sanctions: ReadonlyMap<string, SanctionKind> = new Map([
  ['kicks', 'kick'],
  ['bans', 'ban'],
  ['mutes', 'mute'],
])

/** True for the name of a table to which clients write orders about a room. */
export const isOrder = (of: string): boolean => of === ROOM || of === SEATS || of === INVITES || sanctions.has(of)

/** Creates the orders of one session: creation, change and end of rooms, removal and muting of users. One at a time. */
export const sessionOrders = (session: SessionRecord, lives: Lives, answers: OrderAnswers): ((frame: Put) => void) => {
  const { shared, permissions, meter, user } = session
  const { context } = shared
  const give = lives.orders
  const entry = entryOrders(session, lives)
  const by = { user, session: session.session }
  const waiting: Put[] = []
  let isBusy = false

  const create = (frame: Put, { life, permissions: granted }: Standing, then: Ordered): void => {
    const { room } = frame
    const what = createOrder(unescaped(frame.value))
    const order = { room, by, payer: meter, mayRenew: granted.includes('moderate') }
    if (!what) then(refused('room/invalid'))
    else if (!granted.includes('publish')) then(refused('room/forbidden', mayNotCreate))
    else if (life.record?.id === what.id) give.create(order, withoutPassword(what), then)
    else if (life.record || order.mayRenew) make(order, what, then)
    else
      // A room that nobody has created, but that is in use, is not given to the first who asks for it.
      context.engine(
        () => context.settings.logs.head(room),
        (head) => {
          if (E.isLeft(head)) then(refused('room/unavailable'))
          else if (head.right) then(refused('room/exists'))
          else make(order, what, then)
        },
        meter,
      )
  }
  /** Makes the room once it is counted, the application accepts it, and its password is hashed. */
  const make = (order: Parameters<Orders['create']>[0], what: CreateOrder, then: Ordered): void => {
    counted(session, lives, order.room, what, then, (made) => {
      entry.hashed(order, what, made, (known) => {
        give.create(order, known, made)
      })
    })
  }
  const sanction = (order: Order, kind: SanctionKind, { key, value }: Put, then: Ordered): void => {
    const of = { ...order, kind, user: key }
    const how = sanctionOrder(unescaped(value))
    if (value === undefined) give.pardon(of, then)
    else if (how) give.punish(of, how, then)
    else then(refused('room/invalid'))
  }
  const moderate = (frame: Put, then: Ordered): void => {
    const { room, of, key, value } = frame
    const order: Order = { room, by, payer: meter }
    const kind = sanctions.get(of)
    const given = unescaped(value)
    const [how, patch] = [key === CLOSING && closeOrder(given), key === INFO && patchOrder(given)]
    if (kind) sanction(order, kind, frame, then)
    else if (how) give.close(order, how, then)
    else if (patch)
      entry.hashed(order, patch, then, (known) => {
        give.update(order, known, then)
      })
    else then(refused('room/invalid'))
  }
  /** Keeps a seat for a user, or no longer. */
  const admit = ({ room, key, value }: Put, { permissions: granted }: Standing, then: Ordered): void => {
    const seats = shared.tables?.seats.of(room)
    const how = value === undefined ? {} : reserveOrder(unescaped(value))
    const settle = (outcome: Either<Refusal, readonly string[]>): void => {
      const isFull = E.isRight(outcome) && outcome.right.length === 0 && seats
      then(isFull ? E.left(seats.full()) : E.map(() => 0)(outcome))
    }
    if (!granted.includes('admit')) then(refused('room/forbidden', mayNotAdmit))
    else if (!how || !seats || !isName(key, bounds.userBytes)) then(refused('room/invalid'))
    else if (value === undefined) seats.unreserve([key], settle)
    else seats.reserve([key], how, settle)
  }
  const take = (frame: Put, standing: Standing, then: Answered): void => {
    if (frame.of === INVITES) entry.invite(frame, standing, then)
    else if (frame.of === SEATS) admit(frame, standing, asOrdered(then))
    else if (frame.of === ROOM && frame.key === INFO && frame.ifNew) create(frame, standing, asOrdered(then))
    else if (standing.permissions.includes('moderate')) moderate(frame, asOrdered(then))
    else then(refused('room/forbidden', mayNotModerate))
  }
  const begin = (frame: Put, then: Answered): void => {
    const { ch, room } = frame
    permissions.of(room, (granted) => {
      if (E.isLeft(granted)) then(refused('delivery/unchecked'))
      else if (!granted.right.includes('read')) then(refused('room/forbidden'))
      else
        lives.read(room, (life) => {
          const because = life?.banned(session)
          // A cancelled order, or one of a session that has ended, is not given.
          if (!life || !answers.isWanted(ch)) then(refused('room/unavailable'))
          else if (because) then(E.left(because))
          else take(frame, { life, permissions: life.grants(session, granted.right) }, then)
        })
    })
  }
  const next = (): void => {
    const frame = isBusy ? undefined : waiting.shift()
    if (!frame) return
    const { ch } = frame
    isBusy = true
    begin(frame, (outcome) => {
      isBusy = false
      if (answers.isWanted(ch)) {
        if (E.isLeft(outcome)) answers.refuse(ch, outcome.left)
        else answers.written(ch, outcome.right.version, outcome.right.value)
      }
      next()
    })
  }
  return (frame) => {
    const { ch, room } = frame
    const retryAfterMs = meter.user().take('publishes')
    if (retryAfterMs > 0) answers.refuse(ch, refusal('delivery/rate', { retryAfterMs }))
    else if (isReserved(room)) answers.refuse(ch, refusal('room/forbidden'))
    else {
      waiting.push(frame)
      next()
    }
  }
}

const withoutPassword = ({ password: _password, ...what }: CreateOrder): Hashed<CreateOrder> => what

/** Counts a creation, and asks the application about it. `next` gets a taker of its outcome: a refused one does not count. */
const counted = (
  session: SessionRecord,
  { creations }: Lives,
  room: string,
  what: CreateOrder,
  then: Ordered,
  next: (made: Ordered) => void,
): void => {
  const outcome = creations.add(session.meter.user(), room)
  const made: Ordered = (answer) => {
    if (E.isLeft(answer)) creations.ended(room)
    then(answer)
  }
  if (E.isLeft(outcome)) then(outcome)
  else
    accepted(session, room, what, (because) => {
      if (because) made(E.left(because))
      else next(made)
    })
}

/** Asks the application about a creation. `then` gets the refusal, if any. */
const accepted = (
  record: SessionRecord,
  room: string,
  what: CreateOrder,
  then: (because: Refusal | undefined) => void,
): void => {
  const { shared, user, session, meter } = record
  const { create } = shared.context.settings.hooks
  if (!create) {
    then(undefined)
    return
  }
  const { id: _id, ...properties } = withoutPassword(what)
  const answered = (answer: Either<string, Refused | undefined>): void => {
    if (E.isLeft(answer)) then(refusal('room/unavailable'))
    else then(answer.right && refusal('room/refused', answer.right))
  }
  decide(shared.context, 'create', create, { room, user, session, roles: record.roles(), properties }, answered, meter)
}

const mayNotCreate = 'This user may not create the room.'
const mayNotAdmit = 'This user may not keep seats in the room.'
