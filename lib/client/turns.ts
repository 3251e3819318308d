import { asapScheduler, type SchedulerLike } from 'rxjs'
import { type Mailbox, mailbox, type Task } from '../core/mailbox.js'
import { monotonic } from '../core/platform.js'

/** The mailbox of a client, and when what its turns wrote leaves. */
export interface Turns extends Mailbox {
  /** A user's call. What it writes leaves with that of all calls made at once; a turn's own leaves at its end. */
  readonly command: (task: Task) => void
  /** Once what the platform has at hand is handled: many frames may be read at once. */
  readonly soon: (task: Task) => void
}

/** `flush` writes everything that waits to be written. */
export const turns = (scheduler: SchedulerLike, flush: Task, defect: (thrown: unknown) => void): Turns => {
  const soon = scheduler === monotonic ? asapScheduler : scheduler
  let gathering = false
  const box = mailbox(() => {
    if (!gathering) flush()
  }, defect)
  const later = (task: Task): void => {
    soon.schedule(task)
  }
  const gather = (): void => {
    if (gathering || box.busy()) return
    gathering = true
    later(() => {
      gathering = false
      box.enter(() => undefined)
    })
  }
  return {
    ...box,
    soon: later,
    command: (task) => {
      gather()
      box.enter(task)
    },
  }
}
