import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import { contents } from './contents.js'
import { closed, full, idReused } from './error.js'
import { executed, isSpare, type Lane, type Message, type OutgoingMessage, type Past, type Waiter } from './message.js'
import type { Outbox, OutboxConfig, OutboxNeeds } from './model.js'
import { printOf } from './registry.js'
import { sender as senderOf } from './sender.js'
import type { Totals } from './totals.js'

const noPast: Past = { seq: 0, order: 0, since: 0, attempts: 0, written: undefined }

const nothing: readonly Message[] = []

export const outbox = (needs: OutboxNeeds): Outbox => {
  const { config } = needs
  const strategy = config.overflow === 'reject' ? undefined : config.overflow
  const held = contents(needs)
  const { lanes, totals, known } = held
  const sender = senderOf(needs, held)
  let lastSeq = 0

  const refuse = (waiter: Waiter, because: WebSocketError): void => {
    totals.fates.undelivered++
    totals.lost?.(because)
    held.tell([waiter], E.left(because))
  }
  const fits = fitting(config, totals)
  /** Returns the messages to give up for a new one; `undefined` if there is no place. */
  const placeFor = ({ bytes, key }: OutgoingMessage, isSpare: boolean, lane: Lane): readonly Message[] | undefined => {
    if (strategy)
      return strategy.giveUp({ key, isSpare, lane, fits: (without) => fits(bytes, without), held: held.held })
    return fits(bytes, nothing) ? nothing : undefined
  }
  /** Refuses a message without a place. A later call may send it again. */
  const reject = (given: OutgoingMessage, waiter: Waiter, past: Past): void => {
    const because = full(
      given,
      past,
      totals.entries < config.entries
        ? `it holds ${totals.bytes} of ${config.bytes} bytes`
        : `it holds ${config.entries} messages`,
    )
    totals.fates.rejected++
    known.remember(given, past, E.left(because))
    refuse(waiter, because)
  }
  const queue = (given: OutgoingMessage, waiter: Waiter, withinMs: number, past: Past): Message | undefined => {
    const { attempts, written } = past
    const lane = lanes.of(given.room, needs.producer)
    const superseded = placeFor(given, written === undefined, lane)
    totals.fates.sent++
    if (!superseded) {
      lanes.drop(lane)
      reject(given, waiter, past)
      return undefined
    }
    const from = needs.deadlines.now()
    const seq = written ? past.seq : ++lastSeq
    const order = written ? past.order : seq
    const since = attempts > 0 ? past.since : from
    const message = held.hold(given, { lane, withinMs, from, seq, order, since, attempts, written }, waiter)
    if (strategy)
      for (const each of superseded) {
        totals.fates[strategy.fate]++
        held.settle(each, E.left(strategy.because(each)))
      }
    sender.queued(message)
    return message
  }

  return {
    config,
    totals,
    held: held.held,
    hold: (given, of, place, waiter) => {
      const message = held.hold(given, { ...place, lane: lanes.of(given.room, of) }, waiter)
      sender.queued(message)
      return message
    },
    sender,
    put: (given, waiter, withinMs = config.ageMs) => {
      const message = given.isNamed ? known.held(given) : undefined
      const past = given.isNamed ? known.answered(given) : undefined
      if (message?.event === given.event && message.text === given.text) {
        // Most messages have one waiter: a growable list would cost memory for every message.
        message.waiters = [...message.waiters, waiter]
        return message
      }
      if (message || (past && past.print !== printOf(given))) refuse(waiter, idReused(given))
      else if (past && E.isRight(past.result)) held.tell([waiter], past.result)
      else return queue(given, waiter, withinMs, past ?? noPast)
      return undefined
    },
    abandon: (message, waiter, because) => {
      if (message.state._tag === 'Settled') return because(executed(message))
      message.waiters = message.waiters.filter((each) => each !== waiter)
      if (message.waiters.length > 0) return because('unknown')
      if (isSpare(message)) {
        needs.journal?.forget(message)
        held.remove(message)
        totals.fates.withdrawn++
      }
      return because(executed(message))
    },
    withdraw: (message, because) => {
      if (!isSpare(message)) return false
      totals.fates.withdrawn++
      held.settle(message, E.left(because))
      return true
    },
    close: () => {
      held.settleAll(closed)
      sender.close()
    },
  }
}

/** True if a message of so many bytes has a place without these messages. */
const fitting =
  (config: OutboxConfig, totals: Totals) =>
  (bytes: number, without: readonly Message[]): boolean =>
    totals.entries - without.length < config.entries &&
    totals.bytes + bytes - without.reduce((sum, each) => sum + each.bytes, 0) <= config.bytes
