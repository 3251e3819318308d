import { AsyncSubject, Subject } from 'rxjs'
import * as E from '#fp/Either'
import type { Encoder } from '../contract/mismatch.js'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { stream, Stream } from '../core/stream.js'
import type { Receipt } from '../outbox/entry.js'
import type { Posted } from '../outbox/journal.js'
import { json } from '../protocol/json.js'
import { deliveries, delivery, type Draft, type Waiter } from './delivery.js'
import { payloadText } from './payload-text.js'
import { blame, type Wired } from './wire.js'

/** A message that was not delivered and has no caller who would be told. */
export interface Undelivered {
  readonly room: string
  readonly event: string
  readonly id: string
  readonly error: WebSocketError
}

/** Where a message goes and how it is made ready. */
export interface Address {
  readonly room: string
  readonly event: string
  readonly encode: Encoder
  readonly withinMs?: number | undefined
  /** Why it cannot be sent at all. */
  readonly misfit?: WebSocketError | undefined
}

/** A message on its way: a stream of its one result that knows the message's id from the call on. */
export type Outgoing = ResultStream<Receipt> & {
  /** The same as in `client.outbox$`, in the receipt, and in the message when it comes back. */
  readonly id: string
}

/** The two ways to send. */
export interface Sending {
  /** Cold: sent when it is subscribed to; whoever else subscribes shares the result. */
  readonly send: (to: Address, value: unknown) => Outgoing
  /** Eager: sent now, whoever listens; what fails is told by `undelivered$` too. */
  readonly post: (to: Address, value: unknown) => Outgoing
  /** Goes on with what an earlier life of this client has posted and a journal has kept. To be called in a turn. */
  readonly adopt: (posted: Posted) => void
  readonly undelivered: Subject<Undelivered>
}

/** What an envelope adds to its payload, ids and names apart. */
const envelopeBytes = 96

export const sending = (wired: Wired): Sending => {
  const { config, turns, outbox, counters } = wired
  const { overflow } = config.outbox
  const undelivered = new Subject<Undelivered>()
  let over: WebSocketError | undefined
  wired.onClosed((because) => {
    over = because
    turns.publish(() => { undelivered.complete() })
  })

  const draft = ({ room, event, encode, withinMs, misfit }: Address, value: unknown, id: string, isPosted: boolean): Draft => {
    const text = misfit ? E.left(misfit) : payloadText(room, event, value, encode)
    const bytes = E.isLeft(text) ? 0 : json.size(text.right) + json.size(room) + json.size(event) + id.length + envelopeBytes
    const key = typeof overflow === 'string' ? undefined : overflow.key({ room, event, data: value })
    return { id, room, event, text, bytes, withinMs, isPosted, key }
  }
  const report = blame(wired)
  const deliver = deliveries({
    outbox,
    over: () => over,
    publish: turns.publish,
    queued: () => { counters.sent++ },
    settled: (result) => { counters[E.isRight(result) ? 'acknowledged' : 'undelivered']++ },
  })
  const tellFailure = ({ room, event, id }: Pick<Posted, 'room' | 'event' | 'id'>, result: Result<Receipt>): void => {
    if (E.isLeft(result)) undelivered.next({ room, event, id, error: result.left })
  }

  return {
    undelivered,
    send: (to, value) => {
      const id = config.ids()
      const sent = delivery(draft(to, value, id, false))
      const result$ = new Stream<Result<Receipt>>(report, (subscriber) => {
        let isTold = false
        const waiter: Waiter = (result) => {
          isTold = true
          subscriber.next(result)
          subscriber.complete()
        }
        turns.command(() => { if (!subscriber.closed) deliver.await(sent, waiter) })
        return () => { if (!isTold) turns.command(() => { deliver.abandon(sent, waiter) }) }
      })
      return Object.assign(result$, { id })
    },
    post: (to, value) => {
      const id = config.ids()
      const result$ = new AsyncSubject<Result<Receipt>>()
      const posted = delivery(draft(to, value, id, true))
      turns.command(() => {
        deliver.await(posted, (result) => {
          tellFailure({ ...to, id }, result)
          result$.next(result)
          result$.complete()
        })
      })
      return Object.assign(stream(report, result$), { id })
    },
    adopt: (posted) => {
      const { id, room, event, text, bytes } = posted
      const given = delivery({ id, room, event, text: E.right(text), bytes, withinMs: undefined, isPosted: true })
      deliver.adopt(given, (result) => { tellFailure(posted, result) }, posted)
    },
  }
} // prettier-ignore
