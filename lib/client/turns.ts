import { asapScheduler, type SchedulerLike, Subscription } from 'rxjs'
import { type Mailbox, mailbox, type Task } from '../core/mailbox.js'
import { monotonic } from '../core/platform.js'

/** The mailbox of a client, and when what its turns wrote leaves. */
export interface Turns extends Mailbox {
  /** A user's call. What it writes leaves with that of all calls made at once; a turn's own leaves at its end. */
  readonly command: (task: Task) => void
  /** Once what the platform has at hand is handled: many frames may be read at once. */
  readonly soon: (task: Task) => void
  /** Nothing is gathered any more, so that no timer waits: the client is closed. */
  readonly stop: () => void
}

/** `flush` writes everything that waits to be written. */
export const turns = (scheduler: SchedulerLike, flush: Task, defect: (thrown: unknown) => void): Turns => {
  const soon = scheduler === monotonic ? asapScheduler : scheduler
  let gathering = false
  let gathered = Subscription.EMPTY
  let isStopped = false
  const box = mailbox(() => {
    if (!gathering) flush()
  }, defect)
  const gather = (): void => {
    if (gathering || isStopped || box.busy()) return
    gathering = true
    gathered = soon.schedule(() => {
      gathering = false
      box.enter(() => undefined)
    })
  }
  return {
    ...box,
    soon: (task) => {
      soon.schedule(task)
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
