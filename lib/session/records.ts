import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import type { Resume } from '../core/ports.js'
import type { StoredSession } from '../kernel/identity.js'
import type { Posted } from '../outbox/journal.js'
import type { Change } from '../store/port.js'

/** The format of the records that this version writes, under the key `format`. */
export const recordFormat = 1

/** The content of a partition, with times on the clock of this run. */
export interface Records {
  readonly session: StoredSession | undefined
  readonly positions: ReadonlyMap<string, Resume>
  /** In the order in which they were given. */
  readonly posts: readonly Posted[]
  /** Ranks in that order, independent of the wall clock, by key; `undefined` for a post without one. */
  readonly ranks: Ranks
  /** Keys of invalid records. */
  readonly damaged: readonly string[]
}

export type Ranks = ReadonlyMap<string, number | undefined>

/** The clocks that convert wall clock times, which outlive a process, to the scheduler's and back. */
export interface Clocks {
  readonly now: () => number
  readonly wall: () => number
}

/** Beyond this, in ms, a time in the future shows that the wall clock was set back. */
const skewMs = 60_000

/** Converts a wall clock time to the scheduler's clock, not later than now. */
const toScheduler = (at: number, { now, wall }: Clocks): number => now() - Math.max(0, wall() - at)
/** The same for a time of first write: if it lies in the future, the age is unknown. */
const firstWritten = (at: number, clocks: Clocks): number =>
  at - clocks.wall() > skewMs ? -Infinity : toScheduler(at, clocks)
/** Converts a scheduler time to the wall clock; times before 1970 become 0. */
const toCalendar = (at: number, { now, wall }: Clocks): number => Math.max(0, Math.round(wall() - (now() - at)))

const prefixes = { position: 'position ', post: 'post ', damaged: 'damaged ' } as const

export const postKey = ({ producer, seq }: Pick<Posted, 'producer' | 'seq'>): string =>
  prefixes.post + JSON.stringify([producer, seq])
export const positionKey = (room: string): string => prefixes.position + room
export const damagedKey = (key: string): string => prefixes.damaged + key
export const isDamagedKey = (key: string): boolean => key.startsWith(prefixes.damaged)
export const isPostKey = (key: string): boolean => key.startsWith(prefixes.post)

export const formatRecord: Change = { key: 'format', text: String(recordFormat) }

export const sessionRecord = (session: StoredSession): Change => ({ key: 'session', text: JSON.stringify(session) })

/** A position, and the offered offset beyond it, if known. */
export const positionRecord = (room: string, { position: { epoch, offset }, offered }: Resume): Change => ({
  key: positionKey(room),
  text: JSON.stringify(offered === Infinity ? [epoch, offset] : [epoch, offset, offered]),
})

/** Records that positions are about to move, or that their run ended with all of them stored. */
export const runRecord = (state: 'open' | 'closed'): Change => ({ key: 'run', text: state })

export const postRecord = (posted: Posted, clocks: Clocks, rank: number | undefined): Change => {
  const { id, room, event, text, bytes, term, since, writtenAt, lanes } = posted
  const [givenAt, firstAt] = [
    toCalendar(since, clocks),
    writtenAt === undefined ? undefined : toCalendar(writtenAt, clocks),
  ]
  return {
    key: postKey(posted),
    text: JSON.stringify({ id, room, event, text, bytes, term, since: givenAt, writtenAt: firstAt, lanes, rank }),
  }
}

/** Reads the records of a partition. `isCertain: false`: some are missing, so every post may have been written. */
export const readRecords = (records: ReadonlyMap<string, string>, clocks: Clocks, isCertain: boolean): Records => {
  const positions = new Map<string, Resume>()
  const posts: Posted[] = []
  const ranks = new Map<string, number | undefined>()
  const damaged: string[] = []
  const isClosed = records.get('run') === 'closed'
  let session: StoredSession | undefined
  for (const [key, text] of records) {
    const parsed = guard((): unknown => JSON.parse(text))
    const value = E.isRight(parsed) ? parsed.right : undefined
    if (key === 'format' || key === 'run' || isDamagedKey(key)) continue
    if (key === 'session' && isSession(value)) session = value
    else if (key.startsWith(prefixes.position) && isPosition(value))
      positions.set(key.slice(prefixes.position.length), {
        position: { epoch: value[0], offset: value[1] },
        offered: (isClosed ? value[2] : undefined) ?? Infinity,
      })
    else {
      const place = isPostKey(key) ? placeOf(key) : undefined
      if (place && isPost(value)) {
        posts.push(postOf(place, value, clocks))
        ranks.set(key, value.rank)
      } else damaged.push(key)
    }
  }
  const doubted = isCertain && damaged.length === 0 ? posts : posts.map(doubt)
  return { session, positions, posts: inOrder(doubted, ranks), ranks, damaged }
}

