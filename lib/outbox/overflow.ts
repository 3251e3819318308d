import type { Entry, Lane } from './entry.js'

/** A message as input of a `coalesceByKey` key function. */
export interface Keyed {
  readonly room: string
  readonly event: string
  /** The payload as the caller gave it. */
  readonly data: unknown
}

/** Replaces a waiting message by a later one to the same room under the same key. */
export interface CoalesceByKey {
  readonly key: (message: Keyed) => string | undefined
}

/** The rule for a message beyond the bounds of an outbox, or for the waiting ones. */
export type Overflow = 'reject' | 'dropOldest' | CoalesceByKey

/**
 * Makes a rule for `outbox.overflow`: of the messages to a room with the same key only the last waits; earlier ones end
 * in `Left(delivery/superseded)`, unless they were written already. Messages without a key (`undefined`) are never
 * replaced. Beyond the bounds it acts like `reject`. A key function that throws or returns anything but a text is a
 * fault, and the message has no key.
 */
export const coalesceByKey = (key: CoalesceByKey['key']): CoalesceByKey => Object.freeze({ key })

/** The contents of an outbox, and its bounds. */
interface Room {
  readonly held: () => readonly Entry[]
  readonly totals: { readonly entries: number; readonly bytes: number }
  readonly config: { readonly entries: number; readonly bytes: number; readonly overflow: Overflow }
}

/** A place for a message, with the messages that make room; or the bound in its way. */
export type Place =
  | { readonly _tag: 'Place'; readonly superseded?: Entry; readonly dropped: readonly Entry[] }
  | { readonly _tag: 'Full'; readonly bound: string }

const free: Place = { _tag: 'Place', dropped: [] }

/** Only a message that the server certainly does not have may be given up for another. */
const isSpare = ({ writtenAt }: Entry): boolean => writtenAt === undefined

/** Finds a place in a lane. A message that is sent again replaces none. */
export const placeFor = (entry: Entry, { waiting }: Lane, { held, totals, config }: Room): Place => {
  const { key } = entry
  if (key === undefined && totals.entries < config.entries && totals.bytes + entry.bytes <= config.bytes) return free
  const earlier =
    key !== undefined && isSpare(entry) ? waiting.find((each) => each.key === key && isSpare(each)) : undefined
  let entries = totals.entries - (earlier ? 1 : 0)
  let bytes = totals.bytes - (earlier?.bytes ?? 0)
  const fits = (): boolean => entries < config.entries && bytes + entry.bytes <= config.bytes
  if (fits()) return earlier ? { _tag: 'Place', superseded: earlier, dropped: [] } : free

  const dropped: Entry[] = []
  if (config.overflow === 'dropOldest') {
    for (const each of held().filter(isSpare).sort(older)) {
      dropped.push(each)
      entries--
      bytes -= each.bytes
      if (fits()) return { _tag: 'Place', dropped }
    }
  }
  const bound =
    totals.entries < config.entries ? `${totals.bytes} of ${config.bytes} bytes` : `${config.entries} messages`
  return { _tag: 'Full', bound: `it holds ${bound}` }
}

/** Sorts in the order in which they were given. */
export const older = (a: Entry, b: Entry): number => a.order - b.order
