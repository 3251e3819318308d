import { Observable } from 'rxjs'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import { silent } from './error.js'
import type { Link } from './link.js'
import type { Input } from './model.js'

/** How often the server gives a sign of life, and how long it may be late. */
export interface Heartbeat {
  readonly intervalMs: number
  readonly graceMs: number
}

/** A timer that fires later than this was asleep, not patient. */
const lateMs = 1_000

/**
 * Judges a link by the time of the last inbound frame: after `intervalMs` of silence it is probed and `degraded`, after
 * `graceMs` more it is lost.
 *
 * A timer that fired late says more about this machine than about the link (sleep, a throttled tab, a busy loop), so it
 * probes once more before it judges; frames that waited for the machine to wake count as life.
 */
export const liveness = (
  link: Link,
  heartbeat: Heartbeat,
  deadlines: Deadlines,
  now: () => number,
  probe: () => void,
): Observable<Input> =>
  new Observable((to) => {
    const { generation } = link
    let deadline: Deadline

    const watch = (): void => {
      deadline = deadlines.at(link.heardAt + heartbeat.intervalMs, () => {
        if (now() < link.heardAt + heartbeat.intervalMs) watch()
        else ask(false)
      })
    }
    const ask = (again: boolean): void => {
      const since = link.heardAt
      const due = Math.max(now(), again ? 0 : link.heardAt + heartbeat.intervalMs) + heartbeat.graceMs
      to.next({ _tag: 'Quality', generation, quality: 'degraded' })
      probe()
      deadline = deadlines.at(due, () => {
        if (link.heardAt > since) {
          to.next({ _tag: 'Quality', generation, quality: 'good' })
          watch()
        } else if (!again && now() - due > lateMs) ask(true)
        else to.next({ _tag: 'Lost', generation, because: silent(now() - since) })
      })
    }

    watch()
    return () => {
      deadline.cancel()
    }
  })
