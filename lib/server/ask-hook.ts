import * as E from '#fp/Either'
import { isObservable, of, type ObservableInput } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard } from '../core/guard.js'
import { plain } from '../core/plain.js'
import { isFields } from '../protocol/field.js'
import type { RefusalData } from '../protocol/frame.js'
import { isLonger } from '../protocol/utf8.js'
import type { Context } from './context.js'
import type { DecidingHook, HookAnswer, HookRefusal, Hooks } from './hooks.js'
import type { Payer } from './owner.js'

/** A refusal as the client gets it. */
export interface Refused {
  readonly data: RefusalData
  readonly message?: string
}

const dataBytes = 1_024
const messageLength = 256

/** Calls a deciding hook. Answers once, in a turn: the refusal, `undefined` for none, or `Left` where the hook failed. */
export const decide = <T extends { readonly room: string; readonly user: string }>(
  context: Context,
  name: keyof Hooks,
  hook: DecidingHook<T>,
  event: T,
  then: (answer: Either<string, Refused | undefined>) => void,
  payer?: Payer,
): (() => void) =>
  context.ask(
    () => answerOf(hook(event)),
    (answer) => {
      const refused = E.isLeft(answer) ? answer : refusedBy(answer.right)
      if (E.isLeft(refused)) {
        const { room, user } = event
        context.fault({ where: 'hook', message: `${name}: ${refused.left}`, user, room })
      }
      then(refused)
    },
    payer,
  )

/** Calls a hook that only hears of an event. */
export const notify = <T extends { readonly room: string; readonly user: string }>(
  context: Context,
  name: keyof Hooks,
  hook: ((event: T) => void) | undefined,
  event: T,
): void => {
  if (!hook) return
  const called = guard(() => {
    hook(event)
  })
  if (E.isLeft(called))
    context.fault({ where: 'hook', message: `${name}: ${called.left}`, user: event.user, room: event.room })
}

const isRefusal = (answer: unknown): answer is HookRefusal =>
  typeof answer === 'object' && answer !== null && 'refuse' in answer

const isDirect = (answer: unknown): answer is HookAnswer => isRefusal(answer) || typeof answer !== 'object' || !answer

const answerOf = (answer: HookAnswer | ObservableInput<HookAnswer>): ObservableInput<HookAnswer> =>
  !isObservable(answer) && isDirect(answer) ? of(answer) : answer

const refusedBy = (answer: unknown): Either<string, Refused | undefined> => {
  if (!isRefusal(answer)) return E.right(undefined)
  const { refuse, message } = answer
  const copied = guard(() => plain(refuse, false))
  const data = E.isRight(copied) && E.isRight(copied.right) ? copied.right.right.value : undefined
  if (!isFields(data)) return E.left('the details of its refusal are no object of JSON')
  if (isLonger(JSON.stringify(data), dataBytes)) return E.left(`the details of its refusal exceed ${dataBytes} bytes`)
  return E.right(typeof message === 'string' ? { data, message: message.slice(0, messageLength) } : { data })
}