/** Sorts posts by rank; those without a rank come first, by wall clock time. */
const inOrder = (posts: readonly Posted[], ranks: Ranks): readonly Posted[] => {
  const rankOf = (post: Posted): number => ranks.get(postKey(post)) ?? -Infinity
  return [...posts].sort((a, b) => rankOf(a) - rankOf(b) || a.since - b.since || a.seq - b.seq)
}

/** Returns the rank of the next post. */
export const nextRank = (ranks: Ranks): number => {
  let next = 0
  for (const rank of ranks.values()) if (rank !== undefined) next = Math.max(next, rank + 1)
  return next
}

/** Returns the first rank of `count` posts that go before all ranked ones. */
const ranksBefore = (ranks: Ranks, count: number): number => {
  let first = 0
  for (const rank of ranks.values()) if (rank !== undefined) first = Math.min(first, rank)
  return first - count
}

/**
 * Adds the posts of another partition, which go first: it was opened earlier. A post in both, after a crash during a
 * takeover, keeps its rank.
 */
export const withInherited = (own: Records, left: readonly Posted[]): Records => {
  const here = new Map(own.posts.map((post) => [postKey(post), post]))
  const ranks = new Map(own.ranks)
  const fresh = left.map(postKey).filter((key) => !here.has(key))
  const first = ranksBefore(ranks, fresh.length)
  fresh.forEach((key, at) => ranks.set(key, first + at))
  for (const post of left) if (here.get(postKey(post))?.writtenAt === undefined) here.set(postKey(post), post)
  return { ...own, posts: inOrder([...here.values()], ranks), ranks }
}

/** The post as possibly written: later notes about it may be lost. */
const doubt = (posted: Posted): Posted => ({ ...posted, writtenAt: posted.writtenAt ?? posted.since, lanes: undefined })

const placeOf = (key: string): readonly [producer: string, seq: number] | undefined => {
  const place = guard((): unknown => JSON.parse(key.slice(prefixes.post.length)))
  return E.isRight(place) && isPlace(place.right) ? place.right : undefined
}

interface StoredPost {
  readonly id: string
  readonly room: string
  readonly event: string
  readonly text: string
  readonly bytes: number
  readonly term?: number
  readonly since: number
  readonly writtenAt?: number
  readonly lanes?: string
  readonly rank?: number
}

const postOf = (
  [producer, seq]: readonly [string, number],
  { id, room, event, text, bytes, term, since, writtenAt, lanes }: StoredPost,
  clocks: Clocks,
): Posted => ({
  id,
  room,
  event,
  text,
  bytes,
  lanes,
  isPosted: true,
  term,
  producer,
  seq,
  since: toScheduler(since, clocks),
  writtenAt: writtenAt === undefined ? undefined : firstWritten(writtenAt, clocks),
})

const isText = (value: unknown): value is string => typeof value === 'string'
const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)

const isSession = (value: unknown): value is StoredSession => {
  const { instance, resume, sessions } = Object(value) as Partial<Record<keyof StoredSession, unknown>>
  return isText(instance) && isText(resume) && Array.isArray(sessions) && sessions.every(isText)
}

const isPosition = (value: unknown): value is readonly [epoch: string, offset: number, offered?: number] =>
  Array.isArray(value) &&
  isText(value[0]) &&
  Number.isSafeInteger(value[1]) &&
  (value[2] === undefined || Number.isSafeInteger(value[2]))

const isPlace = (value: unknown): value is readonly [producer: string, seq: number] =>
  Array.isArray(value) && isText(value[0]) && Number.isSafeInteger(value[1])

const isPost = (value: unknown): value is StoredPost => {
  const { id, room, event, text, bytes, term, since, writtenAt, lanes, rank } = Object(value) as Partial<
    Record<keyof StoredPost, unknown>
  >
  return (
    [id, room, event, text].every(isText) &&
    [bytes, since].every(isTime) &&
    (writtenAt === undefined || isTime(writtenAt)) &&
    (lanes === undefined || isText(lanes)) &&
    (term === undefined || Number.isSafeInteger(term)) &&
    (rank === undefined || Number.isSafeInteger(rank)) &&
    E.isRight(guard((): unknown => JSON.parse(text as string)))
  )
}
