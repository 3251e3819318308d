import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import { heap } from '../core/heap.js'

/** A scheduler whose time passes only when the test advances it. */
export interface VirtualTime extends SchedulerLike {
  /** Runs the actions due up to and including `ms`, in order of time, then of scheduling. */
  readonly advanceTo: (ms: number) => void
  /** Runs the actions due in the next `ms`. */
  readonly advanceBy: (ms: number) => void
  /** Moves the clock and runs nothing, as a sleeping machine does: overdue actions run late, with the next advance. */
  readonly sleepFor: (ms: number) => void
  /** Runs until no action is left. */
  readonly run: () => void
  /** Returns the number of waiting actions. It is 0 if everything has ended without a leak. */
  readonly pending: () => number
}

/** Options for `virtualTime`. */
export interface VirtualTimeOptions {
  /** First time of the clock, in ms. Default 0. */
  readonly startMs?: number | undefined
  /** Maximum number of actions in one `run`, and at one moment: beyond it the call throws. Default 1 000 000. */
  readonly maxActions?: number | undefined
}

/**
 * Virtual time for every operator of rxjs, on a heap: tens of thousands of timers are as fast as ten.
 *
 * If an action throws, `run` or `advance…` throws the same error, and the other actions stay due. It also throws if a test
 * would never end, if time would go back, and if an action would advance the time in which it runs.
 */
export const virtualTime = ({ startMs = 0, maxActions = 1_000_000 }: VirtualTimeOptions = {}): VirtualTime => {
  let clock = startMs
  const now = (): number => clock
  const agenda = agendaOf(now)
  let running = false

  /** Runs one action that is due until then. Returns false if there is none. */
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

  const newBranch = (): Branch => {
    const owner: Owner = { waiting: 0 }
    return {
      now,
      schedule: <T>(work: Work<T>, delay = 0, state?: T) => new Action(agenda, owner, work).schedule(state, delay),
      pending: () => owner.waiting,
    }
  }

  const time: VirtualTime = {
    ...newBranch(),
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
  branches.set(time, newBranch)
  return time
}

/** The scheduler of one user of a virtual time, with a count of its own actions. */
export interface Branch extends SchedulerLike {
  /** Returns the number of its waiting actions. */
  readonly pending: () => number
}

/** Makes a branch of a virtual time; returns `undefined` for any other scheduler. */
export const branch = (scheduler: SchedulerLike): Branch | undefined => branches.get(scheduler)?.()

const branches = new WeakMap<SchedulerLike, () => Branch>()

type Work<T> = (this: SchedulerAction<T>, state: T) => void

/** The count of one user's waiting actions. */
interface Owner {
  waiting: number
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly owner: Owner
  /** `undefined` once the action has run or was cancelled, so that it holds no memory. */
  act: (() => void) | undefined
}

/** A heap smaller than this is not searched for cancelled actions. */
const smallHeap = 64

/** An action as rxjs defines it: scheduling it again replaces its pending call; unsubscribing cancels it. */
class Action<T> extends Subscription implements SchedulerAction<T> {
  readonly #agenda: Agenda
  readonly #owner: Owner
  readonly #work: Work<T>
  #entry: Entry | undefined

  constructor(agenda: Agenda, owner: Owner, work: Work<T>) {
    super()
    this.#agenda = agenda
    this.#owner = owner
    this.#work = work
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this
    this.#cancel()
    this.#entry = this.#agenda.put(this.#owner, delay, () => {
      this.#work.call(this, state as T)
    })
    return this
  }

  override unsubscribe(): void {
    this.#cancel()
    super.unsubscribe()
  }

  #cancel(): void {
    if (this.#entry?.act) this.#agenda.cancel(this.#entry)
    this.#entry = undefined
  }
}

interface Due {
  readonly at: number
  readonly act: () => void
}

interface Agenda {
  readonly put: (owner: Owner, delay: number, act: () => void) => Entry | undefined
  readonly cancel: (entry: Entry) => void
  /** Removes and returns the first action that is due. */
  readonly take: (until: number) => Due | undefined
  readonly size: () => number
}

const agendaOf = (now: () => number): Agenda => {
  const entries = heap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order))
  let order = 0
  let waiting = 0
  const done = (entry: Entry): void => {
    entry.act = undefined
    entry.owner.waiting--
    waiting--
  }

  return {
    put: (owner, delay, act) => {
      const at = now() + (delay > 0 ? delay : 0)
      // An action at infinite time is never due.
      if (at === Infinity) return undefined
      const entry: Entry = { at, order: order++, owner, act }
      entries.push(entry)
      owner.waiting++
      waiting++
      return entry
    },
    cancel: (entry) => {
      done(entry)
      if (entries.size() > smallHeap && waiting * 2 < entries.size()) entries.keep(({ act }) => act !== undefined)
    },
    take: (until) => {
      let first = entries.peek()
      while (first && !first.act) {
        entries.pop()
        first = entries.peek()
      }
      if (!first?.act || first.at > until) return undefined
      const due: Due = { at: first.at, act: first.act }
      entries.pop()
      done(first)
      return due
    },
    size: () => waiting,
  }
}
