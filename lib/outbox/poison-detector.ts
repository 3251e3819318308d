import type { InFlight, Message } from './message.js'

/** Suspected poison messages: in flight when written data closed the link. They go alone until they are settled. */
export interface PoisonDetector {
  /**
   * Records such a close. `sole` is the cause, if only one message was in flight and has more than `beyondBytes` bytes;
   * the second such close convicts it.
   */
  readonly linkClosed: (flights: readonly InFlight[], beyondBytes: number) => Verdict
  readonly isSuspect: (message: Message | undefined) => boolean
  /** Clears a message that was answered or settled. */
  readonly clear: (message: Message) => void
  readonly size: () => number
}

export interface Verdict {
  readonly sole: Message | undefined
  readonly isConvicted: boolean
}

/** The number of closes with the same sole message that convict it. */
const proof = 2

export const poisonDetector = (): PoisonDetector => {
  const strikes = new Map<Message, number>()
  return {
    linkClosed: (flights, beyondBytes) => {
      const [first] = flights
      const sole = first && flights.length === 1 && first.message.bytes > beyondBytes ? first.message : undefined
      for (const { message } of flights) strikes.set(message, (strikes.get(message) ?? 0) + (message === sole ? 1 : 0))
      return { sole, isConvicted: sole !== undefined && (strikes.get(sole) ?? 0) >= proof }
    },
    isSuspect: (message) => message !== undefined && strikes.has(message),
    clear: (message) => {
      strikes.delete(message)
    },
    size: () => strikes.size,
  }
}
