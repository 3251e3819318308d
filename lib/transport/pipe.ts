import { type SchedulerLike, Subscription } from 'rxjs'

/** One direction of a simulated link: items come out later, in order, each in an action of its own. */
export interface Pipe<T> {
  readonly put: (item: T, bytes: number) => void
  /** Bytes put in that have not departed yet. */
  readonly buffered: () => number
  /** Applies changes of bandwidth and freeze, and goes on from the current state. */
  readonly adjust: () => void
  /** Drops all current and future items. */
  readonly shut: () => void
}

interface PipeOptions<T> {
  readonly scheduler: SchedulerLike
  /** The latency of the next item, in ms; it arrives no earlier than the one before. */
  readonly latencyMs: () => number
  readonly bytesPerSecond: () => number
  /** True while nothing departs or arrives. */
  readonly frozen: () => boolean
  readonly arrived: (item: T) => void
  /** The line has more room than before. */
  readonly drained: () => void
}

interface Parcel<T> {
  readonly item: T
  readonly bytes: number
}

/** A pipe. Items depart one after the other at `bytesPerSecond`, then travel. */
export const pipe = <T>({
  scheduler,
  latencyMs,
  bytesPerSecond,
  frozen: isFrozen,
  arrived,
  drained,
}: PipeOptions<T>): Pipe<T> => {
  const line = fifo<Parcel<T>>()
  const flight = fifo<{ readonly item: T; readonly at: number }>()
  let bytesInLine = 0
  // For the first in line: the bytes left at that moment, and the departure time of the last of them.
  let rest = 0
  let reckonedAt = 0
  let departure = Infinity
  let frozen = isFrozen()
  let pace = bytesPerSecond()
  let shut = false
  let alarm = Subscription.EMPTY
  let alarmAt = Infinity

  const arm = (): void => {
    const at = frozen || shut ? Infinity : Math.min(departure, flight.first()?.at ?? Infinity)
    if (at === alarmAt) return
    alarm.unsubscribe()
    alarmAt = at
    if (at < Infinity) alarm = scheduler.schedule(ring, Math.max(0, at - scheduler.now()))
  }
  const ring = (): void => {
    alarmAt = Infinity
    if (departure <= (flight.first()?.at ?? Infinity)) depart()
    else arrive()
    arm()
  }
  const start = (): void => {
    rest = line.first()?.bytes ?? 0
    reckonedAt = scheduler.now()
    foresee()
  }
  const foresee = (): void => {
    const takesMs = rest === 0 ? 0 : (rest / pace) * 1_000
    departure = line.first() ? reckonedAt + takesMs : Infinity
  }
  /** Updates the bytes left, at the pace so far. */
  const reckon = (): void => {
    const now = scheduler.now()
    if (!frozen && departure <= now) rest = 0
    else if (!frozen) rest -= ((now - reckonedAt) / 1_000) * pace
    reckonedAt = now
  }
  const depart = (): void => {
    const parcel = line.take()
    if (!parcel) return
    bytesInLine -= parcel.bytes
    travel(parcel.item)
    start()
    if (parcel.bytes > 0) drained()
  }
  const travel = (item: T): void => {
    flight.put({ item, at: scheduler.now() + latencyMs() })
  }
  const arrive = (): void => {
    const parcel = flight.take()
    if (parcel) arrived(parcel.item)
  }

  return {
    put: (item, bytes) => {
      if (shut) return
      const isIdle = line.first() === undefined
      if (isIdle && !frozen && pace === Infinity) {
        travel(item)
      } else {
        line.put({ item, bytes })
        bytesInLine += bytes
        if (isIdle) start()
      }
      arm()
    },
    buffered: () => bytesInLine,
    adjust: () => {
      reckon()
      frozen = isFrozen()
      pace = bytesPerSecond()
      foresee()
      arm()
    },
    shut: () => {
      shut = true
      bytesInLine = 0
      arm()
    },
  }
}

interface Fifo<T> {
  readonly put: (item: T) => void
  readonly first: () => T | undefined
  readonly take: () => T | undefined
}

const fifo = <T>(): Fifo<T> => {
  let items: T[] = []
  let head = 0
  return {
    put: (item) => {
      items.push(item)
    },
    first: () => items[head],
    take: () => {
      const item = items[head++]
      if (head >= items.length) {
        items = []
        head = 0
      } else if (head > 1_024 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
  }
}
