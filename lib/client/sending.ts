import { AsyncSubject, Subject } from 'rxjs'
import * as E from '#fp/Either'
import type { Encoder } from '../contract/mismatch.js'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { stream, Stream } from '../core/stream.js'
import type { Receipt } from '../outbox/entry.js'
import { json } from '../protocol/json.js'
import { type Delivery, delivery, type Waiter } from './delivery.js'
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

/** The two ways to send. */
export interface Sending {
  /** Cold: sent when it is subscribed to; whoever else subscribes shares the result. */
  readonly send: (to: Address, value: unknown) => ResultStream<Receipt>
  /** Eager: sent now, whoever listens; what fails is told by `undelivered$` too. */
  readonly post: (to: Address, value: unknown) => ResultStream<Receipt>
  readonly undelivered: Subject<Undelivered>
}

/** What an envelope adds to its payload, ids and names apart. */
const envelopeBytes = 96

export const sending = (wired: Wired): Sending => {
  const { config, turns, outbox, counters } = wired
  const undelivered = new Subject<Undelivered>()
  let over: WebSocketError | undefined
  wired.onClosed((because) => {
    over = because
    turns.publish(() => { undelivered.complete() })
  })

  const letter = ({ room, event, encode, withinMs, misfit }: Address, value: unknown, id: string): Delivery => {
    const text = misfit ? E.left(misfit) : payloadText(room, event, value, encode)
    const bytes = E.isLeft(text) ? 0 : json.size(text.right) + json.size(room) + json.size(event) + id.length + envelopeBytes
    return delivery(
      { id, room, event, text, bytes, withinMs },
      {
        outbox,
        over: () => over,
        publish: turns.publish,
        queued: () => { counters.sent++ },
        settled: (result) => { counters[E.isRight(result) ? 'acknowledged' : 'undelivered']++ },
      },
    )
  }

  return {
    undelivered,
    send: (to, value) => {
      const sent = letter(to, value, config.ids())
      return new Stream(blame(wired), (subscriber) => {
        const waiter: Waiter = (result) => {
          subscriber.next(result)
          subscriber.complete()
        }
        turns.command(() => { if (!subscriber.closed) sent.await(waiter) })
        return () => { turns.command(() => { sent.abandon(waiter) }) }
      })
    },
    post: (to, value) => {
      const id = config.ids()
      const result$ = new AsyncSubject<Result<Receipt>>()
      const posted = letter(to, value, id)
      turns.command(() => {
        posted.await((result) => {
          if (E.isLeft(result)) undelivered.next({ room: to.room, event: to.event, id, error: result.left })
          result$.next(result)
          result$.complete()
        })
      })
      return stream(blame(wired), result$)
    },
  }
} // prettier-ignore
