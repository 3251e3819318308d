import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { Observable } from 'rxjs'
import {
  type Askable,
  type CallFailure,
  callTypeOf,
  declaredOf,
  type MemberResult,
  outputOf,
} from '../../contract/call-answer.js'
import { callFailure, type CallNames, refusedCall } from '../../contract/call-failure.js'
import type { CallInput, CallType } from '../../contract/call-type.js'
import type { AnyContract } from '../../contract/contract.js'
import { isContract } from '../../contract/event-codec.js'
import { between, type Checks, invalid, optionFault } from '../../core/check.js'
import { excerpt, type WebSocketError } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import type { Result } from '../../core/result.js'
import { askBytes, type Sender, type Until } from '../../protocol/frame.js'
import { escapedPlain, payloadJson, unescaped } from '../../protocol/payload.js'
import { isUntil } from '../../protocol/until.js'
import { isLonger } from '../../protocol/utf8.js'
import type { Context } from '../context.js'
import { refusal } from '../refusal.js'
import type { NodeAsks } from './node-asks.js'
import type { MemberAnswer } from './question.js'

/** Options of a call of the server to clients. All may be left out. */
export interface ServerAskOptions {
  /** The answers after which it completes. Default `'all'`. */
  readonly until?: Until | undefined
  /** The time for all answers in milliseconds, above 0. Default 10 s. */
  readonly withinMs?: number | undefined
}

/** The arguments of `ask` after the name: the input, which may be left out where the contract has none, and options. */
export type ServerAskArgs<T extends CallType> = [undefined] extends [CallInput<T>]
  ? [input?: CallInput<T>, options?: ServerAskOptions]
  : [input: CallInput<T>, options?: ServerAskOptions]

/** Calls the clients in a room, those of a user, or those of all users. */
export type AskClients = <C extends AnyContract, K extends Askable<C['calls']>>(
  contract: C,
  name: K,
  ...args: ServerAskArgs<C['calls'][K]>
) => Observable<Either<WebSocketError, MemberResult<C['calls'][K]>>>

/** The parts of a server that its own calls use. */
export interface ServerAskParts {
  readonly context: Context
  /** `undefined` where the engine has no tables. */
  readonly asks: NodeAsks | undefined
}

const checks: Checks<keyof ServerAskOptions> = {
  until: { expected: "'all', 'first', 'quorum' or a whole number from 1", is: isUntil },
  withinMs: { expected: 'time', is: between(Number.MIN_VALUE, 2 ** 31 - 1) },
}

const defaultWithinMs = 10_000

type Item = Result<MemberResult>

/** A checked call. */
interface Call {
  readonly type: CallType
  readonly kind: 'query' | 'command'
  readonly data: string | undefined
}

const checked = (
  names: CallNames,
  contract: unknown,
  input: unknown,
  options: unknown,
): Either<WebSocketError, Call> => {
  if (!isContract(contract)) return E.left(invalid('contract', 'contract', { actual: excerpt(contract) }))
  const wrong = options === undefined ? undefined : optionFault(options, checks)
  if (wrong) return E.left(wrong)
  const type = callTypeOf(contract as Partial<AnyContract>, names.call)
  if (!type || type.kind === 'stream')
    return E.left(callFailure('call/unknown-name', { ...names, call: excerpt(names.call) }, 'no', {}, 'terminal'))
  const data = textOf(type, input)
  if (E.isLeft(data)) return E.left(refusedCall(names, refusal('call/input', { message: `The input: ${data.left}.` })))
  if (data.right !== undefined && isLonger(data.right, askBytes))
    return E.left(callFailure('call/too-large', names, 'no', { limit: askBytes }, 'terminal'))
  return E.right({ type, kind: type.kind, data: data.right })
}

/** Encodes an input as the JSON text of the wire. */
const textOf = (type: CallType, input: unknown): Either<string, string | undefined> => {
  const encoded = type.codecs.input.encode(input)
  if (E.isLeft(encoded)) {
    const { path, expected, actual } = encoded.left
    return E.left(`expected ${expected}${path === '' ? '' : ` at ${path}`}, got ${actual}`)
  }
  if (encoded.right === undefined) return E.right(undefined)
  const text = payloadJson(encoded.right)
  return text === undefined ? E.left('it nests too deep') : E.right(JSON.stringify(escapedPlain(encoded.right)))
}

const resultOf = (type: CallType, names: CallNames, answer: MemberAnswer): Result<unknown> => {
  if (answer.is === 'none') return E.left(refusedCall(names, answer.because))
  const payload = answer.data === undefined ? undefined : unescaped(JSON.parse(answer.data))
  return answer.is === 'error' ? declaredOf(type, names, answer.error, payload) : outputOf(type, names, payload)
}

/** Calls the clients of a room of the engine, in the server's own name, for each subscription anew. */
export const serverAsk =
  ({ context, asks }: ServerAskParts, room: Either<WebSocketError, string>) =>
  (contract: unknown, call: string, input?: unknown, options?: ServerAskOptions): Observable<Item> =>
    new Observable<Item>((to) => {
      const { box, now, settings } = context
      if (E.isLeft(room)) {
        to.next(room)
        to.complete()
        return
      }
      const names: CallNames = { call, id: settings.ids(), room: room.right }
      const given = checked(names, contract, input, options)
      const fail = (because: WebSocketError): void => {
        to.next(E.left(because))
        to.complete()
      }
      if (E.isLeft(given)) {
        fail(given.left)
        return
      }
      const { type, kind, data } = given.right
      const { until = 'all', withinMs = defaultWithinMs } = options ?? {}
      box.enter(() => {
        if (to.closed) return
        if (!asks) {
          fail(callFailure('call/unsupported', names, 'no', {}, 'terminal'))
          return
        }
        const order = {
          room: room.right,
          name: call,
          kind,
          until,
          at: now() + withinMs,
          ...(data !== undefined && { data }),
        }
        const stop = asks.ask(order, {
          answered: ([user, session]: Sender, answer) => {
            const result = resultOf(type, names, answer) as Either<CallFailure<CallType>, unknown>
            to.next(E.right(Object.freeze({ member: frozen({ user, session }), result })))
          },
          over: (because) => {
            if (because) to.next(E.left(refusedCall(names, because)))
            to.complete()
          },
        })
        to.add(() => {
          box.enter(stop)
        })
      })
    })
