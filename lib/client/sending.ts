import { Subject } from 'rxjs'
import * as E from '#fp/Either'
import type { Encoder } from '../contract/mismatch.js'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import type { Receipt } from '../outbox/entry.js'
import type { Posted } from '../outbox/journal.js'
import { json } from '../protocol/json.js'
import { aborted, overdue } from '../outbox/error.js'
import { start } from './action.js'
import { deliveries, type Draft, type Waiter } from './delivery.js'
import type { Outgoing, SendOptions, Undelivered } from './outgoing.js'
import { payloadText } from './payload-text.js'
import type { Entry } from '../outbox/entry.js'
import type { Outbox, OutboxConfig } from '../outbox/model.js'
import type { Kernel } from '../kernel/kernel.js'

/** The target of a message, its encoder, and the limits of its call. */
export interface Address {
  readonly room: string
  readonly event: string
  readonly encode: Encoder
  /** The error of an unsendable message. */
  readonly misfit?: WebSocketError | undefined
  readonly options?: SendOptions | undefined
}

/** The two ways to send. Both send at the call. */
export interface Sending {
  /** Reports the result to the caller only. */
  readonly send: (to: Address, value: unknown) => Outgoing
  /** Keeps the message in a journal, if there is one, and also reports failures in `undelivered$`. */
  readonly post: (to: Address, value: unknown) => Outgoing
  /** Goes on with a message that an earlier run of this client posted and a journal kept. Call in a turn. */
  readonly adopt: (posted: Posted) => void
  readonly undelivered: Subject<Undelivered>
  /** Calls `posting` for each message posted from now on. */
  readonly watchPosts: (posting: () => Posting) => void
}

/** Observes one posted message. */
export interface Posting {
  readonly accepted: (entry: Entry) => void
  readonly refused: (because: WebSocketError) => void
}

export interface SendingNeeds {
  readonly kernel: Kernel
  readonly outbox: Outbox
  readonly config: OutboxConfig
  readonly over: () => WebSocketError | undefined
}

/** Bytes that an envelope adds to its payload, ids and names. */
const envelopeBytes = 96

export const sending = ({ kernel, outbox, config, over }: SendingNeeds): Sending => {
  const { turns, session, diagnostics } = kernel
  const { counters, log } = diagnostics
  const { overflow } = config
  const undelivered = new Subject<Undelivered>()
  let posting: (() => Posting) | undefined
  kernel.add({
    close: () => {
      turns.publish(() => { undelivered.complete() })
    },
  })

  const draft = ({ room, event, encode, misfit, options = {} }: Address, value: unknown, id: string, isPosted: boolean): Draft => {
    const text = misfit ? E.left(misfit) : payloadText(room, event, value, encode)
    const bytes = E.isLeft(text) ? 0 : json.size(text.right) + json.size(room) + json.size(event) + id.length + envelopeBytes
    const key = typeof overflow === 'string' ? undefined : overflow.key({ room, event, data: value })
    const { withinMs } = options
    return { id, room, event, text, bytes, withinMs, isPosted, key, isNamed: options.id !== undefined }
  }
  const deliver = deliveries({
    outbox,
    remembered: config.entries,
    over,
    publish: turns.publish,
    queued: () => { counters.sent++ },
    settled: (result) => { counters[E.isRight(result) ? 'acknowledged' : 'undelivered']++ },
  })
  let user: string | undefined
  session.watch((now) => {
    const next = now._tag === 'Active' ? now.user : user
    if (user !== undefined && user !== next) deliver.forget()
    user = next
  })
  const tellFailure = ({ room, event, id }: Pick<Posted, 'room' | 'event' | 'id'>, result: Result<Receipt>): void => {
    if (E.isRight(result)) return
    const what = Object.freeze({ room, event, id, error: result.left })
    log?.undelivered(what)
    undelivered.next(what)
  }
  const give = (to: Address, value: unknown, isPosted: boolean): Outgoing => {
    const { id: given, signal, withinMs } = to.options ?? {}
    const id = given ?? kernel.config.ids()
    const message = draft(to, value, id, isPosted)
    // A message expires by itself; a call that joins an earlier one under the same id has a limit of its own.
    const wait = { signal, withinMs: message.isNamed ? withinMs : undefined }
    const result$ = start<Receipt>(kernel, wait, {
      aborted: () => aborted(message, 'no'),
      begin: (settle) => {
        const post = isPosted ? posting?.() : undefined
        const waiter: Waiter = (result) => {
          if (isPosted) tellFailure(message, result)
          if (E.isLeft(result)) post?.refused(result.left)
          settle(result)
        }
        const delivery = deliver.give(message, waiter)
        if (delivery) post?.accepted(delivery.entry)
        return delivery && ((cause) => {
          const isExecuted = deliver.abandon(delivery, waiter)
          const because = cause === 'aborted' ? aborted(message, isExecuted) : overdue(message, withinMs ?? 0, isExecuted)
          if (isPosted) tellFailure(message, E.left(because))
          return because
        })
      },
    })
    return Object.assign(result$, { id })
  }

  return {
    undelivered,
    watchPosts: (watch) => { posting = watch },
    send: (to, value) => give(to, value, false),
    post: (to, value) => give(to, value, true),
    adopt: (posted) => { deliver.adopt(posted, (result) => { tellFailure(posted, result) }) },
  }
} // prettier-ignore
