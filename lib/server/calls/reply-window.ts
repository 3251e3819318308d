import type { UserAccount } from '../treasury.js'
import type { Outcome } from './outcome.js'

/** A reply of a stream, or its refusal, by its number. */
export interface Numbered {
  readonly n: number
  readonly outcome: Outcome
  /** Bytes of the payload. */
  readonly bytes: number
}

/**
 * The replies of a stream: those that wait for credit, and those that may not have arrived. Above a maximum the oldest is
 * dropped; a `gap` takes the place of dropped ones that were not written.
 */
export interface ReplyWindow {
  /** Adds a reply: `make` gets its number. */
  readonly put: (make: (n: number) => Outcome, bytes: number) => void
  /** Allows the replies up to `upTo`, and forgets those up to `seen`. */
  readonly credit: (upTo: number, seen: number) => void
  /** Begins anew after a reply. */
  readonly resume: (after: number, upTo: number) => void
  readonly hasNext: () => boolean
  /** Returns the next reply that may be written. */
  readonly next: () => Numbered | undefined
  /** Returns true where every reply was written, and the client takes another one. */
  readonly isHungry: () => boolean
  /** Returns true where every reply was written. */
  readonly isWritten: () => boolean
  /** Returns true where every reply has arrived. */
  readonly isEmpty: () => boolean
  readonly clear: () => void
}

/** The most replies of a stream, and their bytes. */
const most = { replies: 1_024, bytes: 256 * 2 ** 10 }

/** `mostBytes`: the most bytes of all replies of the user. */
export const replyWindow = (account: UserAccount, mostBytes: number): ReplyWindow => {
  /** Without a hole: only the oldest are dropped. */
  const replies: Numbered[] = []
  let bytes = 0
  let made = 0
  let written = 0
  let allowed = 0

  const add = (more: number): void => {
    bytes += more
    if (more > 0) account.put('replyBytes', more)
    else account.remove('replyBytes', -more)
  }
  const drop = (count: number): void => {
    for (const dropped of replies.splice(0, count)) add(-dropped.bytes)
  }
  const isFull = (): boolean =>
    replies.length > most.replies || bytes > most.bytes || account.level('replyBytes') > mostBytes
  /** Returns the number of the oldest kept reply. */
  const first = (): number => made - replies.length + 1
  const peek = (): Numbered | undefined => {
    if (written >= allowed) return undefined
    const lost = first() - 1
    if (written < lost) return { n: lost, outcome: { t: 'reply', n: lost, is: 'gap' }, bytes: 0 }
    return replies[written - lost]
  }
  return {
    put: (make, size) => {
      const n = ++made
      replies.push({ n, outcome: make(n), bytes: size })
      add(size)
      while (replies.length > 1 && isFull()) drop(1)
    },
    credit: (upTo, seen) => {
      allowed = Math.max(allowed, upTo)
      drop(Math.max(0, Math.min(seen, written) - first() + 1))
    },
    resume: (after, upTo) => {
      written = Math.min(after, made)
      allowed = upTo
      drop(Math.max(0, written - first() + 1))
    },
    hasNext: () => peek() !== undefined,
    next: () => {
      const next = peek()
      if (next) written = next.n
      return next
    },
    isHungry: () => written === made && made < allowed,
    isWritten: () => written === made,
    isEmpty: () => replies.length === 0,
    clear: () => {
      drop(replies.length)
    },
  }
}
