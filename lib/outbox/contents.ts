import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import { answers } from './answers.js'
import { type OutboxCounters, outboxCounters } from './counters.js'
import { expired } from './error.js'
import { expiry } from './expiry.js'
import { type MessagesInFlight, messagesInFlight } from './in-flight.js'
import { dequeue, enqueue } from './lane.js'
import { type Lanes, lanes as lanesOf } from './lanes.js'
import type { Held, Kept, Lane, Message, Receipt, Settled, Waiter, Waiting } from './message.js'
import type { OutboxNeeds } from './model.js'
import { type PoisonDetector, poisonDetector } from './poison-detector.js'
import { type Registry, registry } from './registry.js'
import { type PersistenceTracker, untracked } from './tracker.js'

/** A message to queue, with the parts that only a waiting message has. */
export interface Queued {
  readonly text: string
  readonly lane: Lane
  readonly withinMs: number
  /** The start of the age limit, on the scheduler's clock. */
  readonly from: number
  readonly kept: Kept | undefined
  readonly waiter: Waiter
}

/** The messages that an outbox holds, from their place in a lane to their result. */
export interface Contents {
  readonly lanes: Lanes
  readonly inFlight: MessagesInFlight
  readonly journal: PersistenceTracker
  readonly poison: PoisonDetector
  readonly known: Registry
  readonly totals: OutboxCounters
  readonly held: () => readonly Held[]
  /** Puts a message in its lane. */
  readonly queue: (given: Omit<Message, 'state'>, queued: Queued) => Waiting
  /** Removes a message, also from the journal, and answers its calls. */
  readonly settle: (held: Held, result: Result<Receipt>) => void
  /** Removes a message without an answer: its last call gave it up. */
  readonly withdraw: (held: Held, result: Result<Receipt>) => void
  /** A close and a change of user take all messages from the outbox, but not from the journal. */
  readonly settleAll: (because: (held: Held) => WebSocketError) => void
  /** Answers a call whose message the outbox does not hold. */
  readonly answer: (waiter: Waiter, result: Result<Receipt>) => void
  readonly whenEmpty: (then: () => void) => void
}

export const contents = (needs: OutboxNeeds): Contents => {
  const lanes = lanesOf(needs.producer, needs.now)
  const inFlight = messagesInFlight()
  const poison = poisonDetector()
  const totals = outboxCounters()
  const known = registry(needs.remembered)
  const tell = answers(needs.publish)
  const journal =
    needs.track?.({
      now: needs.now,
      turn: (task) => {
        needs.turn(() => {
          task()
          totals.version++
        })
      },
    }) ?? untracked
  let emptied: (() => void) | undefined

  const ages = expiry({
    deadlines: needs.deadlines,
    now: needs.now,
    due: (message) => {
      needs.turn(() => {
        const { state } = message
        if (state._tag !== 'Settled') settle(state, E.left(expired(message, state.withinMs)))
      })
    },
  })
  const remove = (held: Held): void => {
    if (held._tag === 'Waiting') dequeue(held)
    else inFlight.remove(held)
    if (poison.size() > 0) poison.clear(held.message)
    ages.remove(held.due)
    totals.remove(held.message.bytes)
    lanes.drop(held.lane)
  }
  const answer = (held: Held, result: Result<Receipt>): void => {
    remove(held)
    known.settle(held.message, held.text, result)
    totals.fates[E.isRight(result) ? 'acknowledged' : 'undelivered']++
    tell(held.waiters, result)
  }
  const tellIfEmpty = (): void => {
    if (!emptied || totals.entries > 0) return
    const then = emptied
    emptied = undefined
    then()
  }
  const settle = (held: Held, result: Result<Receipt>): void => {
    journal.forget(held)
    answer(held, result)
    tellIfEmpty()
  }
  const held = (): readonly Held[] => [...lanes.all()].flatMap((lane) => [...lane.inFlight, ...lane.waiting])

  return {
    lanes,
    inFlight,
    journal,
    poison,
    known,
    totals,
    held,
    queue: (given, { text, lane, withinMs, from, kept, waiter }) => {
      // The message and its state refer to each other.
      const message = given as Message
      const due = ages.add(message, from + withinMs)
      const waiting: Waiting = { _tag: 'Waiting', message, text, lane, withinMs, due, kept, waiters: [waiter] }
      message.state = waiting
      enqueue(waiting)
      known.add(message)
      totals.add(message.bytes)
      return waiting
    },
    settle,
    withdraw: (held, result) => {
      const { message } = held
      journal.forget(held)
      remove(held)
      known.remove(message)
      const settled: Settled = { _tag: 'Settled', result, print: undefined }
      message.state = settled
      totals.fates.withdrawn++
      tellIfEmpty()
    },
    settleAll: (because) => {
      for (const each of held()) answer(each, E.left(because(each)))
      tellIfEmpty()
    },
    answer: (waiter, result) => {
      tell([waiter], result)
    },
    whenEmpty: (then) => {
      emptied = then
      tellIfEmpty()
    },
  }
}
