import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import { type Entry, entry as entryOf, type Letter, type Receipt } from '../outbox/entry.js'
import type { Posted } from '../outbox/journal.js'
import type { Outbox } from '../outbox/model.js'

/** Somebody who waits for a receipt. */
export type Waiter = (result: Result<Receipt>) => void

/** One message from its call on: idle, pending or settled, under one id whatever happens. To be called in a turn. */
export interface Delivery {
  /** Tells the result, or queues the message and tells it later. A settled `Left` is queued again. */
  readonly await: (waiter: Waiter) => void
  /** Gives up waiting; with the last one a message that was never written is withdrawn. */
  readonly abandon: (waiter: Waiter) => void
  /** Goes on with what an earlier life of this client has posted. */
  readonly adopt: (waiter: Waiter, posted: Posted) => void
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

export const delivery = (draft: Draft, needs: DeliveryNeeds): Delivery => {
  const waiters = new Set<Waiter>()
  let stage: Stage = { _tag: 'Idle' }

  const tell = (result: Result<Receipt>): void => {
    const told = [...waiters]
    waiters.clear()
    needs.settled(result)
    needs.publish(() => { for (const waiter of told) waiter(result) })
  }
  const begin = (payload: string): Entry => {
    const earlier = stage._tag === 'Settled' ? stage.entry : undefined
    const entry = entryOf(draft, payload, (result) => {
      stage = { _tag: 'Settled', entry, result }
      tell(result)
    }, earlier)
    stage = { _tag: 'Pending', entry }
    return entry
  }
  const queue = (): void => {
    const over = needs.over()
    if (over) tell(E.left(over))
    else if (E.isLeft(draft.text)) tell(draft.text)
    else {
      const entry = begin(draft.text.right)
      needs.queued()
      needs.outbox.put(entry, draft.withinMs)
    }
  }

  return {
    await: (waiter) => {
      if (stage._tag === 'Settled' && E.isRight(stage.result)) {
        const { result } = stage
        needs.publish(() => { waiter(result) })
        return
      }
      waiters.add(waiter)
      if (stage._tag !== 'Pending') queue()
    },
    abandon: (waiter) => {
      if (!waiters.delete(waiter) || waiters.size > 0 || stage._tag !== 'Pending') return
      if (needs.outbox.withdraw(stage.entry)) stage = { _tag: 'Idle' }
    },
    adopt: (waiter, posted) => {
      waiters.add(waiter)
      needs.outbox.adopt(begin(posted.text), posted)
    },
  }
} // prettier-ignore
