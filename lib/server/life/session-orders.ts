import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { isName } from '../../protocol/field.js'
import { bounds, type Permission, type Put, type Refusal } from '../../protocol/frame.js'
import { CLOSING, INFO, ROOM, SEATS } from '../../protocol/room-info.js'
import { unescaped } from '../../protocol/payload.js'
import { isReserved } from '../permissions.js'
import { refusal, type RefusalCode } from '../refusal.js'
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

/** Creates the orders of one session: creation, change and end of rooms, removal and muting of users. One at a time. */
export const sessionOrders = (session: SessionRecord, lives: Lives, answers: OrderAnswers): ((frame: Put) => void) => {
  const { shared, permissions, meter, user } = session
  const { context } = shared
  const give = lives.orders
  const by = { user, session: session.session }
  const waiting: Put[] = []
  let isBusy = false

  const create = (frame: Put, { life, permissions: granted }: Standing, then: Ordered): void => {
    const { room } = frame
    const what = createOrder(unescaped(frame.value))
    const order = { room, by, payer: meter, mayRenew: granted.includes('moderate') }
    if (!what) then(refused('room/invalid'))
    else if (!granted.includes('publish')) then(refused('room/forbidden', mayNotCreate))
    else if (life.record || order.mayRenew) give.create(order, what, then)
    else
      // A room that nobody has created, but that is in use, is not given to the first who asks for it.
      context.engine(
        () => context.settings.engine.head(room),
        (head) => {
          if (E.isLeft(head)) then(refused('room/unavailable'))
          else if (head.right) then(refused('room/exists'))
          else give.create(order, what, then)
        },
        meter,
      )
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
    else if (patch) give.update(order, patch, then)
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
  const take = (frame: Put, standing: Standing, then: Ordered): void => {
    if (frame.of === ROOM && frame.key === INFO && frame.ifNew) create(frame, standing, then)
    else if (frame.of === SEATS) admit(frame, standing, then)
    else if (standing.permissions.includes('moderate')) moderate(frame, then)
    else then(refused('room/forbidden', mayNotModerate))
  }
  const begin = (frame: Put, then: Ordered): void => {
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
        else answers.written(ch, outcome.right)
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

const refused = (code: RefusalCode, message?: string): Either<Refusal, never> =>
  E.left(refusal(code, message === undefined ? {} : { message }))

const mayNotCreate = 'This user may not create the room.'
const mayNotAdmit = 'This user may not keep seats in the room.'
const mayNotModerate = 'This user may not moderate the room.'
