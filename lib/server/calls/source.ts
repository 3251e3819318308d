import * as E from '#fp/Either'
import type { Either, Left } from 'fp-ts/lib/Either.js'
import { guard, thrownText } from '../../core/guard.js'
import { bodiesOf, type Body, bodyOf } from './body.js'
import type { Caller, Handled } from './handled.js'
import { type Pull, pullOf } from './pull.js'

/** The receiver of the answers of a handler. May be called at once. */
export interface Receiver {
  /** Takes an answer, or the reason of the failure of the handler. */
  readonly take: (said: Either<string, Body>) => void
  readonly end: () => void
}

/** The answers of the handler of a stream. An Observable gives them by itself, a list or a generator when it is asked. */
export interface Source {
  /** Returns true where the next answer has to be asked for. */
  readonly waits: () => boolean
  readonly ask: () => void
  readonly stop: () => void
}

const nothing = { waits: () => false, ask: () => undefined, stop: () => undefined }

/** Calls the handler of a stream. */
export const source = (handled: Handled, input: unknown, caller: Caller, to: Receiver): Source => {
  const given = guard(() => handled.run(input, caller))
  if (E.isLeft(given)) return failing(given, to)
  const pull = pullOf(given.right)
  if (E.isLeft(pull)) return failing(pull, to)
  return pull.right ? pulled(handled, pull.right, to) : pushed(handled, given.right, to)
}

const failing = (because: Left<string>, to: Receiver): Source => {
  to.take(because)
  return nothing
}

const pushed = (handled: Handled, given: unknown, to: Receiver): Source => {
  const subscription = bodiesOf(handled, given).subscribe({
    next: to.take,
    error: (thrown: unknown) => {
      to.take(E.left(thrownText(thrown)))
    },
    complete: to.end,
  })
  return {
    ...nothing,
    stop: () => {
      subscription.unsubscribe()
    },
  }
}

const pulled = (handled: Handled, pull: Pull, to: Receiver): Source => {
  let isReading = false
  return {
    waits: () => !isReading,
    ask: () => {
      isReading = true
      pull.next((read) => {
        isReading = false
        if (E.isLeft(read)) to.take(read)
        else if (read.right.done) to.end()
        else to.take(bodyOf(handled, read.right.value))
      })
    },
    stop: pull.stop,
  }
}
