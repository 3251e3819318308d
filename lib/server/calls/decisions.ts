import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { isLonger } from '../../protocol/utf8.js'
import type { EngineFailure } from '../answer.js'
import type { CallBook, Usage } from './book.js'
import { type CallChange, type CallFact, costOf, keyOf, lost, stateOf } from './fact.js'
import type { CallClaim, CallKey, CallState } from './ledger.js'

/** The bounds of an engine for commands. */
export interface CallBounds {
  /** Maximum number of commands of one user. */
  readonly commands: number
  /** Maximum heap bytes of all commands. */
  readonly commandBytes: number
}

/** Changes that were decided after those of the book, and are not applied yet. */
export interface CallDraft {
  readonly changes: CallChange[]
  /** The latest change of each command, once there is one. */
  facts?: Map<string, CallFact>
  /** The use beyond that of the book, by user, once there is one. */
  users?: Map<string, Usage>
  bytes: number
}

/** Decides on commands: adds each change to a draft. */
export interface CallDecisions {
  readonly claim: (claim: CallClaim, draft: CallDraft) => Either<EngineFailure, CallState>
  readonly settle: (key: CallKey, outcome: string | undefined, draft: CallDraft) => void
  readonly cancel: (key: CallKey, draft: CallDraft) => CallState
  /** Loses the running commands of each lease that is over. */
  readonly lose: (isOver: (lease: string) => boolean, draft: CallDraft) => void
}

/** The longest outcome to keep, in bytes of UTF-8. */
const mostOutcomeBytes = 65_536

/**
 * One in so many of the bytes that the commands of other users leave is the most for one user: however many users take
 * all they can, there is place for the next. Outcomes take at most half of it, and are not kept beyond: they leave place
 * for the commands of their user.
 */
const share = 1 / 8
const outcomeShare = share / 2

export const callDraft = (): CallDraft => ({ changes: [], bytes: 0 })

/** `isHeld` tells if a lease is in force. */
export const callDecisions = (
  book: CallBook,
  { commands, commandBytes }: CallBounds,
  isHeld: (lease: string) => boolean,
): CallDecisions => {
  const usage = (user: string, { users }: CallDraft): Usage => {
    const [kept, more] = [book.usage(user), users?.get(user)]
    return more ? { count: kept.count + more.count, bytes: kept.bytes + more.bytes } : kept
  }
  const hasPlace = (user: string, bytes: number, most: number, draft: CallDraft): boolean => {
    const own = usage(user, draft).bytes
    const others = book.bytes() + draft.bytes - own
    return own + bytes <= most * (commandBytes - others)
  }
  const put = ({ user, id }: CallKey, fact: CallFact, before: CallFact | undefined, draft: CallDraft): void => {
    const change: CallChange = { user, id, fact, at: book.now() }
    const bytes = costOf(change) - (before ? costOf({ id, fact: before }) : 0)
    const users = (draft.users ??= new Map<string, Usage>())
    const more = users.get(user) ?? { count: 0, bytes: 0 }
    users.set(user, { count: more.count + (before ? 0 : 1), bytes: more.bytes + bytes })
    draft.bytes += bytes
    draft.facts ??= new Map()
    draft.facts.set(keyOf(change), fact)
    draft.changes.push(change)
  }
  const find = (key: CallKey, { facts }: CallDraft): CallFact | undefined => {
    book.expire()
    return facts?.get(keyOf(key)) ?? book.find(key)?.fact
  }
  const lose = (key: CallKey, before: CallFact, draft: CallDraft): CallState => {
    put(key, lost, before, draft)
    return stateOf(lost)
  }
  /** Returns the state of a known command; it is lost where the lease of its server is over. */
  const stateIn = (key: CallKey, draft: CallDraft): CallState | undefined => {
    const fact = find(key, draft)
    if (fact?._tag === 'Running' && !isHeld(fact.lease)) return lose(key, fact, draft)
    return fact && stateOf(fact)
  }
  /** Remembers a new command, where there is place for it. */
  const add = (key: CallKey, fact: CallFact, draft: CallDraft): boolean => {
    const { user, id } = key
    const isFull = usage(user, draft).count >= commands || !hasPlace(user, costOf({ id, fact }), share, draft)
    if (!isFull) put(key, fact, undefined, draft)
    return !isFull
  }

  return {
    claim: ({ user, id, lease }, draft) => {
      const known = stateIn({ user, id }, draft)
      if (known) return E.right(known)
      if (!isHeld(lease)) return E.left({ message: `the lease ${lease} is not in force` })
      return E.right(add({ user, id }, { _tag: 'Running', lease }, draft) ? { _tag: 'First' } : { _tag: 'Full' })
    },
    settle: (key, outcome, draft) => {
      const before = find(key, draft)
      if (before?._tag !== 'Running') return
      const { user, id } = key
      const whole: CallFact = { _tag: 'Done', outcome }
      const bytes = costOf({ id, fact: whole }) - costOf({ id, fact: before })
      const isKept =
        outcome !== undefined && !isLonger(outcome, mostOutcomeBytes) && hasPlace(user, bytes, outcomeShare, draft)
      put(key, isKept ? whole : { _tag: 'Done', outcome: undefined }, before, draft)
    },
    cancel: (key, draft) => {
      const fact: CallFact = { _tag: 'Cancelled' }
      return stateIn(key, draft) ?? (add(key, fact, draft) ? fact : { _tag: 'Full' })
    },
    lose: (isOver, draft) => {
      for (const [lease, records] of book.running) {
        if (!isOver(lease)) continue
        for (const key of records) {
          const fact = find(key, draft)
          if (fact?._tag === 'Running') lose(key, fact, draft)
        }
      }
    },
  }
}
