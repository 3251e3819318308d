import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { ANSWERS, type Kept, type Put, type PutOk, type Refusal, type Sender } from '../../protocol/frame.js'
import { unescaped } from '../../protocol/payload.js'
import { isLonger } from '../../protocol/utf8.js'
import { isReserved } from '../../protocol/reserved.js'
import { mayPublish } from '../life/gate.js'
import { isOrder, type OrderAnswers, sessionOrders } from '../life/session-orders.js'
import { decide, type Refused } from '../ask-hook.js'
import { refusal } from '../refusal.js'
import { refuseChannel } from '../refuse-frame.js'
import type { Member } from '../room.js'
import type { SessionRecord } from '../session-record.js'
import { rowFrame } from './kinds.js'
import { wrongTerm } from './leader-row.js'
import type { MembershipEnd } from './member-row.js'
import { membershipPuts } from './membership-puts.js'
import type { Cause, Write, WriteOutcome } from './model.js'
import type { NodeTables } from './node-tables.js'
import { type SessionAnswers, sessionAnswers } from '../asks/session-answers.js'
import { sessionCandidacies } from './session-candidacies.js'
import { sessionMembers } from './session-members.js'

/** The writes of one session to tables, and the rows of its memberships. */
export interface SessionPuts extends Pick<SessionAnswers, 'reply'> {
  /** Takes a write. `memberOf` returns the membership of a room, if there is one. */
  readonly put: (frame: Put, memberOf: (room: string) => Member | undefined) => void
  /** The permission to publish of a membership is given or taken. */
  readonly granted: (ch: number, mayPublish: boolean) => void
  /** Ends the row of a membership, and cancels the answer to a write. `grace`: the client may come back. */
  readonly leave: (ch: number, cause: Cause) => void
  /** Returns the number of unanswered writes. */
  readonly unanswered: () => number
  readonly close: (how: MembershipEnd) => void
}

/** The most bytes of a shared value, so that every page fits into what every client takes. */
const valueBytes = 4_096

/** The most unanswered writes of a session. */
const mostWrites = 256

/** Returns the write of a value of the shared state, as JSON text. */
const rowOf = ({ key, value, ifNew, ifVersion, term }: Put, text: string, from: Sender): Write => {
  const conditions = {
    ...(ifVersion !== undefined && { ifVersion }),
    ...(term !== undefined && { ifTerm: term, from }),
  }
  return value === undefined
    ? { _tag: 'Drop', key, cause: 'dropped', ...conditions }
    : { _tag: 'Put', key, value: text, ...(ifNew && { ifNew }), ...conditions }
}

/** Asks the application about a value, if it decides on them. `then` gets its refusal, if any. */
const decided = (
  { shared: { context }, user, session, meter }: SessionRecord,
  { room, key, value }: Put,
  then: (refused: Refusal | undefined) => void,
): void => {
  const { set } = context.settings.hooks
  if (!set) {
    then(undefined)
    return
  }
  const said = { room, user, session, key, ...(value !== undefined && { value: unescaped(value) }) }
  const answered = (answer: Either<string, Refused | undefined>): void => {
    if (E.isLeft(answer)) then(refusal('room/unavailable'))
    else then(answer.right && refusal('room/refused', answer.right))
  }
  decide(context, 'set', set, said, answered, meter)
}

const putOk = (ch: number, version: number, value?: string): PutOk =>
  value === undefined ? { t: 'put.ok', ch, version } : { t: 'put.ok', ch, version, value }

/** Returns the answer to a write with this outcome; `undefined`: the engine has not answered. */
const answerOf = (ch: number, outcome: WriteOutcome | undefined): Either<Refusal, PutOk | Kept> => {
  switch (outcome?._tag) {
    case 'Written':
      return E.right(putOk(ch, outcome.version))
    case 'Kept':
      return E.right({ t: 'kept', ch, ...(outcome.row && { row: rowFrame(outcome.row) }) })
    case 'Fenced':
      return E.left(wrongTerm(outcome.term))
    case 'Full':
      return E.left(refusal('room/table-full'))
    case undefined:
      return E.left(refusal('room/unanswered'))
  }
}

/** Makes the orders of a session at the first one. */
const ordersOf = (session: SessionRecord, answers: OrderAnswers): ((frame: Put) => void) => {
  let orders: ((frame: Put) => void) | undefined
  return (frame) => {
    const { lives } = session.shared
    orders ??= lives && sessionOrders(session, lives, answers)
    orders?.(frame)
  }
}

