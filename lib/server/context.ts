import * as E from '#fp/Either'
import { from, type ObservableInput, Subscription, take } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { reportLimit } from '../core/report-limit.js'
import { deadlines, type Deadlines } from '../core/deadlines.js'
import { guard, thrownText } from '../core/guard.js'
import { mailbox, type Mailbox } from '../core/mailbox.js'
import { readLength, redact } from '../core/redact.js'
import type { Answer } from './engine.js'
import { counters, type Counters, type ServerFault } from './metrics.js'
import type { Settings } from './options.js'
import type { Owner } from './owner.js'

/** Forgets about an answer; may be called at any time, often. */
export type Cancel = () => void

/** What all parts of one server share. */
export interface Context {
  readonly settings: Settings
  readonly count: Counters
  readonly box: Mailbox
  readonly time: Deadlines
  readonly now: () => number
  /** Tells a fault without secrets: those that the caller knows are looked for in its message. At most twenty of a kind a second. */
  readonly fault: (fault: ServerFault, secrets?: () => readonly (string | undefined)[]) => void
  /**
   * Calls an application's function and takes the first value of what it returns. `then` is called once, in a turn of its
   * own: also for a throw, an error, no value, and no answer within `answerMs`.
   */
  readonly ask: <T>(call: () => ObservableInput<T>, then: (answer: Either<string, T>) => void) => Cancel
  /** The same for the engine. */
  readonly engine: <T>(call: () => Answer<T>, then: (answer: Either<string, T>) => void) => Cancel
  /** Says whose work the present turn is. The first who is named is charged. */
  readonly bill: (owner: Owner) => void
  /** The ms that the present turn has taken. */
  readonly turnMs: () => number
}

/** How much is kept of what hooks and engines say, in characters. */
const messageLength = 512

/** `flush` writes what a turn has collected. */
export const context = (settings: Settings, tell: (fault: ServerFault) => void, flush: () => void): Context => {
  const { scheduler, answerMs } = settings
  const defect = (thrown: unknown): void => {
    fault({ where: 'defect', message: thrownText(thrown, readLength) })
  }
  const now = (): number => scheduler.now()
  const turns = mailbox(flush, defect)
  let startedAt = 0
  let owner: Owner | undefined
  const box: Mailbox = {
    ...turns,
    enter: (task) => {
      if (turns.busy()) {
        turns.enter(task)
        return
      }
      startedAt = now()
      turns.enter(task)
      owner?.pay(now() - startedAt)
      owner = undefined
    },
  }
  const clock = deadlines(scheduler)
  const limited = reportLimit(now, clock.at)
  const fault: Context['fault'] = (each, secrets = () => []) => {
    limited(each.where, (more) => {
      const message = redact(each.message, secrets()).slice(0, messageLength - more.length) + more
      tell({ ...each, message })
    })
  }
  const time: Deadlines = {
    ...clock,
    at: (at, due) =>
      clock.at(at, () => {
        box.enter(due)
      }),
    after: (ms, due) =>
      clock.after(ms, () => {
        box.enter(due)
      }),
  }

  const ask = <T>(call: () => ObservableInput<T>, then: (answer: Either<string, T>) => void): Cancel => {
    const subscription = new Subscription()
    let wanted = true
    const settle = (answer: Either<string, T>): void => {
      if (subscription.closed) return
      subscription.unsubscribe()
      box.enter(() => {
        if (wanted) then(answer)
      })
    }
    const called = guard(() => from(call()), readLength)
    if (E.isLeft(called)) settle(called)
    else {
      subscription.add(
        called.right.pipe(take(1)).subscribe({
          next: (value) => {
            settle(E.right(value))
          },
          error: (thrown: unknown) => {
            settle(E.left(thrownText(thrown, readLength)))
          },
          complete: () => {
            settle(E.left('it completed without an answer'))
          },
        }),
      )
    }
    if (!subscription.closed) {
      subscription.add(
        clock.after(answerMs, () => {
          settle(E.left(`no answer within ${answerMs} ms`))
        }).cancel,
      )
    }
    return () => {
      wanted = false
      subscription.unsubscribe()
    }
  }

  return {
    settings,
    count: counters(),
    box,
    time,
    now,
    bill: (to) => {
      owner ??= to
    },
    turnMs: () => now() - startedAt,
    fault,
    ask,
    engine: (call, then) =>
      ask(call, (answer) => {
        if (E.isLeft(answer)) then(answer)
        else then(E.isLeft(answer.right) ? E.left(answer.right.left.message) : answer.right)
      }),
  }
}

/** The same, but that turns with answers are the work of somebody. */
export const billed = (context: Context, owner: () => Owner): Context => {
  const then =
    <T>(answered: (answer: T) => void) =>
    (answer: T): void => {
      context.bill(owner())
      answered(answer)
    }
  return {
    ...context,
    ask: (call, answered) => context.ask(call, then(answered)),
    engine: (call, answered) => context.engine(call, then(answered)),
  }
}
