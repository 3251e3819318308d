import type { WebSocketError } from '../../core/error.js'
import type { Positions } from '../../core/ports.js'
import type { Position } from '../../core/position.js'
import type { Uncommitted } from '../../kernel/extension.js'
import { invalidCommit } from './error.js'

/** The way one subscription consumes its room. */
export interface Consumption {
  /** The commit mode of the room's stored position; `undefined`: the subscription does not move it. */
  readonly stored: 'auto' | 'manual' | undefined
  /** The most messages that may be offered and not yet committed. */
  readonly window: number
}

/** One subscription with tracked progress. */
export interface Consumer {
  /** The number of messages that may be offered now. */
  readonly free: () => number
  /** The last position that the subscription has passed. */
  readonly at: () => Position | undefined
  /** The subscription has passed a position; `isOffered`: its subscriber received the message there. */
  readonly passed: (at: Position, isOffered: boolean) => void
  readonly close: () => void
}

/** Tracks the progress of subscriptions in their rooms, and moves the stored positions. Call in a turn. */
export interface Consumers {
  /** Adds a consumer. Calls `freed` when a commit has made room in a full window. */
  readonly add: (room: string, how: Consumption, freed: () => void) => Consumer
  /** Commits everything up to a position. Returns an error if the position was never offered. */
  readonly commit: (room: string, position: Position) => WebSocketError | undefined
  readonly uncommitted: () => readonly Uncommitted[]
  /** Calls `then` as soon as every offered message is committed. */
  readonly whenCommitted: (then: () => void) => void
}

interface Member {
  readonly how: Consumption
  readonly freed: () => void
  at: Position | undefined
  /** Offsets offered and not committed, in order; empty for a window without limit. */
  pending: number[]
}

/** All consumers of one room. Offsets are of `epoch`. */
interface Book {
  readonly members: Set<Member>
  epoch: string
  offered: number
  committed: number
}

/** The number of rooms to remember after their last subscription has ended. */
const mostEnded = 1_000

const reachOf = ({ offered, members }: Book): number =>
  Math.max(offered, ...[...members].map(({ at }) => at?.offset ?? 0))

const isCounted = ({ stored, window }: Consumption): boolean => stored === 'manual' || window < Infinity

/** Calls `contested` with the first room that two subscriptions with manual commit consume. */
export const consumers = (positions: Positions, contested: (room: string) => void = () => undefined): Consumers => {
  const books = new Map<string, Book>()
  const ended = new Map<string, Position>()
  let waiting: (() => void)[] = []
  let isContested = false

  const bookOf = (room: string): Book => {
    const known = books.get(room)
    if (known) return known
    const fresh: Book = { members: new Set(), epoch: '', offered: 0, committed: 0 }
    books.set(room, fresh)
    return fresh
  }
  /** Moves the stored position to the slowest stored consumer, and never past uncommitted messages. */
  const advance = (room: string, { members, epoch, offered, committed }: Book): void => {
    let offset = Infinity
    for (const { how, at } of members) {
      if (!how.stored) continue
      if (at?.epoch !== epoch) return
      offset = Math.min(offset, at.offset)
      if (how.stored === 'manual' && offered > committed) offset = Math.min(offset, committed)
    }
    if (offset < Infinity) positions.moved(room, { epoch, offset })
  }
  /** Remembers the last offered position of a room without subscriptions: its messages may be committed later. */
  const end = (room: string, epoch: string, offset: number): void => {
    ended.delete(room)
    ended.set(room, { epoch, offset })
    for (const oldest of ended.keys()) {
      if (ended.size <= mostEnded) break
      ended.delete(oldest)
    }
  }
  /** The last offered offset of a room without subscriptions, if known; 0 in an unknown epoch. */
  const reachedBefore = (room: string, epoch: string): number => {
    const last = ended.get(room)
    const { position, offered = 0 } = positions.get(room) ?? {}
    return Math.max(
      last?.epoch === epoch ? last.offset : 0,
      position?.epoch === epoch ? Math.max(position.offset, offered < Infinity ? offered : 0) : 0,
    )
  }
  const uncommitted = (): readonly Uncommitted[] =>
    [...books].flatMap(([room, { epoch, offered, committed }]) =>
      offered > committed ? [{ room, after: { epoch, offset: committed }, upTo: { epoch, offset: offered } }] : [],
    )
  const settle = (): void => {
    if (waiting.length === 0 || uncommitted().length > 0) return
    const all = waiting
    waiting = []
    for (const then of all) then()
  }
  return {
    add: (room, how, freed) => {
      const book = bookOf(room)
      const member: Member = { how, freed, at: undefined, pending: [] }
      if (!isContested && how.stored === 'manual' && [...book.members].some((other) => other.how.stored === 'manual')) {
        isContested = true
        contested(room)
      }
      book.members.add(member)
      if (how.stored) positions.hold(room)
      return {
        free: () => how.window - member.pending.length,
        at: () => member.at,
        passed: (at, isOffered) => {
          if (book.epoch !== at.epoch) begin(book, at.epoch)
          member.at = at
          if (isOffered && isCounted(how)) {
            if (how.window < Infinity) member.pending.push(at.offset)
            book.offered = Math.max(book.offered, at.offset)
            if (how.stored) positions.offered(room, at)
          }
          advance(room, book)
        },
        close: () => {
          if (!book.members.delete(member)) return
          if (how.stored) positions.release(room)
          if (book.members.size > 0) return
          books.delete(room)
          if (book.epoch) end(room, book.epoch, Math.max(reachOf(book), member.at?.offset ?? 0))
          settle()
        },
      }
    },
    commit: (room, position) => {
      const book = books.get(room)
      if (!book?.epoch) {
        const reached = reachedBefore(room, position.epoch)
        if (position.offset > reached) return invalidCommit(room, position, reached)
        const known = positions.get(room)?.position
        if (!known || known.epoch === position.epoch) positions.moved(room, position)
        return undefined
      }
      // A commit of an earlier log is late: its messages cannot be offered again.
      if (book.epoch !== position.epoch) return undefined
      const reached = reachOf(book)
      if (position.offset > reached) return invalidCommit(room, position, reached)
      book.committed = Math.max(book.committed, position.offset)
      advance(room, book)
      for (const member of book.members) {
        const wasFull = member.pending.length >= member.how.window
        member.pending = member.pending.filter((offset) => offset > book.committed)
        if (wasFull && member.pending.length < member.how.window) member.freed()
      }
      settle()
      return undefined
    },
    uncommitted,
    whenCommitted: (then) => {
      waiting.push(then)
      settle()
    },
  }
}

/** Begins a new log of a room. */
const begin = (book: Book, epoch: string): void => {
  book.epoch = epoch
  book.offered = 0
  book.committed = 0
  for (const member of book.members) member.pending = []
}
