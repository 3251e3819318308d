import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Observable, Subscriber } from 'rxjs'
import { callTraces } from '../../client/call-traces.js'
import type { Client } from '../../client/client.js'
import type { Parts } from '../../client/parts.js'
import { payloadText } from '../../client/payload-text.js'
import { partsOf, portOf, type HandlePort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import { contractFault } from '../../client/validate.js'
import { type CallFailure, callTypeOf } from '../../contract/call-answer.js'
import type { CallInput, CallOutput, Calls as CallTypes, CallType } from '../../contract/call-type.js'
import type { AnyContract } from '../../contract/contract.js'
import { between, type Checks, given, oneOf, whole } from '../../core/check.js'
import { excerpt, type WebSocketError } from '../../core/error.js'
import { Stream } from '../../core/stream.js'
import { type AbortSignalLike, isAborted, waitChecks, type WaitOptions, watchWait } from '../../core/wait.js'
import type { Turns } from '../../kernel/turns.js'
import { isName } from '../../protocol/field.js'
import { bounds } from '../../protocol/frame.js'
import { Answers } from './answers.js'
import { callFailure, type CallNames } from '../../contract/call-failure.js'
import type { Ask } from './pending.js'
import { callRequests } from './requests.js'

/** Options of a call. All are optional. */
export interface CallOptions extends WaitOptions {
  /**
   * The time for the answer, in milliseconds, including for a connection; then `Left` with `call/late`. Default 10 s; of a
   * stream the time for its first reply, by default `idleMs`. `Infinity` is no limit.
   */
  readonly withinMs?: number | undefined
  /**
   * Of a stream: the longest pause between two replies, in milliseconds; then `Left` with `call/idle`. Default 60 s.
   * `Infinity` is no limit.
   */
  readonly idleMs?: number | undefined
  /** Of a stream: the most replies that the server sends ahead of this client, from 1 to 1 024. Default 64. */
  readonly window?: number | undefined
  /**
   * Of a query or a command: the time of the answer. `'answered'` (default): as soon as it arrives. `'seen'`: once this client has been offered the
   * messages of the room up to the effect of the call, while it is in the room; at the latest when `withinMs` is over.
   */
  readonly settle?: 'answered' | 'seen' | undefined
  /**
   * The id of the call, 1 to 64 bytes; default: a new one for each subscription. A command with the id of an earlier one of
   * this user does not run again: it answers the same.
   */
  readonly id?: string | undefined
  /** Gives up the call: `Left` with `call/aborted`. */
  readonly signal?: WaitOptions['signal']
}

/** The answers to a call. */
export type CallStream<T extends CallType> = Observable<Either<CallFailure<T>, CallOutput<T>>>

/** The member that the features `calls` and `clientCalls` add. */
export interface Callable<T extends CallTypes> {
  /**
   * Calls a function of the server, for each subscription anew; unsubscribing cancels it. A `query` or a `command` has one
   * answer: the output, a declared error, or the reason why there is none. A `stream` has many, and a missing one is a
   * `Left` at its place. Completes after the last. Waits while offline, up to `withinMs`. A lost connection repeats a
   * query, continues a stream, and asks for the answer of a command, which runs at most once. Never errors.
   */
  readonly call: <K extends keyof T & string>(name: K, ...args: CallArgs<T[K]>) => CallStream<T[K]>
}

/** The arguments of `call` after the name: the input, which may be left out where the contract has none, and options. */
export type CallArgs<T extends CallType> = [undefined] extends [CallInput<T>]
  ? [input?: CallInput<T>, options?: CallOptions]
  : [input: CallInput<T>, options?: CallOptions]

/** Adds `call` to a room: the calls of its contract, about this room. Does not join it. */
export const calls = <C extends AnyContract>(room: Room<C>): Callable<C['calls']> => {
  const { name, contract, ...at } = portOf(room)
  return { call: callsOf({ at, room: name, contract }) as Callable<C['calls']>['call'] }
}

/** Makes a feature that adds `call` to a client: the calls of this contract, about no room. */
export const clientCalls =
  <C extends AnyContract>(contract: C) =>
  (client: Pick<Client, 'state$'>): Callable<C['calls']> => {
    const at = { parts: partsOf(client), fault: contractFault(contract) }
    return { call: callsOf({ at, room: undefined, contract }) as Callable<C['calls']>['call'] }
  }

/** The place of calls. */
interface Place {
  readonly at: HandlePort
  readonly room: string | undefined
  readonly contract: AnyContract
}

const checks: Checks<keyof CallOptions> = {
  ...waitChecks,
  idleMs: { expected: 'time', is: /*#__PURE__*/ between(Number.MIN_VALUE, Infinity) },
  window: /*#__PURE__*/ whole(1, 1_024),
  settle: /*#__PURE__*/ oneOf('answered', 'seen'),
  id: { expected: `a text of 1 to ${bounds.idBytes} bytes`, is: (value) => isName(value, bounds.idBytes) },
}

type Answer = Either<WebSocketError, unknown>

const defaults = { withinMs: 10_000, idleMs: 60_000, window: 64 } as const

const callsOf =
  ({ at, room, contract }: Place) =>
  (call: string, input?: unknown, raw?: CallOptions | null): Observable<Answer> => {
    const { parts, fault: misfit } = at
    const { turns, diagnostics, config } = parts.kernel
    const { fault: wrong, options } = given<CallOptions>(raw, checks)
    const fault = misfit ?? wrong
    const type = fault ? undefined : callTypeOf(contract, call)
    const text = type ? payloadText(room ?? '', call, input, type.codecs.input.encode) : undefined

    const begin = (to: Subscriber<Answer>, traced: string | undefined): void => {
      const id = options.id ?? traced ?? config.ids()
      const names: CallNames = { call, id, room }
      const because = parts.over() ?? fault
      if (because) fail(turns, to, because)
      else if (!type || !text)
        fail(turns, to, callFailure('call/unknown-name', { ...names, call: excerpt(call) }, 'no', {}, 'terminal'))
      else if (E.isLeft(text)) fail(turns, to, text.left)
      else if (isAborted(options.signal)) fail(turns, to, aborted(names, 'no'))
      else {
        const isStream = type.kind === 'stream'
        const { idleMs = defaults.idleMs, window = defaults.window, settle, signal } = options
        const { withinMs = isStream ? idleMs : defaults.withinMs } = options
        const seen = settle === 'seen' && room !== undefined && !isStream
        const data = input === undefined ? undefined : text.right
        ask(parts, type, { call, id, room, kind: type.kind, data, seen, withinMs, idleMs, window }, to)
        if (signal) watch(parts, signal, names, to)
      }
    }
    const make = (traced?: string): Observable<Answer> =>
      new Stream<Answer>(diagnostics.threw, (to) => {
        turns.command(() => {
          if (!to.closed) begin(to, traced)
        })
      })
    return parts.get(callTraces).tracer()?.around({ span: 'call', room, call }, make) ?? make()
  }

const fail = ({ publish }: Turns, to: Subscriber<Answer>, because: WebSocketError): void => {
  publish(() => {
    to.next(E.left(because))
    to.complete()
  })
}

const aborted = (names: CallNames, executed: 'no' | 'unknown'): WebSocketError =>
  callFailure('call/aborted', names, executed, {}, 'terminal')

/** Makes a call, and gives it up with the subscription. */
const ask = (parts: Parts, type: CallType, what: Ask, to: Subscriber<Answer>): void => {
  const requests = parts.get(callRequests)
  const pending = requests.ask(what, new Answers(parts, type, what, to))
  to.add(() => {
    // A call that is over is not given up any more: most subscriptions end with their answer.
    if (pending.stage !== 'Over')
      parts.kernel.turns.command(() => {
        requests.giveUp(pending)
      })
  })
}

/** Gives up a call when the signal is aborted. */
const watch = (parts: Parts, signal: AbortSignalLike, names: CallNames, to: Subscriber<Answer>): void => {
  const { turns, deadlines } = parts.kernel
  to.add(
    watchWait({ signal }, deadlines, () => {
      turns.enter(() => {
        fail(turns, to, aborted(names, 'unknown'))
      })
    }),
  )
}
