import type { Entry, Outcome } from './engine.js'
import { fifo, type Fifo } from './fifo.js'
import { refusal } from './refusal.js'

/** What one room knows of its producers: for each the last decided seq, and the last outcomes. */
export interface Lanes {
  readonly lanes: Map<string, Lane>
  /** Every outcome that is held, the oldest first. */
  readonly held: Fifo<Held>
  /** Whose key was asked for last: publishes of one producer come together. */
  latest: Keyed | undefined
}

interface Lane {
  readonly key: string
  last: number
  /** Those that are held are from `from` on, the oldest first, which is the one with the lowest seq. */
  outcomes: (Held | undefined)[]
  from: number
}

interface Held {
  readonly lane: Lane
  readonly seq: number
  readonly time: number
  readonly outcome: Outcome
}

type Producer = Pick<Entry, 'user' | 'producer'>

interface Keyed extends Producer {
  readonly key: string
}

/** What was decided of lanes and is not remembered yet: the last decided seq of each, and the outcomes. */
export type Draft = Map<string, { last: number; readonly outcomes: Map<number, Outcome> }>

/** How many outcomes a room holds, and how long. */
export interface LaneBounds {
  readonly outcomes: number
  readonly dedupeMs: number
  /** Ages from before were told by a calendar, which anybody may set: an outcome counts as no older than this. */
  readonly since: number
}

/** What a lane takes beside its outcomes, and each of them, of a heap on 64 bits. */
const laneBytes = 305
const outcomeBytes = 172

/** What lanes take of the engine's bytes. */
export const bytesOf = ({ lanes, held }: Lanes): number => lanes.size * laneBytes + held.size() * outcomeBytes

export const noLanes = (): Lanes => ({ lanes: new Map(), held: fifo(), latest: undefined })

/**
 * What a lane says about an entry before it is executed: nothing if it is to be executed, else its outcome. The first line
 * that applies decides.
 *
 * | lane | entry | |
 * |---|---|---|
 * | unknown | retry | `delivery/unknown` |
 * | known | `seq ≤ last`, the outcome is held | that outcome, repeated |
 * | known | `seq ≤ last` | `delivery/forgotten` |
 * | any | `last < after`, an unknown lane's `last` being 0 | `delivery/order` |
 * | any | `after ≤ last < seq` | execute |
 *
 * What a draft holds counts as decided.
 */
export const judge = (known: Lanes, entry: Entry, draft?: Draft): Outcome | undefined => {
  const key = keyIn(known, entry)
  const lane = known.lanes.get(key)
  const drafted = draft?.get(key)
  if (!lane && !drafted && entry.retry) return refused('delivery/unknown')
  const last = drafted?.last ?? lane?.last ?? 0
  if (entry.seq > last) return entry.after > last ? refused('delivery/order') : undefined
  const outcome = drafted?.outcomes.get(entry.seq) ?? (lane && outcomeOf(lane, entry.seq))
  if (!outcome) return refused('delivery/forgotten')
  return outcome._tag === 'Accepted' ? { ...outcome, repeated: true } : outcome
}

/** Remembers what became of an entry. */
export const decide = (lanes: Lanes, entry: Entry, outcome: Outcome, time: number): void => {
  hold(lanes, keyIn(lanes, entry), entry.seq, outcome, time)
}

/** The same, by the key of the lane. What a lane is past stays as it was decided then. */
export const hold = ({ lanes, held }: Lanes, key: string, seq: number, outcome: Outcome, time: number): void => {
  const lane: Lane = lanes.get(key) ?? { key, last: 0, outcomes: [], from: 0 }
  if (seq <= lane.last) return
  lane.last = seq
  const kept: Held = { lane, seq, time, outcome }
  if (lane.outcomes.length > 0) lane.outcomes.push(kept)
  else {
    // Made with the one outcome that most lanes have, it has no room for more.
    lane.outcomes = [kept]
    lanes.set(key, lane)
  }
  held.put(kept)
}

const outcomeOf = ({ outcomes, from: first }: Lane, seq: number): Outcome | undefined => {
  let from = first
  let to = outcomes.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((outcomes[middle]?.seq ?? 0) < seq) from = middle + 1
    else to = middle
  }
  const found = outcomes[from]
  return found?.seq === seq ? found.outcome : undefined
}

/** Forgets the oldest outcome of a lane. */
const shift = (lane: Lane): void => {
  lane.outcomes[lane.from++] = undefined
  if (lane.from * 2 <= lane.outcomes.length) return
  lane.outcomes = lane.outcomes.slice(lane.from)
  lane.from = 0
}

/** Counts an entry as decided without remembering it. */
export const sketch = (draft: Draft, entry: Entry, outcome: Outcome): void => {
  const key = laneKey(entry)
  let lane = draft.get(key)
  if (!lane) draft.set(key, (lane = { last: 0, outcomes: new Map() }))
  lane.last = entry.seq
  lane.outcomes.set(entry.seq, outcome)
}

/** Forgets outcomes beyond the bounds, and a lane with its last outcome. Says whether a lane went before its time. */
export const forget = ({ lanes, held }: Lanes, { outcomes, dedupeMs, since }: LaneBounds, now: number): boolean => {
  let early = false
  for (let oldest = held.first(); oldest; oldest = held.first()) {
    const young = Math.max(oldest.time, since) >= now - dedupeMs
    if (held.size() <= outcomes && young) break
    held.take()
    const { lane } = oldest
    shift(lane)
    if (lane.outcomes.length > 0) continue
    lanes.delete(lane.key)
    early ||= young
  }
  return early
}

/** No two lanes have the same key, whatever their names are made of. */
export const laneKey = ({ user, producer }: Producer): string => `${producer.length}:${producer}${user}`

const keyIn = (known: Lanes, { user, producer }: Producer): string => {
  const { latest } = known
  if (latest?.producer === producer && latest.user === user) return latest.key
  const key = laneKey({ user, producer })
  known.latest = { user, producer, key }
  return key
}

const refused = (code: Parameters<typeof refusal>[0]): Outcome => ({ _tag: 'Refused', refusal: refusal(code) })
