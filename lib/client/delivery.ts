import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import {
  type Earlier,
  type Entry,
  entry as entryOf,
  executed,
  type OutgoingMessage,
  type Receipt,
} from '../outbox/entry.js'
import { idReused } from '../outbox/error.js'
import type { Posted } from '../outbox/journal.js'
import type { Outbox } from '../outbox/model.js'
import { checksum } from '../store/checksum.js'

/** A call that waits for a receipt; receives the result. */
export type Waiter = (result: Result<Receipt>) => void

/** A message in flight, and the calls that wait for its receipt. */
export interface Delivery {
  readonly draft: Draft
  readonly entry: Entry
  waiters: readonly Waiter[]
}

/** The messages of a client by room and id. Call in a turn. */
export interface Deliveries {
  /**
   * Queues a message, or joins the waiting, answered or requeued message of the same room and id. Returns the waiting
   * message, if there is one.
   */
  readonly give: (draft: Draft, waiter: Waiter) => Delivery | undefined
  /** Ends one call's wait; the last one withdraws a message that was never written. Returns if the message may be executed. */
  readonly abandon: (delivery: Delivery, waiter: Waiter) => 'no' | 'unknown'
  /** Goes on with a message that an earlier run of this client posted. */
  readonly adopt: (posted: Posted, waiter: Waiter) => void
  /** Forgets the answered messages, since another user must not get their receipts. */
  readonly forget: () => void
}

/** A message as the caller gave it: its payload, or the error that makes it unsendable. */
export interface Draft extends Omit<OutgoingMessage, 'text'> {
  readonly text: Either<WebSocketError, string>
  readonly withinMs: number | undefined
  /** The caller gave the id. */
  readonly isNamed: boolean
}

export interface DeliveryNeeds {
  readonly outbox: Outbox
  /** The number of answered messages to remember. */
  readonly remembered: number
  /** The error of a closed client. */
  readonly over: () => WebSocketError | undefined
  /** Answers calls in the publishing phase. */
  readonly publish: (task: () => void) => void
  readonly queued: () => void
  readonly settled: (result: Result<Receipt>) => void
}

/** An answered message: enough to answer it again, or to requeue it in its place. */
interface Answered {
  readonly result: Result<Receipt>
  readonly earlier: Earlier
  readonly print: string
}

/** A line break separates the two: ids hold no control characters. */
const keyOf = ({ id, room }: Pick<OutgoingMessage, 'id' | 'room'>): string => `${id}\n${room}`

const printOf = (event: string, text: string): string => `${event}\n${checksum(text)}`

export const deliveries = (needs: DeliveryNeeds): Deliveries => {
  const waiting = new Map<string, Delivery>()
  /** Oldest first. */
  const answered = new Map<string, Answered>()

  const answer = (waiters: readonly Waiter[], result: Result<Receipt>): void => {
    needs.publish(() => { for (const waiter of waiters) waiter(result) })
  }
  const refuse = (waiter: Waiter, because: WebSocketError): Delivery | undefined => {
    const result = E.left(because)
    needs.settled(result)
    answer([waiter], result)
    return undefined
  }
  const remember = (key: string, result: Result<Receipt>, entry: Entry, print: string): void => {
    const { seq, order, since, attempts, writtenAt, writtenOn, lanes } = entry
    answered.set(key, { result, earlier: { seq, order, since, attempts, writtenAt, writtenOn, lanes }, print })
    if (answered.size <= needs.remembered) return
    for (const [oldest] of answered) {
      answered.delete(oldest)
      return
    }
  }
  const leave = (key: string, delivery: Delivery): void => {
    if (waiting.get(key) === delivery) waiting.delete(key)
  }
  const begin = (draft: Draft, text: string, waiter: Waiter, earlier?: Earlier): Delivery => {
    const key = keyOf(draft)
    const entry = entryOf(draft, text, (result) => {
      const { waiters } = delivery
      delivery.waiters = []
      leave(key, delivery)
      if (!needs.over() && (draft.isNamed || E.isLeft(result)))
        remember(key, result, entry, printOf(draft.event, text))
      needs.settled(result)
      answer(waiters, result)
    }, earlier)
    const delivery: Delivery = { draft, entry, waiters: [waiter] }
    waiting.set(key, delivery)
    return delivery
  }

  return {
    give: (draft, waiter) => {
      const over = needs.over()
      if (over) return refuse(waiter, over)
      const { text, event, isNamed, withinMs } = draft
      if (E.isLeft(text)) return refuse(waiter, text.left)
      const key = keyOf(draft)
      const present = isNamed ? waiting.get(key) : undefined
      if (present) {
        if (present.draft.event !== event || present.entry.text !== text.right) return refuse(waiter, idReused(draft))
        // Most messages have one waiter: a growable list would cost memory for every message.
        present.waiters = [...present.waiters, waiter]
        return present
      }
      const before = isNamed ? answered.get(key) : undefined
      if (before && before.print !== printOf(event, text.right)) return refuse(waiter, idReused(draft))
      if (before && E.isRight(before.result)) {
        answer([waiter], before.result)
        return undefined
      }
      answered.delete(key)
      const delivery = begin(draft, text.right, waiter, before?.earlier)
      needs.queued()
      needs.outbox.put(delivery.entry, withinMs)
      return delivery
    },
    abandon: (delivery, waiter) => {
      const { entry, draft } = delivery
      delivery.waiters = delivery.waiters.filter((each) => each !== waiter)
      if (delivery.waiters.length > 0) return 'unknown'
      if (!needs.outbox.withdraw(entry)) return executed(entry)
      leave(keyOf(draft), delivery)
      return 'no'
    },
    adopt: (posted, waiter) => {
      const { id, room, event, text, bytes } = posted
      const draft: Draft = { id, room, event, text: E.right(text), bytes, withinMs: undefined, isPosted: true, isNamed: false }
      needs.outbox.adopt(begin(draft, text, waiter).entry, posted)
    },
    forget: () => { answered.clear() },
  }
} // prettier-ignore
