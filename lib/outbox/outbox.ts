import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import { admission } from './admission.js'
import { contents } from './contents.js'
import { closed, full, idReused } from './error.js'
import { executed, isSpare, type Message, type OutgoingMessage, type Waiter } from './message.js'
import type { Outbox, OutboxNeeds } from './model.js'
import { printOf } from './registry.js'
import { sender as senderOf } from './sender.js'

/** The fields that a message keeps when it is settled and queued again. */
type Past = Pick<Message, 'seq' | 'order' | 'since' | 'attempts' | 'written'>

const noPast: Past = { seq: 0, order: 0, since: 0, attempts: 0, written: undefined }

export const outbox = (needs: OutboxNeeds): Outbox => {
  const { config, producer } = needs
  const { overflow } = config
  const held = contents(needs)
  const { lanes, totals, known } = held
  const places = admission(config, held)
  const sender = senderOf(needs, held)
  let lastSeq = 0
  let adoptions = Number.MIN_SAFE_INTEGER

  const refuse = (waiter: Waiter, because: WebSocketError): void => {
    totals.fates.undelivered++
    held.answer(waiter, E.left(because))
  }
  /** Refuses a message without a place. A later call may send it again. */
  const reject = (given: OutgoingMessage, waiter: Waiter, past: Past): void => {
    const message = messageOf(given, past)
    const because = full(message, places.bound())
    const result = E.left(because)
    totals.fates.rejected++
    known.settle({ ...message, state: { _tag: 'Settled', result, print: undefined } }, given.text, result)
    refuse(waiter, because)
  }
  const queue = (given: OutgoingMessage, waiter: Waiter, past: Past, withinMs: number): Message | undefined => {
    totals.fates.sent++
    const lane = lanes.of(given.room, producer)
    const yielding = places.placeFor(given, past.written === undefined, lane)
    if (!yielding) {
      lanes.drop(lane)
      reject(given, waiter, past)
      return undefined
    }
    const from = needs.now()
    const seq = past.written ? past.seq : ++lastSeq
    const order = past.written ? past.order : seq
    const since = past.attempts > 0 ? past.since : from
    const { attempts, written } = past
    const waiting = held.queue(messageOf(given, { seq, order, since, attempts, written }), {
      text: given.text,
      lane,
      withinMs,
      from,
      kept: undefined,
      waiter,
    })
    if (overflow !== 'reject')
      for (const each of yielding) {
        totals.fates[overflow.fate]++
        held.settle(each, E.left(overflow.because(each.message)))
      }
    sender.queued(waiting)
    return waiting.message
  }

  return {
    totals,
    held: held.held,
    isHalfEmpty: () => totals.entries <= config.entries / 2 && totals.bytes <= config.bytes / 2,
    sender,
    put: (given, waiter, withinMs = config.ageMs) => {
      const found = given.isNamed ? known.find(given) : undefined
      if (!found) return queue(given, waiter, noPast, withinMs)
      const { state } = found
      const isSame =
        state._tag === 'Settled'
          ? state.print === printOf(given.event, given.text)
          : found.event === given.event && state.text === given.text
      if (!isSame) {
        refuse(waiter, idReused(given))
        return undefined
      }
      if (state._tag !== 'Settled') {
        // Most messages have one waiter: a growable list would cost memory for every message.
        state.waiters = [...state.waiters, waiter]
        return found
      }
      if (E.isLeft(state.result)) return queue(given, waiter, found, withinMs)
      held.answer(waiter, state.result)
      return undefined
    },
    adopt: (posted, waiter) => {
      const { room, text, seq, since, writtenAt, lanes: told } = posted
      const on = needs.wall() - (needs.now() - (writtenAt ?? 0))
      const written = writtenAt === undefined ? undefined : { at: writtenAt, on, lanes: told }
      const waiting = held.queue(
        messageOf({ ...posted, isNamed: false }, { seq, order: adoptions++, since, attempts: 0, written }),
        {
          text,
          lane: lanes.of(room, posted.producer),
          withinMs: config.ageMs,
          from: since,
          kept: held.journal.adopted(posted),
          waiter,
        },
      )
      sender.queued(waiting)
      return waiting.message
    },
    abandon: (message, waiter, because) => {
      const { state } = message
      if (state._tag === 'Settled') return because(executed(message))
      state.waiters = state.waiters.filter((each) => each !== waiter)
      if (state.waiters.length > 0) return because('unknown')
      const error = because(executed(message))
      if (isSpare(state)) held.withdraw(state, E.left(error))
      return error
    },
    withdraw: ({ state }, because) => {
      if (state._tag === 'Settled' || !isSpare(state)) return false
      totals.fates.withdrawn++
      held.settle(state, E.left(because))
      return true
    },
    whenEmpty: held.whenEmpty,
    close: () => {
      held.settleAll(closed)
      sender.close()
    },
  }
}

const messageOf = (
  { id, room, event, bytes, isPosted, isNamed, key }: Omit<OutgoingMessage, 'text'>,
  { seq, order, since, attempts, written }: Past,
): Omit<Message, 'state'> => ({
  id,
  room,
  event,
  bytes,
  isPosted,
  isNamed,
  key,
  seq,
  order,
  since,
  attempts,
  written,
})
