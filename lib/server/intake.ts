import type { Data, PeerSocket } from '../core/ports.js'
import type { Context } from './context.js'
import { fifo } from './fifo.js'
import type { Owner } from './owner.js'
import type { FairScheduler } from './fair-scheduler.js'

/** The messages of one socket. A message of a user above its share of the event loop waits for its turn. */
export interface Intake {
  /** To be called in a turn. */
  readonly receive: (data: Data) => void
  /** Reports that the socket and its user are above a rate for so many ms more: the server reads the socket later. */
  readonly slow: (connectionMs: number, userMs: number) => void
  /** Drops waiting messages and resumes reading, because the socket closes. */
  readonly close: () => void
}

export interface IntakeParts {
  readonly socket: PeerSocket
  readonly fairScheduler: FairScheduler
  readonly owner: () => Owner
  /** Handles a message, in a turn. `false` where `isLate` became true before its end: then `resume` continues with it. */
  readonly handle: (data: Data, isLate: () => boolean) => boolean
  readonly resume: (isLate: () => boolean) => boolean
  /** Adds to the number of waiting bytes; negative to subtract. */
  readonly holds: (bytes: number) => void
  /** Ends a connection that is too far above its rates. */
  readonly end: () => void
}

/** Longest pause of a connection above its rates, and the debt at which the server ends it, in ms. */
const mostMs = 2_000
const hardMs = 30_000

/** Longest time in which one message is handled before others come, in ms. */
const messageMs = 4

/** A socket without `pause` stays in `reading`. */
type State = 'reading' | 'behind' | 'resting' | 'closed'

export const intake = ({ bill, count, time, turnMs }: Context, parts: IntakeParts): Intake => {
  const { socket, fairScheduler, owner, handle, resume, holds, end } = parts
  const waiting = fifo<Data>()
  let state: State = 'reading'
  let owedMs = 0
  /** Bytes of the message that is handled in part. */
  let unfinished = 0

  const isLate = (): boolean => socket.pause !== undefined && turnMs() >= messageMs
  /** Handles a message, or a part of it. */
  const begin = (data: Data): void => {
    if (handle(data, isLate) || state === 'closed') return
    unfinished = data.length
    holds(unfinished)
    if (!isBehind()) queue()
  }
  const goOn = (): void => {
    if (!resume(isLate)) return
    holds(-unfinished)
    unfinished = 0
  }
  const pause = (next: 'behind' | 'resting'): void => {
    if (state === 'reading') socket.pause?.()
    state = next
  }
  const queue = (): void => {
    pause('behind')
    fairScheduler.wake(worker, owner())
  }
  const rest = (): void => {
    count.slowed++
    pause('resting')
    time.after(Math.min(owedMs, mostMs), () => {
      owedMs = 0
      if (state === 'resting') queue()
    })
  }
  const read = (): void => {
    state = 'reading'
    socket.resume?.()
  }
  const isBehind = (): boolean => state === 'behind'
  const worker = {
    hasWork: isBehind,
    step: () => {
      if (!isBehind()) return false
      let hasThrown = true
      try {
        advance()
        hasThrown = false
      } finally {
        // The scheduler drops a worker that throws, but the rest of the messages must not wait for ever.
        if (hasThrown) fairScheduler.wake(worker, owner())
      }
      return isBehind()
    },
  }
  const advance = (): void => {
    const data = unfinished > 0 ? undefined : waiting.take()
    if (unfinished > 0) goOn()
    else if (data !== undefined) {
      holds(-data.length)
      begin(data)
    } else if (owedMs > 0) rest()
    else read()
  }

  return {
    receive: (data) => {
      if (state === 'reading' && (!socket.pause || !owner().isHeavy())) {
        bill(owner())
        begin(data)
      } else if (state !== 'closed') {
        holds(data.length)
        waiting.put(data)
        if (state !== 'reading') return
        count.queued++
        queue()
      }
    },
    // Reading continues between pauses, because the server has to answer pings.
    slow: (connectionMs, userMs) => {
      owedMs = Math.max(connectionMs, userMs)
      // The debt of the user may come from its other connections.
      if (connectionMs > hardMs) end()
      else if (owedMs > 0 && socket.pause && state === 'reading') rest()
    },
    close: () => {
      if (state !== 'reading') socket.resume?.()
      state = 'closed'
      unfinished = 0
      waiting.clear()
    },
  }
}
