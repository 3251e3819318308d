import type { Entry, Lane } from './entry.js'

/** A message as the key of `coalesceByKey` sees it. */
export interface Keyed {
  readonly room: string
  readonly event: string
  /** The payload as it was given. */
  readonly data: unknown
}

/** Replaces what waits by what comes later for the same room under the same key. */
export interface CoalesceByKey {
  readonly key: (message: Keyed) => string | undefined
}

/** What becomes of a message for which an outbox has no place, or of those that wait. */
export type Overflow = 'reject' | 'dropOldest' | CoalesceByKey

/**
 * For `outbox.overflow`: of the messages to a room that have the same key only the last waits; those before it end in
 * `Left(delivery/superseded)`, unless they were written already. What has no key (`undefined`) is never replaced. Beyond
 * the bounds it is as with `reject`. A key that throws or gives something else than a text is a fault, and no key.
 */
export const coalesceByKey = (key: CoalesceByKey['key']): CoalesceByKey => Object.freeze({ key })

/** What there is, and what there may be. */
interface Room {
  readonly held: () => readonly Entry[]
  readonly totals: { readonly entries: number; readonly bytes: number }
  readonly config: { readonly entries: number; readonly bytes: number; readonly overflow: Overflow }
}

/** A place for a message, and at whose expense; or the bound that it would break. */
export type Place =
  | { readonly _tag: 'Place'; readonly superseded?: Entry; readonly dropped: readonly Entry[] }
  | { readonly _tag: 'Full'; readonly bound: string }

const free: Place = { _tag: 'Place', dropped: [] }

/** Only what the server certainly does not have may be given up for another message. */
const isSpare = ({ writtenAt }: Entry): boolean => writtenAt === undefined

/** Finds a place in a lane. What is sent again replaces nothing. */
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

/** In the order in which they were given. */
export const older = (a: Entry, b: Entry): number => a.order - b.order
