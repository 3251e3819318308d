import * as E from '#fp/Either'
import { from, type ObservableInput } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { reportLimit } from '../core/report-limit.js'
import { deadlines, type Deadlines } from '../core/deadlines.js'
import { guard, thrownText } from '../core/guard.js'
import { mailbox, type Mailbox, type Task } from '../core/mailbox.js'
import { asMicrotask, monotonic } from '../core/platform.js'
import { readLength } from '../core/redact.js'
import { First } from '../core/stream.js'
import { redact } from '../core/redact-parts.js'
import type { Answer } from './engine.js'
import { counters, type Counters, type ServerFault } from './metrics.js'
import type { Settings } from './options.js'
import type { Owner, Payer } from './owner.js'

/** Drops the answer. Safe to call at any time and repeatedly. */
export type Cancel = () => void

/** Dependencies shared by all parts of one server. */
export interface Context {
  readonly settings: Settings
  readonly count: Counters
  readonly box: Mailbox
  readonly time: Deadlines
  readonly now: () => number
  /** Reports a fault and redacts the given secrets in its message. At most twenty per kind and second. */
  readonly fault: (fault: ServerFault, secrets?: () => readonly (string | undefined)[]) => void
  /**
   * Calls an application's function and takes the first value of its result. Calls `then` once, in a turn of its own:
   * also for a throw, an error, no value, and no answer within `answerMs`. That turn bills the payer.
   */
  readonly ask: <T>(call: () => ObservableInput<T>, then: (answer: Either<string, T>) => void, payer?: Payer) => Cancel
  /** Does the same for the engine. */
  readonly engine: <T>(call: () => Answer<T>, then: (answer: Either<string, T>) => void, payer?: Payer) => Cancel
  /**
   * Runs a task in a turn with all others of the same moment: what many promises bring is one turn, and its output one
   * message.
   */
  readonly gather: (task: Task) => void
  /** Names the owner of the present turn's work. The first named owner pays. */
  readonly bill: (owner: Owner) => void
  /** Returns the ms since the present turn began. */
  readonly turnMs: () => number
}

/** Asks on behalf of one connection, which pays for the turns of the answers. */
export interface Asker {
  readonly context: Context
  readonly payer: Payer
}

/** Maximum length of a message from hooks and engines, in characters. */
const messageLength = 512

/** `flush` writes the output that a turn has collected. */
export const context = (settings: Settings, tell: (fault: ServerFault) => void, flush: () => void): Context => {
  const { scheduler, answerMs } = settings
  const defect = (thrown: unknown): void => {
    fault({ where: 'defect', message: thrownText(thrown, readLength) })
  }
  /** The time of the present turn: reading the clock costs as much as handling a frame. */
  let turnAt: number | undefined
  let startedAt = 0
  let owner: Owner | undefined
  const now = (): number => turnAt ?? scheduler.now()
  const turns = mailbox(flush, defect)
  const box: Mailbox = {
    ...turns,
    enter: (task) => {
      if (turns.busy()) {
        turns.enter(task)
        return
      }
      turnAt = startedAt = scheduler.now()
      turns.enter(task)
      if (owner) {
        turnAt = scheduler.now()
        owner.pay(turnAt - startedAt)
        owner = undefined
      }
      turnAt = undefined
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

  const bill = (to: Owner): void => {
    owner ??= to
  }
  const ask: Context['ask'] = <T>(
    call: () => ObservableInput<T>,
    then: (answer: Either<string, T>) => void,
    payer?: Payer,
  ): Cancel => {
    let wanted = true
    const settle = (answer: Either<string, T>): void => {
      box.enter(() => {
        if (!wanted) return
        if (payer) bill(payer.owner())
        then(answer)
      })
    }
    const first = new First<T>(settle)
    const called = guard(() => from(call()), readLength)
    if (E.isLeft(called)) first.settle(called)
    else called.right.subscribe(first)
    if (!first.closed)
      first.add(
        clock.after(answerMs, () => {
          first.settle(E.left(`no answer within ${answerMs} ms`))
        }).cancel,
      )
    return () => {
      wanted = false
      first.unsubscribe()
    }
  }
  let gathered: Task[] = []
  const runGathered = (): void => {
    box.enter(() => {
      for (const task of gathered) turns.enter(task)
      gathered = []
    })
  }
  const gather = (task: Task): void => {
    if (gathered.push(task) > 1) return
    if (scheduler === monotonic) asMicrotask(runGathered)
    else runGathered()
  }

  return {
    settings,
    count: counters(),
    box,
    time,
    now,
    bill,
    gather,
    turnMs: () => scheduler.now() - startedAt,
    fault,
    ask,
    engine: (call, then, payer) =>
      ask(
        call,
        (answer) => {
          if (E.isLeft(answer)) then(answer)
          else then(E.isLeft(answer.right) ? E.left(answer.right.left.message) : answer.right)
        },
        payer,
      ),
  }
}
