/** A unit of work in a turn. */
export type Task = () => void

/**
 * Handles outside events one at a time, and finishes each before the next: run to completion.
 *
 * Work done during an event goes through three phases: `route`, the outputs of machines for each other, until none is
 * left; `publish`, the notifications of observers, in order; then the calls that observers made meanwhile (`enter`). So
 * a command issued inside a notification takes effect after that notification has reached all its observers, and all
 * observers see one order.
 */
export interface Mailbox {
  /** Handles outside work: a frame, a timer, a user's call. Runs at once if the mailbox is idle, else in its turn. */
  readonly enter: (task: Task) => void
  /** Runs work in the present turn, or as outside work if there is none. */
  readonly within: (task: Task) => void
  /** Queues work of one machine for another; runs before any notification. */
  readonly route: (task: Task) => void
  /** Queues a notification of observers. */
  readonly publish: (task: Task) => void
  /** Finishes the routed, published and entered work so far: ends one envelope of a frame. */
  readonly settle: () => void
  /** True while a turn runs. */
  readonly busy: () => boolean
}

/**
 * Makes a mailbox. `atEnd` runs when a turn has nothing left to do, and again after the work it caused; `defect`
 * receives an error that a task threw, and the mailbox goes on.
 */
export const mailbox = (atEnd: Task, defect: (thrown: unknown) => void): Mailbox => {
  const routed = queue<Task>()
  const published = queue<Task>()
  const entered = queue<Task>()
  /** The tasks of all queues. */
  let waiting = 0
  let handling = false

  const attempt = (task: Task): void => {
    try {
      task()
    } catch (thrown) {
      defect(thrown)
    }
  }
  const putInto =
    ({ put }: Queue<Task>): ((task: Task) => void) =>
    (task) => {
      waiting++
      put(task)
    }
  const enter = putInto(entered)
  const next = (): Task | undefined => routed.take() ?? published.take() ?? entered.take()
  const settle = (): boolean => {
    // Most frames queue nothing.
    if (waiting === 0) return false
    for (let task = next(); task; task = next()) {
      waiting--
      attempt(task)
    }
    return true
  }

  const turn = (task: Task): void => {
    handling = true
    try {
      attempt(task)
      settle()
      do attempt(atEnd)
      while (settle())
    } finally {
      handling = false
    }
  }

  return {
    enter: (task) => {
      if (handling) enter(task)
      else turn(task)
    },
    within: (task) => {
      if (handling) task()
      else turn(task)
    },
    route: putInto(routed),
    publish: putInto(published),
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
