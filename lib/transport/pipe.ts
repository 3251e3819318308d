import { type SchedulerLike, Subscription } from 'rxjs'

/** One direction of an imagined link: what is put in comes out later, in order, each item in an action of its own. */
export interface Pipe<T> {
  readonly put: (item: T, bytes: number) => void
  /** Bytes put in that have not departed yet. */
  readonly buffered: () => number
  /** Nothing departs or arrives any more. */
  readonly freeze: () => void
  /** Goes on where it was frozen. */
  readonly thaw: () => void
  /** Drops all that is under way and all that will be put in. */
  readonly shut: () => void
}

interface PipeOptions<T> {
  readonly scheduler: SchedulerLike
  /** How long the next item travels, in ms; it arrives no earlier than the one before. */
  readonly latencyMs: () => number
  readonly bytesPerSecond: number
  readonly frozen: boolean
  readonly arrived: (item: T) => void
  /** There is more room than before. */
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
  frozen: frozenAtFirst,
  arrived,
  drained,
}: PipeOptions<T>): Pipe<T> => {
  const line = fifo<Parcel<T>>()
  const flight = fifo<{ readonly item: T; readonly at: number }>()
  let bytesInLine = 0
  let departure = Infinity
  let frozen = frozenAtFirst
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
    const next = line.first()
    departure = next ? scheduler.now() + (next.bytes / bytesPerSecond) * 1_000 : Infinity
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
      if (!frozen && !line.first() && bytesPerSecond === Infinity) {
        travel(item)
      } else {
        line.put({ item, bytes })
        bytesInLine += bytes
        if (departure === Infinity) start()
      }
      arm()
    },
    buffered: () => bytesInLine,
    freeze: () => {
      frozen = true
      arm()
    },
    thaw: () => {
      frozen = false
      start()
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
