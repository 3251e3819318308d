import { Subject } from 'rxjs'
import * as E from '#fp/Either'
import type { AnyContract } from '../contract/contract.js'
import { encoderOf } from '../contract/event-codec.js'
import { given } from '../core/check.js'
import type { WebSocketError } from '../core/error.js'
import { isAborted, type WaitOptions, watchWait } from '../core/wait.js'
import { fault } from '../kernel/fault.js'
import type { Kernel } from '../kernel/kernel.js'
import { aborted, overdue } from '../outbox/error.js'
import type { Message } from '../outbox/message.js'
import type { Outbox, OutboxConfig } from '../outbox/model.js'
import { byteLength } from '../protocol/utf8.js'
import { Call, type Outgoing, type SendOptions, type Undelivered } from './outgoing.js'
import { payloadText } from './payload-text.js'
import { sendChecks } from './validate.js'

/** The target of a message: a handle on a room. */
export interface Address {
  readonly name: string
  readonly contract: AnyContract
  /** The fault of the handle. */
  readonly fault: WebSocketError | undefined
}

/** Sends messages, at the call. */
export interface Sending {
  /**
   * Sends a message of a room. The result goes to the caller; with `isPosted` a journal keeps the message, if there is
   * one, and failures are also reported in `undelivered$`.
   */
  readonly send: (
    isPosted: boolean,
    to: Address,
    event: string,
    data: unknown,
    options: SendOptions | null | undefined,
  ) => Outgoing
  /** Reports the failure of a posted message. Call in a turn. */
  readonly tellFailure: (of: Name, because: WebSocketError) => void
  readonly undelivered: Subject<Undelivered>
  /** Records posts from now on, each in the step that this returns at its call. */
  readonly record: (step: () => PostStep) => void
}

/** The messages posted in a step: everything that happens until the client writes, one turn or all calls made at once. */
export interface PostStep {
  readonly posts: Message[]
  /** The error of the first message that was refused within the step. */
  refusal?: WebSocketError
}

export interface SendingNeeds {
  readonly kernel: Kernel
  readonly outbox: Outbox
  readonly config: OutboxConfig
  /** The error of a closed client. */
  readonly over: () => WebSocketError | undefined
}

/** Bytes that an envelope adds to its payload, ids and names. */
const envelopeBytes = 96

type Name = Pick<Message, 'id' | 'room' | 'event'>

export const sending = ({ kernel, outbox, config, over }: SendingNeeds): Sending => {
  const { turns } = kernel

  const keyOf = config.overflow === 'reject' ? undefined : config.overflow.key
  const undelivered = new Subject<Undelivered>()
  let step: (() => PostStep) | undefined
  kernel.add({
    close: () => {
      turns.publish(() => {
        undelivered.complete()
      })
    },
  })

  const failed = (said: string): void => {
    kernel.diagnostics.report(fault('FunctionThrew', said))
  }
  const tellFailure = ({ room, event, id }: Name, because: WebSocketError): void => {
    const what = Object.freeze({ room, event, id, error: because })
    kernel.diagnostics.log?.undelivered(what)
    undelivered.next(what)
  }
  /** Ends a call without counting its message or recording a refusal. */
  const cut = (call: Call, because: WebSocketError): void => {
    turns.publish(() => {
      call.end(E.left(because))
    })
  }
  const refuse = (call: Call, because: WebSocketError): void => {
    outbox.totals.fates.undelivered++
    outbox.totals.lost?.(because)
    turns.publish(() => {
      call.settled(E.left(because))
    })
  }
  /** Gives up the wait of a call when its signal is aborted or its time is over. Returns a function that ends the watch. */
  const watch = (call: Call, message: Message, wait: WaitOptions): (() => void) =>
    watchWait(wait, kernel.deadlines, (cause) => {
      turns.enter(() => {
        if (call.isSettled) return
        const because = outbox.abandon(message, call, (executed) =>
          cause === 'aborted' ? aborted(message, executed) : overdue(message, wait.withinMs ?? 0, executed),
        )
        if (message.isPosted) tellFailure(message, because)
        cut(call, because)
      })
    })
  /** Reports a failure of a posted message, also to its step. */
  const follow = (call: Call, name: Name, own: PostStep | undefined): void => {
    call.onFailure = (because) => {
      tellFailure(name, because)
      // A newer message with the same key takes its place.
      if (own && because.code !== 'delivery/superseded') own.refusal ??= because
    }
  }
  const send: Sending['send'] = (isPosted, { name: room, contract, fault: misfit }, event, data, raw) => {
    const { fault = misfit, options } = given(raw, sendChecks)
    const { signal, withinMs, id = kernel.config.ids(), term } = options
    const text = fault ? E.left(fault) : payloadText(room, event, data, encoderOf(contract, event))
    const key = keyOf?.({ room, event, data }, failed)
    const call = new Call(kernel.diagnostics.threw, id)
    turns.command(() => {
      if (isAborted(signal)) {
        cut(call, aborted({ id, room, event }, 'no'))
        return
      }
      const own = isPosted ? step?.() : undefined
      if (isPosted) follow(call, { id, room, event }, own)
      const because = over()
      if (because) refuse(call, because)
      else if (E.isLeft(text)) refuse(call, text.left)
      else {
        const isNamed = options.id !== undefined
        const bytes = byteLength(text.right) + byteLength(room) + byteLength(event) + id.length + envelopeBytes
        const message = outbox.put(
          { id, room, event, text: text.right, bytes, isPosted, isNamed, key, term },
          call,
          withinMs,
        )
        if (!message) return
        own?.posts.push(message)
        // A message expires by itself; a call that joins an earlier one under the same id has a limit of its own.
        const ownMs = isNamed ? withinMs : undefined
        if (signal || ownMs !== undefined) call.stop = watch(call, message, { signal, withinMs: ownMs })
      }
    })
    return call
  }

  return {
    undelivered,
    record: (of) => {
      step = of
    },
    send,
    tellFailure,
  }
}