export const sessionPuts = (session: SessionRecord, node: NodeTables): SessionPuts => {
  const { meter, codec, writer, generation } = session
  const { context } = session.shared
  const announced = sessionMembers(node.presence, generation)
  const candidacies = sessionCandidacies(node.leaders, generation)
  const answering = sessionAnswers(session, node.asks)
  const unanswered = new Set<number>()

  const refuse = (ch: number, because: Refusal): void => {
    unanswered.delete(ch)
    refuseChannel(session, ch, because)
  }
  const order = ordersOf(session, {
    isWanted: (ch) => unanswered.has(ch) && !session.connection.isFenced,
    written: (ch, version, value) => {
      if (unanswered.delete(ch)) writer.control(putOk(ch, version, value))
    },
    refuse,
  })
  const settle = (ch: number, outcome: WriteOutcome | undefined): void => {
    const said = answerOf(ch, outcome)
    if (E.isLeft(said)) refuse(ch, said.left)
    else writer.control(said.right)
  }
  const accept = (ch: number): void => {
    if (unanswered.delete(ch)) writer.control(putOk(ch, 0))
  }
  const write = (ch: number, room: string, row: Write): void => {
    context.engine(
      () => node.tables.write({ of: 'shared', room }, [row]),
      (result) => {
        if (E.isLeft(result)) context.fault({ where: 'engine', message: result.left, room })
        if (unanswered.delete(ch)) settle(ch, E.isLeft(result) ? undefined : result.right[0])
      },
      meter,
    )
  }
  const asPublisher = ({ ch, room }: Put, then: () => void): void => {
    mayPublish(session, room, (because) => {
      if (!unanswered.has(ch) || session.connection.isFenced) return
      if (because) refuse(ch, because)
      else then()
    })
  }
  /** Writes a value of the shared state, which needs the permission to publish. */
  const share = (frame: Put): void => {
    const { ch, room, value } = frame
    const retryAfterMs = meter.user().take('publishes')
    const text = value === undefined ? '' : codec.stored(value)
    if (retryAfterMs > 0) refuse(ch, refusal('delivery/rate', { retryAfterMs }))
    else if (isLonger(text, valueBytes)) refuse(ch, refusal('room/value-too-large'))
    else
      asPublisher(frame, () => {
        decided(session, frame, (refused) => {
          if (!unanswered.has(ch) || session.connection.isFenced) return
          // The user may have been banned or muted meanwhile.
          const because = refused ?? session.shared.lives?.last(room)?.silenced(session)
          if (because) refuse(ch, because)
          else write(ch, room, rowOf(frame, text, [session.user, session.session]))
        })
      })
  }
  const puts = membershipPuts({
    session,
    announced,
    candidacies,
    answering,
    answers: {
      refuse,
      accept,
      written: (ch, how) => {
        if (unanswered.delete(ch)) settle(ch, how === 'full' ? { _tag: 'Full' } : { _tag: 'Written', version: 0 })
      },
    },
    asPublisher,
  })
  return {
    put: (frame, memberOf) => {
      const { ch, of } = frame
      if (unanswered.size >= mostWrites) {
        refuse(ch, refusal('room/busy'))
        return
      }
      unanswered.add(ch)
      if (isOrder(of)) order(frame)
      else if (of === ANSWERS) puts.answer(frame, memberOf)
      else if (isReserved(frame.room)) refuse(ch, refusal('room/forbidden'))
      else if (of === 'shared') share(frame)
      else if (of === 'members') puts.present(frame, memberOf(frame.room))
      else if (of === 'leader') puts.stand(frame, memberOf)
      else refuse(ch, refusal('delivery/forbidden'))
    },
    granted: (ch, mayPublish) => {
      candidacies.granted(ch, mayPublish)
      answering.granted(ch, mayPublish)
    },
    reply: answering.reply,
    leave: (ch, cause) => {
      announced.leave(ch, cause)
      candidacies.leave(ch, cause)
      answering.leave(ch, cause)
      unanswered.delete(ch)
    },
    unanswered: () => unanswered.size,
    close: (how) => {
      announced.close(how)
      candidacies.close(how)
      answering.close()
      unanswered.clear()
    },
  }
}
