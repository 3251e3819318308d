import type { Contents } from './contents.js'
import type { Lane, OutgoingMessage, Waiting } from './message.js'
import type { OutboxConfig } from './model.js'

/** The bounds of an outbox, and its rule for messages beyond them. */
export interface Admission {
  /** Returns the messages to give up for a new one; `undefined` if there is no place. */
  readonly placeFor: (given: OutgoingMessage, isSpare: boolean, lane: Lane) => readonly Waiting[] | undefined
  /** Describes the bound that is reached. */
  readonly bound: () => string
}

const nothing: readonly Waiting[] = []

export const admission = (
  config: Pick<OutboxConfig, 'entries' | 'bytes' | 'overflow'>,
  { totals, held }: Pick<Contents, 'totals' | 'held'>,
): Admission => {
  const { overflow } = config
  const fits = (bytes: number, without: readonly Waiting[]): boolean =>
    totals.entries - without.length < config.entries &&
    totals.bytes + bytes - without.reduce((sum, { message }) => sum + message.bytes, 0) <= config.bytes

  return {
    placeFor: ({ bytes, key }, isSpare, lane) => {
      if (overflow === 'reject') return fits(bytes, nothing) ? nothing : undefined
      return overflow.giveUp({ key, isSpare, lane, fits: (without) => fits(bytes, without), held })
    },
    bound: () =>
      totals.entries < config.entries
        ? `it holds ${totals.bytes} of ${config.bytes} bytes`
        : `it holds ${config.entries} messages`,
  }
}
