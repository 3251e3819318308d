import type { Entry, Outcome } from './engine.js'
import { type Ranked, type Ranking, ranking } from './ranking.js'
import { refusal } from './refusal.js'

/** A room's memory of its producers: per lane the last decided seq and the last outcomes. */
export interface Lanes {
  readonly lanes: Map<string, Lane>
  /** Users with outcomes. */
  readonly holders: Map<string, Holder>
  /** Every held outcome, in order of arrival. */
  oldest: Held | undefined
  newest: Held | undefined
  /** The number of held outcomes. */
  size: number
  turn: number
  /** Ranks users by number of outcomes, the most first; exists once the limit was exceeded. */
  ranking: Ranking<Holder> | undefined
  /** The last looked-up producer and its key: publishes of one producer come together. */
  latest: Keyed | undefined
}

interface Lane {
  readonly key: string
  readonly holder: Holder
  last: number
  /** The held outcomes start at index `from`, the oldest first, which is the one with the lowest seq. */
  outcomes: (Held | undefined)[]
  from: number
}

/** A user with its outcomes, in order of arrival. */
interface Holder extends Ranked {
  readonly user: string
  oldest: Held | undefined
  newest: Held | undefined
}

interface Held {
  readonly lane: Lane
  readonly seq: number
  readonly time: number
  readonly outcome: Outcome
  before: Held | undefined
  after: Held | undefined
  /** The next outcome of the same user. */
  next: Held | undefined
}

type Producer = Pick<Entry, 'user' | 'producer'>

interface Keyed extends Producer {
  readonly key: string
}

/** Lane decisions that are not yet remembered: the last decided seq of each lane, and the outcomes. */
export type Draft = Map<string, { last: number; readonly outcomes: Map<number, Outcome> }>

/** Maximum number of outcomes per room, and their lifetime in ms. */
export interface LaneBounds {
  readonly outcomes: number
  readonly dedupeMs: number
  /** A wall clock, which anybody may set, gave the ages from before a restart: an outcome counts as no older than this time. */
  readonly since: number
}

/** Heap bytes of a user, a lane without its outcomes, and an outcome, measured on 64 bits. */
const holderBytes = 210
const laneBytes = 240
const outcomeBytes = 200

/** Returns the bytes of lanes within the engine's total. */
export const bytesOf = ({ lanes, holders, size }: Lanes): number =>
  holders.size * holderBytes + lanes.size * laneBytes + size * outcomeBytes

export const noLanes = (): Lanes => ({
  lanes: new Map(),
  holders: new Map(),
  oldest: undefined,
  newest: undefined,
  size: 0,
  turn: 0,
  ranking: undefined,
  latest: undefined,
})

/**
 * Judges an entry before its execution: returns its outcome, or `undefined` where it is to be executed. The first row
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
 * Entries in a draft count as decided.
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

/** Remembers the outcome of an entry. */
export const decide = (lanes: Lanes, entry: Entry, outcome: Outcome, time: number): void => {
  hold(lanes, keyIn(lanes, entry), entry.seq, outcome, time)
}

/** Does the same by the lane's key. A seq that the lane has passed keeps its earlier outcome. */
export const hold = (known: Lanes, key: string, seq: number, outcome: Outcome, time: number): void => {
  const lane: Lane = known.lanes.get(key) ?? { key, holder: holderOf(known, key), last: 0, outcomes: [], from: 0 }
  if (seq <= lane.last) return
  lane.last = seq
  const { holder } = lane
  const kept: Held = { lane, seq, time, outcome, before: known.newest, after: undefined, next: undefined }
  if (lane.outcomes.length > 0) lane.outcomes.push(kept)
  else {
    // The array literal with the one outcome that most lanes have reserves no further space.
    lane.outcomes = [kept]
    known.lanes.set(key, lane)
    known.holders.set(holder.user, holder)
  }
  if (known.newest) known.newest.after = kept
  known.oldest ??= kept
  known.newest = kept
  known.size++
  if (holder.newest) holder.newest.next = kept
  holder.oldest ??= kept
  holder.newest = kept
  holder.weight++
  holder.turn = ++known.turn
  known.ranking?.place(holder)
}

/** Returns every held outcome, in order of arrival. */
export const outcomesIn = ({ oldest }: Lanes): readonly Held[] => {
  const all: Held[] = []
  for (let each = oldest; each; each = each.after) all.push(each)
  return all
}

const holderOf = ({ holders }: Lanes, key: string): Holder => {
  const user = userOf(key)
  return holders.get(user) ?? { weight: 0, turn: 0, at: -1, user, oldest: undefined, newest: undefined }
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

/** Forgets the oldest outcome of a user, and its lane with the last one. Returns true where the lane is gone. */
const take = (known: Lanes, { lane, before, after, next }: Held): boolean => {
  const { holder } = lane
  if (before) before.after = after
  else known.oldest = after
  if (after) after.before = before
  else known.newest = before
  known.size--
  holder.oldest = next
  if (!next) holder.newest = undefined
  holder.weight--
  if (holder.weight > 0) known.ranking?.place(holder)
  else {
    known.ranking?.remove(holder)
    known.holders.delete(holder.user)
  }
  shift(lane)
  return lane.outcomes.length === 0 && known.lanes.delete(lane.key)
}

/**
 * Forgets outcomes that are too old, then those above the maximum: the oldest of the user with the most. A lane goes
 * with its last outcome. Calls `lost` with the user of each lane that goes before its time.
 */
export const forget = (
  known: Lanes,
  { outcomes, dedupeMs, since }: LaneBounds,
  now: number,
  lost: (user: string) => void = () => undefined,
): void => {
  for (let each = known.oldest; each && Math.max(each.time, since) < now - dedupeMs; each = known.oldest)
    take(known, each)
  if (known.size <= outcomes) return
  known.ranking ??= ranked(known)
  for (let most = known.ranking.first(); most?.oldest && known.size > outcomes; most = known.ranking.first())
    if (take(known, most.oldest)) lost(most.user)
}

const ranked = ({ holders }: Lanes): Ranking<Holder> => {
  const all = ranking<Holder>((holder) => holder)
  for (const holder of holders.values()) all.place(holder)
  return all
}

/** Keys of different lanes differ, whatever characters the names contain. */
export const laneKey = ({ user, producer }: Producer): string => `${producer.length}:${producer}${user}`

const userOf = (key: string): string => {
  const colon = key.indexOf(':')
  return key.slice(colon + 1 + Number(key.slice(0, colon)))
}

const keyIn = (known: Lanes, { user, producer }: Producer): string => {
  const { latest } = known
  if (latest?.producer === producer && latest.user === user) return latest.key
  const key = laneKey({ user, producer })
  known.latest = { user, producer, key }
  return key
}

const refused = (code: Parameters<typeof refusal>[0]): Outcome => ({ _tag: 'Refused', refusal: refusal(code) })
