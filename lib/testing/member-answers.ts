import { mergeMap, type Observable, type SchedulerLike, timer } from 'rxjs'
import type { Client } from '../client/client.js'
import type { AnyContract } from '../contract/contract.js'
import type { ResultStream } from '../core/result.js'
import { asks, type AskCaller } from '../features/calls/index.js'
import { answersOf } from '../server/calls/body.js'

/** Options of the answers of a member. All are optional. */
export interface MemberAnswerOptions {
  /** Delay of each answer, in ms: the handler is called so much later. Default 0. */
  readonly afterMs?: number | undefined
}

/** A call of a contract, and its handler of any type. */
export interface AnsweredCall {
  readonly contract: AnyContract
  readonly call: string
  readonly handler: (input: never, caller: AskCaller) => unknown
}

type Answer = (call: string, handler: (input: never, caller: AskCaller) => unknown) => ResultStream<void>

/** Lets a client answer a call in a room while the result is subscribed. */
export const memberAnswers =
  (client: Client, scheduler: SchedulerLike) =>
  (
    room: string,
    { contract, call, handler }: AnsweredCall,
    { afterMs = 0 }: MemberAnswerOptions,
  ): ResultStream<void> => {
    const late = (input: never, caller: AskCaller): Observable<unknown> =>
      timer(afterMs, scheduler).pipe(mergeMap(() => answersOf(handler(input, caller))))
    const { answer } = client.room(room, contract).with(asks)
    return (answer as Answer)(call, afterMs > 0 ? late : handler)
  }
