import { Observable } from 'rxjs'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import { overdue } from './error.js'
import type { Link } from './link.js'
import type { Input } from './model.js'

/** The server's heartbeat interval, and the grace period for a late one. */
export interface Heartbeat {
  readonly intervalMs: number
  readonly graceMs: number
}

/** Lateness of a timer, in ms, beyond which the machine was asleep. */
const lateMs = 1_000

/**
 * Judges a link by the time of the last inbound frame: after `intervalMs` of silence it probes the link and reports
 * `degraded`; after `graceMs` more it reports the link lost.
 *
 * A timer that fired late says more about this machine than about the link (sleep, a throttled tab, a busy loop), so it
 * probes once more before it judges; frames that waited for the machine to wake count as life.
 */
export const liveness = (
  link: Pick<Link, 'generation' | 'heardAt'>,
  heartbeat: Heartbeat,
  { at, now }: Deadlines,
  probe: () => void,
): Observable<Input> =>
  new Observable((to) => {
    const { generation } = link
    let deadline: Deadline

    const silentAt = (): number => link.heardAt + heartbeat.intervalMs
    const isLate = (due: number): boolean => now() - due > lateMs
    const watch = (slept: boolean): void => {
      const due = Math.max(now(), silentAt())
      deadline = at(due, () => {
        if (now() < silentAt()) watch(false)
        else ask(slept || isLate(due) ? now() : silentAt(), false)
      })
    }
    const ask = (since: number, again: boolean): void => {
      const heardAt = link.heardAt
      const due = since + heartbeat.graceMs
      to.next({ _tag: 'Quality', generation, quality: 'degraded' })
      probe()
      deadline = at(due, () => {
        if (link.heardAt > heardAt) {
          to.next({ _tag: 'Quality', generation, quality: 'good' })
          watch(isLate(due))
        } else if (!again && isLate(due)) ask(now(), true)
        else to.next({ _tag: 'Lost', generation, because: overdue('connection/silent', now() - heardAt) })
      })
    }

    watch(false)
    return () => {
      deadline.cancel()
    }
  })
