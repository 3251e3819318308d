/** A piece of work of a turn. */
export type Task = () => void

/**
 * Takes what comes from outside, one at a time, and finishes each before the next: run to completion.
 *
 * Work done while something is being handled goes through three phases: `route` what machines tell each other, until
 * nothing is left; `publish` what observers are told, in order; then what observers asked for meanwhile (`enter`). So a
 * command issued inside a notification takes effect after that notification has reached all its observers, and all
 * observers see one order.
 */
export interface Mailbox {
  /** Work from outside: a frame, a timer, a user's call. At once if nothing is being handled, else in its turn. */
  readonly enter: (task: Task) => void
  /** Work that one machine has for another; before anybody is told. */
  readonly route: (task: Task) => void
  /** Telling observers. */
  readonly publish: (task: Task) => void
  /** Finishes what has been routed, published and entered so far: ends one envelope of a frame. */
  readonly settle: () => void
  /** True while something is being handled. */
  readonly busy: () => boolean
}

/**
 * `atEnd` runs when a turn has nothing left to do, and again after what that led to; `defect` takes what a task threw, and
 * the mailbox goes on.
 */
export const mailbox = (atEnd: Task, defect: (thrown: unknown) => void): Mailbox => {
  const routed = queue<Task>()
  const published = queue<Task>()
  const entered = queue<Task>()
  let handling = false

  const attempt = (task: Task): void => {
    try {
      task()
    } catch (thrown) {
      defect(thrown)
    }
  }
  const next = (): Task | undefined => routed.take() ?? published.take() ?? entered.take()
  const settle = (): boolean => {
    let task = next()
    const worked = task !== undefined
    for (; task; task = next()) attempt(task)
    return worked
  }

  return {
    enter: (task) => {
      if (handling) {
        entered.put(task)
        return
      }
      handling = true
      try {
        attempt(task)
        settle()
        do attempt(atEnd)
        while (settle())
      } finally {
        handling = false
      }
    },
    route: routed.put,
    publish: published.put,
    settle,
    busy: () => handling,
  }
}

interface Queue<T> {
  readonly put: (item: T) => void
  readonly take: () => T | undefined
}

const queue = <T>(): Queue<T> => {
  let items: T[] = []
  let head = 0
  return {
    put: (item) => {
      items.push(item)
    },
    take: () => {
      if (head === items.length) {
        if (head > 0) {
          items = []
          head = 0
        }
        return undefined
      }
      return items[head++]
    },
  }
}
