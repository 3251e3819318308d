import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import { heap } from '../core/heap.js'

/** A scheduler whose time passes when it is told to. */
export interface VirtualTime extends SchedulerLike {
  /** Runs what is due up to and including `ms`, in order of time, then of scheduling. */
  readonly advanceTo: (ms: number) => void
  /** Runs what is due in the next `ms`. */
  readonly advanceBy: (ms: number) => void
  /** Moves the clock and runs nothing, as a sleeping machine does: what fell due runs late, with the next advance. */
  readonly sleepFor: (ms: number) => void
  /** Runs until nothing is left to run. */
  readonly run: () => void
  /** How many actions wait. What has ended and leaks nothing leaves 0. */
  readonly pending: () => number
}

/** What `virtualTime` can be told. */
export interface VirtualTimeOptions {
  /** What the clock shows first, in ms. Default 0. */
  readonly startMs?: number
  /** Ends what never ends: the most actions in one `run`, and at one moment. Default 1 000 000. */
  readonly maxActions?: number
}

/**
 * Virtual time for every operator of rxjs, on a heap: tens of thousands of timers are as quick as ten.
 *
 * What an action throws goes to the caller of `run` or `advance…`, and the rest stays due. Throws on its own account
 * where a test would never end, where time would go back, and where an action would advance the time it runs in.
 */
export const virtualTime = ({ startMs = 0, maxActions = 1_000_000 }: VirtualTimeOptions = {}): VirtualTime => {
  const agenda = agendaOf()
  let clock = startMs
  let running = false

  /** Runs one action due until then, if there is one. */
  const step = (until: number): boolean => {
    const due = agenda.take(until)
    if (!due) return false
    clock = Math.max(clock, due.at)
    due.act()
    return true
  }
  const exclusively = (work: () => void): void => {
    if (running) throw new Error('virtual time is already running: an action cannot advance the time it runs in')
    running = true
    try {
      work()
    } finally {
      running = false
    }
  }
  const advanceTo = (ms: number): void => {
    if (!(ms >= clock)) throw new Error(`virtual time does not go back: it is ${clock} ms, not ${ms} ms`)
    exclusively(() => {
      let moment = clock
      let count = 0
      while (step(ms)) {
        count = moment === clock ? count + 1 : 1
        moment = clock
        if (count >= maxActions) {
          throw new Error(`${count} actions at ${clock} ms: something schedules itself without delay`)
        }
      }
      clock = ms
    })
  }

  return {
    now: () => clock,
    schedule: <T>(work: Work<T>, delay = 0, state?: T) =>
      action(work, (act, ms) => agenda.put(clock + (ms > 0 ? ms : 0), act)).schedule(state, delay),
    advanceTo,
    advanceBy: (ms) => {
      advanceTo(clock + ms)
    },
    sleepFor: (ms) => {
      if (!(ms >= 0)) throw new Error(`virtual time does not go back: not by ${ms} ms`)
      clock += ms
    },
    run: () => {
      exclusively(() => {
        for (let count = 1; step(Infinity); count++) {
          if (count >= maxActions && agenda.size() > 0) {
            throw new Error(
              `${count} actions until ${clock} ms, ${agenda.size()} to come: use advanceTo for what never ends`,
            )
          }
        }
      })
    },
    pending: agenda.size,
  }
}

type Work<T> = (this: SchedulerAction<T>, state: T) => void

/** Puts something on the agenda; the result takes it off. */
type Put = (act: () => void, delay: number) => () => void

/** An action as rxjs has it: scheduling it again replaces what it waits for; unsubscribing cancels. */
const action = <T>(work: Work<T>, put: Put): SchedulerAction<T> => {
  let cancel = (): void => undefined
  const self: SchedulerAction<T> = Object.assign(
    new Subscription(() => {
      cancel()
    }),
    {
      schedule: (state?: T, delay = 0): Subscription => {
        if (self.closed) return self
        cancel()
        cancel = put(() => {
          work.call(self, state as T)
        }, delay)
        return self
      },
    },
  )
  return self
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly act: () => void
  waiting: boolean
}

interface Agenda {
  readonly put: (at: number, act: () => void) => () => void
  /** Takes away the first that is due. */
  readonly take: (until: number) => Entry | undefined
  readonly size: () => number
}

const agendaOf = (): Agenda => {
  const entries = heap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order))
  let order = 0
  let waiting = 0

  const cancel = (entry: Entry): void => {
    if (!entry.waiting) return
    entry.waiting = false
    waiting--
    if (waiting * 2 < entries.size()) entries.keep((kept) => kept.waiting)
  }

  return {
    put: (at, act) => {
      // What is due at the end of time is never due.
      if (at === Infinity) return () => undefined
      const entry: Entry = { at, order: order++, act, waiting: true }
      entries.push(entry)
      waiting++
      return () => {
        cancel(entry)
      }
    },
    take: (until) => {
      while (entries.peek()?.waiting === false) entries.pop()
      const first = entries.peek()
      if (!first || first.at > until) return undefined
      entries.pop()
      first.waiting = false
      waiting--
      return first
    },
    size: () => waiting,
  }
}
