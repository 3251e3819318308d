import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import { type Entry, entry as entryOf, type Letter, type Receipt } from '../outbox/entry.js'
import type { Posted } from '../outbox/journal.js'
import type { Outbox } from '../outbox/model.js'

/** Somebody who waits for a receipt. */
export type Waiter = (result: Result<Receipt>) => void

/** One message from its call on: idle, pending or settled, under one id whatever happens. */
export interface Delivery {
  readonly draft: Draft
  waiters: readonly Waiter[]
  stage: Stage
}

/** What can be done with deliveries: made once, as there is one delivery a message. To be called in a turn. */
export interface Deliveries {
  /** Tells the result, or queues the message and tells it later. A settled `Left` is queued again. */
  readonly await: (delivery: Delivery, waiter: Waiter) => void
  /** Gives up waiting; with the last one a message that was never written is withdrawn. */
  readonly abandon: (delivery: Delivery, waiter: Waiter) => void
  /** Goes on with what an earlier life of this client has posted. */
  readonly adopt: (delivery: Delivery, waiter: Waiter, posted: Posted) => void
}

type Stage =
  | { readonly _tag: 'Idle' }
  | { readonly _tag: 'Pending'; readonly entry: Entry }
  | { readonly _tag: 'Settled'; readonly entry: Entry; readonly result: Result<Receipt> }

/** A message as it was given: why it is none, or its payload. */
export interface Draft extends Omit<Letter, 'text'> {
  readonly text: Either<WebSocketError, string>
  readonly withinMs: number | undefined
}

export interface DeliveryNeeds {
  readonly outbox: Outbox
  /** Why nothing is sent any more. */
  readonly over: () => WebSocketError | undefined
  /** Tells waiters in the publishing phase. */
  readonly publish: (task: () => void) => void
  readonly queued: () => void
  readonly settled: (result: Result<Receipt>) => void
}

const idle: Stage = { _tag: 'Idle' }

const nobody: readonly Waiter[] = []

export const delivery = (draft: Draft): Delivery => ({ draft, waiters: nobody, stage: idle })

/** Most deliveries have one waiter: a list that grows would take place for many. */
const expect = (delivery: Delivery, waiter: Waiter): void => {
  delivery.waiters = [...delivery.waiters, waiter]
}

export const deliveries = (needs: DeliveryNeeds): Deliveries => {
  const tell = (delivery: Delivery, result: Result<Receipt>): void => {
    const told = delivery.waiters
    delivery.waiters = nobody
    needs.settled(result)
    needs.publish(() => { for (const waiter of told) waiter(result) })
  }
  const begin = (delivery: Delivery, payload: string): Entry => {
    const { draft, stage } = delivery
    const earlier = stage._tag === 'Settled' ? stage.entry : undefined
    const entry = entryOf(draft, payload, (result) => {
      delivery.stage = { _tag: 'Settled', entry, result }
      tell(delivery, result)
    }, earlier)
    delivery.stage = { _tag: 'Pending', entry }
    return entry
  }
  const queue = (delivery: Delivery): void => {
    const { text, withinMs } = delivery.draft
    const over = needs.over()
    if (over) tell(delivery, E.left(over))
    else if (E.isLeft(text)) tell(delivery, text)
    else {
      const entry = begin(delivery, text.right)
      needs.queued()
      needs.outbox.put(entry, withinMs)
    }
  }

  return {
    await: (delivery, waiter) => {
      const { stage } = delivery
      if (stage._tag === 'Settled' && E.isRight(stage.result)) {
        const { result } = stage
        needs.publish(() => { waiter(result) })
        return
      }
      expect(delivery, waiter)
      if (stage._tag !== 'Pending') queue(delivery)
    },
    abandon: (delivery, waiter) => {
      const { waiters, stage } = delivery
      if (!waiters.includes(waiter)) return
      delivery.waiters = waiters.filter((each) => each !== waiter)
      if (delivery.waiters.length > 0 || stage._tag !== 'Pending') return
      if (needs.outbox.withdraw(stage.entry)) delivery.stage = idle
    },
    adopt: (delivery, waiter, posted) => {
      expect(delivery, waiter)
      needs.outbox.adopt(begin(delivery, posted.text), posted)
    },
  }
} // prettier-ignore
