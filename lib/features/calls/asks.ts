import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Observable, type ObservableInput, type Subscriber, takeWhile } from 'rxjs'
import { callTraces } from '../../client/call-traces.js'
import type { Client } from '../../client/client.js'
import { heldStream } from '../../client/held-stream.js'
import { payloadText } from '../../client/payload-text.js'
import { partsOf, portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import { contractFault } from '../../client/validate.js'
import { type Askable, callTypeOf, type MemberResult } from '../../contract/call-answer.js'
import { callFailure, type CallNames } from '../../contract/call-failure.js'
import type { CallInput, Calls as CallTypes, CallType, HandlerInput } from '../../contract/call-type.js'
import type { AnyContract } from '../../contract/contract.js'
import type { Answered } from '../../contract/declared.js'
import { type Checks, given } from '../../core/check.js'
import { excerpt, type WebSocketError } from '../../core/error.js'
import type { Result, ResultStream } from '../../core/result.js'
import { isAborted, waitChecks, type WaitOptions, watchWait } from '../../core/wait.js'
import type { Until } from '../../protocol/frame.js'
import { USER } from '../../protocol/reserved.js'
import { isUntil } from '../../protocol/until.js'
import { answering } from './answering.js'
import { askAnswers } from './ask-answers.js'
import { type AskCaller, questions } from './questions.js'
import { callRequests } from './requests.js'

/** Options of a call to the members of a room. All are optional. */
export interface AskOptions extends WaitOptions {
  /**
   * The answers after which the stream completes: of all members that answer the call (`'all'`, default), of the first, of
   * more than half of them (`'quorum'`), or so many. A value and a declared error are answers. Where there cannot be so
   * many, `Left` with `call/too-few`.
   */
  readonly until?: Until | undefined
  /**
   * The time for all answers, in milliseconds, including for a connection and the join; then each member that has not
   * answered is a `Left` with `call/late`. Default 10 s. `Infinity` is no limit.
   */
  readonly withinMs?: number | undefined
  /** Gives up the call: `Left` with `call/aborted`. */
  readonly signal?: WaitOptions['signal']
}

/** The arguments of `ask` after the name: the input, which may be left out where the contract has none, and options. */
export type AskArgs<T extends CallType> = [undefined] extends [CallInput<T>]
  ? [input?: CallInput<T>, options?: AskOptions]
  : [input: CallInput<T>, options?: AskOptions]

/**
 * Answers a call of another member, or of the server. Returns the answer, a promise of it, or an Observable, whose first
 * value is the answer; `Left` takes an error of the contract, made by `declared`. Where it throws, errors or answers
 * something else, the caller gets `call/failed` without any text, and this client a fault.
 */
export type MemberHandler<T extends CallType> = (
  input: HandlerInput<T>,
  caller: AskCaller,
) => Answered<T> | ObservableInput<Answered<T>>

/** The member that the features `asks` and `clientAsks` add to answer calls. */
export interface Answering<P extends CallTypes> {
  /**
   * Answers a call while subscribed: unsubscribing ends that, and the handlers that run. `Right` once the server knows it;
   * `Left` where it refuses that. A handler is unsubscribed when its answer is no longer wanted, and when the connection is
   * lost. Of several handlers of one name the last one answers. Holds the room while subscribed; answers again after each
   * reconnect. Needs the permission `publish` in the room. Completes when the client closes. Never errors.
   */
  readonly answer: <K extends Askable<P>>(name: K, handler: MemberHandler<P[K]>) => ResultStream<void>
}

/** The members that the feature `asks` adds to a room. */
export interface Asking<P extends CallTypes> extends Answering<P> {
  /**
   * Calls a function of the members of the room that answer it, at most 1 000, but not of this session; for each
   * subscription anew. Emits the answer of each member, and completes by the rule `until`. A `Left` is the end: nobody
   * answers the call (`call/nobody`), or the reason why there is none. A member who leaves is a `Left` with `call/gone` in
   * its `result`. Unsubscribing cancels the call for the members that have not answered. Needs the permission `publish`.
   * Holds the room while subscribed; waits for the connection and the join up to `withinMs`. A lost connection is
   * `call/lost`: the call is not repeated. The input has at most 16 KiB. Never errors.
   */
  readonly ask: <K extends Askable<P>>(
    name: K,
    ...args: AskArgs<P[K]>
  ) => Observable<Either<WebSocketError, MemberResult<P[K]>>>
}

/** Adds `ask` and `answer` to a room: calls of its contract from member to members. */
export const asks = <C extends AnyContract>(room: Room<C>): Asking<C['calls']> => {
  const at = portOf(room)
  return { ask: ask(at), answer: answer(at) } as unknown as Asking<C['calls']>
}

/** Makes a feature that adds `answer` to a client: calls of this contract that the server makes to the user. */
export const clientAsks =
  <C extends AnyContract>(contract: C) =>
  (client: Pick<Client, 'state$'>): Answering<C['calls']> => {
    const at: RoomPort = { parts: partsOf(client), name: USER, contract, fault: contractFault(contract) }
    return { answer: answer(at) as Answering<C['calls']>['answer'] }
  }

const checks: Checks<keyof AskOptions> = {
  ...waitChecks,
  until: { expected: "'all', 'first', 'quorum' or a whole number from 1", is: isUntil },
}

const defaultWithinMs = 10_000

/** Returns the type of a call that members may answer. */
const askable = (
  contract: AnyContract,
  call: string,
): (CallType & { readonly kind: 'query' | 'command' }) | undefined => {
  const type = callTypeOf(contract, call)
  return type && type.kind !== 'stream' ? { ...type, kind: type.kind } : undefined
}

const unknownName = (room: string, call: string): WebSocketError =>
  callFailure('call/unknown-name', { room, id: '', call: excerpt(call) }, 'no', {}, 'terminal')

type Item = Result<MemberResult>

const ask =
  (at: RoomPort) =>
  (call: string, input?: unknown, raw?: AskOptions | null): Observable<Item> => {
    const { parts, name: room, contract } = at
    const { deadlines, config, turns } = parts.kernel
    const { fault: wrong, options } = given<AskOptions>(raw, checks)
    const fault = at.fault ?? wrong
    const type = fault ? undefined : askable(contract, call)
    const text = type ? payloadText(room, call, input, type.codecs.input.encode) : E.left(unknownName(room, call))

    const begin = (to: Subscriber<Item>, traced: string | undefined): (() => void) => {
      const names: CallNames = { call, id: traced ?? config.ids(), room }
      const fail = (because: WebSocketError): void => {
        turns.publish(() => {
          to.next(E.left(because))
        })
      }
      if (!type || E.isLeft(text)) fail(E.isLeft(text) ? text.left : unknownName(room, call))
      else if (isAborted(options.signal)) fail(callFailure('call/aborted', names, 'no', {}, 'terminal'))
      else {
        const { withinMs = defaultWithinMs, until = 'all', signal } = options
        const requests = parts.get(callRequests)
        const pending = requests.ask(
          {
            ...names,
            kind: type.kind,
            data: input === undefined ? undefined : text.right,
            seen: false,
            withinMs,
            idleMs: withinMs,
            window: 1,
            until,
          },
          askAnswers(turns, type, names, to),
        )
        const unwatch = watchWait({ signal }, deadlines, () => {
          turns.enter(() => {
            fail(callFailure('call/aborted', names, 'unknown', {}, 'terminal'))
          })
        })
        return () => {
          unwatch()
          requests.giveUp(pending)
        }
      }
      return () => undefined
    }
    // A `Left` is the last item, also that of a refused room.
    const make = (traced?: string): Observable<Item> =>
      heldStream<MemberResult>({ ...at, fault }, (_, to) => begin(to, traced)).pipe(takeWhile(E.isRight, true))
    return parts.get(callTraces).tracer()?.around({ span: 'ask', room, call }, make) ?? make()
  }

const answer =
  (at: RoomPort) =>
  (call: string, handler: unknown): ResultStream<void> => {
    const { parts, name: room, contract } = at
    const { get, kernel } = parts
    const { turns } = kernel
    const type = at.fault ? undefined : askable(contract, call)
    return heldStream(at, (_, to) => {
      if (!type || typeof handler !== 'function') {
        turns.publish(() => {
          to.next(E.left(unknownName(room, call)))
          to.complete()
        })
        return () => undefined
      }
      const run = handler as (input: unknown, caller: AskCaller) => unknown
      const remove = get(questions).add({ room, call, type, run })
      const withdraw = get(answering).add(room, call, to)
      return () => {
        withdraw()
        remove()
      }
    })
  }
