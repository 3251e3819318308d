import { arrive, depart, enqueue } from './lane.js'
import type { Held, InFlight, Waiting } from './message.js'

/** The messages in flight on the current link. */
export interface MessagesInFlight {
  readonly get: (ref: number | undefined) => InFlight | undefined
  readonly all: () => Iterable<InFlight>
  readonly size: () => number
  readonly bytes: () => number
  /** The number of the next write. */
  readonly nextRef: () => number
  /** Records a written message; returns the seq of the nearest earlier one of its lane in flight, 0 if there is none. */
  readonly add: (flying: InFlight) => number
  /** Records that a message is no longer in flight. */
  readonly remove: (flying: InFlight) => void
  /** Puts a message back in its lane. */
  readonly requeue: (flying: InFlight) => void
  /** The link ended: puts everything back. */
  readonly clear: () => void
}

export const messagesInFlight = (): MessagesInFlight => {
  const byRef = new Map<number, InFlight>()
  let lastRef = 0
  let bytes = 0

  const remove = (flying: InFlight): void => {
    byRef.delete(flying.ref)
    bytes -= flying.message.bytes
    arrive(flying)
  }
  const requeue = (flying: InFlight): void => {
    remove(flying)
    const waiting = waitingAgain(flying)
    flying.message.state = waiting
    enqueue(waiting)
  }
  return {
    get: (ref) => (ref === undefined ? undefined : byRef.get(ref)),
    all: () => byRef.values(),
    size: () => byRef.size,
    bytes: () => bytes,
    nextRef: () => lastRef + 1,
    add: (flying) => {
      lastRef = flying.ref
      byRef.set(lastRef, flying)
      bytes += flying.message.bytes
      return depart(flying)
    },
    remove,
    requeue,
    clear: () => {
      for (const flying of [...byRef.values()]) requeue(flying)
    },
  }
}

const waitingAgain = ({ message, text, lane, withinMs, due, kept, waiters }: Held): Waiting => ({
  _tag: 'Waiting',
  message,
  text,
  lane,
  withinMs,
  due,
  kept,
  waiters,
})
