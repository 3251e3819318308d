import { type SchedulerLike, Subscription } from 'rxjs'
import { type Mailbox, mailbox, type Task } from '../core/mailbox.js'
import { asMicrotask, monotonic } from '../core/platform.js'

/** The mailbox of a client, and the time at which its turns' output leaves. */
export interface Turns extends Mailbox {
  /**
   * Runs a user's call, or reads a message. Its output leaves with that of all calls that are made at once, or of all messages
   * that arrive together; other turns write at their end.
   */
  readonly command: (task: Task) => void
  /** Runs a task once the platform's pending events are handled: many frames may arrive at once. */
  readonly soon: (task: Task) => void
  /** Stops collecting calls, so that no timer waits: the client is closed. */
  readonly stop: () => void
}

/** Makes a mailbox. `flush` writes everything that waits to be written. */
export const turns = (scheduler: SchedulerLike, flush: Task, defect: (thrown: unknown) => void): Turns => {
  const soon = scheduler === monotonic ? asMicrotask : (task: Task): Subscription => scheduler.schedule(task)
  let gathering = false
  let gathered = Subscription.EMPTY
  let isStopped = false
  const box = mailbox(() => {
    if (!gathering) flush()
  }, defect)
  const gather = (): void => {
    if (gathering || isStopped || box.busy()) return
    gathering = true
    gathered = soon(() => {
      gathering = false
      box.enter(() => undefined)
    })
  }
  return {
    ...box,
    soon: (task) => {
      soon(task)
    },
    command: (task) => {
      gather()
      box.enter(task)
    },
    stop: () => {
      isStopped = true
      gathered.unsubscribe()
      gathering = false
    },
  }
}
