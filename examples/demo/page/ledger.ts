import type { Message, Position, Result } from '../../../lib/index.js'

/**
 * One room's account, made of nothing but what the room's stream has shown.
 *
 * Always `expected = received + missing + lost`: what the offsets say there was is what came, what a gap told to be
 * missing, and what went missing without a word.
 */
export interface Account {
  readonly received: number
  /** How many there were from the first that was received, by the offsets. */
  readonly expected: number
  readonly gaps: number
  /** Told missing by gaps, as far as they can be counted: not across two logs. */
  readonly missing: number
  /** Skipped, and no gap said so. */
  readonly lost: number
  /** An offset or an id that had been there before. */
  readonly duplicates: number
  /** Logged before this page had joined again, and received after. */
  readonly caughtUp: number
  readonly position: Position | undefined
}

/** Of a room in which nothing was received. */
export const blankAccount: Account = {
  received: 0,
  expected: 0,
  gaps: 0,
  missing: 0,
  lost: 0,
  duplicates: 0,
  caughtUp: 0,
  position: undefined,
}

/** Ids that are remembered, so that a message that was logged twice is noticed under its second offset. */
const remembered = 10_000

/** Keeps one room's account: gives it after each result. */
export const accountant = (): ((result: Result<Message<unknown>>) => Account) => {
  const ids = new Set<string>()
  let account = blankAccount
  let isLive = false

  /** How many offsets lie between the last known position and this one; `undefined` in another log. */
  const step = ({ epoch, offset }: Position): number | undefined =>
    account.position === undefined ? 1 : account.position.epoch === epoch ? offset - account.position.offset : undefined

  const arrived = (position: Position): Account => {
    // Another log that no gap announced: at least one message is unaccounted for.
    const by = step(position) ?? 2
    if (by <= 0) return { ...account, duplicates: account.duplicates + 1 }
    return {
      ...account,
      position,
      received: account.received + 1,
      expected: account.expected + by,
      lost: account.lost + by - 1,
    }
  }
  const isRepeated = (id: string): boolean => {
    if (ids.has(id)) return true
    ids.add(id)
    const [oldest = id] = ids
    if (ids.size > remembered) ids.delete(oldest)
    return false
  }

  return (result) => {
    if (result._tag === 'Right') {
      const { position, id, recovered } = result.right
      const isNew = (step(position) ?? 1) > 0
      account = arrived(position)
      if (isNew && isRepeated(id)) account = { ...account, duplicates: account.duplicates + 1 }
      if (isNew && recovered && isLive) account = { ...account, caughtUp: account.caughtUp + 1 }
      isLive ||= !recovered
      return account
    }
    const { left } = result
    if (left._tag === 'RoomError' && left.gap) {
      const { to, missing = 0 } = left.gap
      account = {
        ...account,
        position: to,
        gaps: account.gaps + 1,
        missing: account.missing + missing,
        expected: account.expected + missing,
      }
    } else if (left._tag === 'DecodeError' && left.position) account = arrived(left.position)
    return account
  }
}

/** What all rooms together come to. */
export type Total = Omit<Account, 'position'>

/** All rooms together. */
export const total = (accounts: readonly Account[]): Total => {
  const sum = (of: (account: Account) => number) => accounts.reduce((all, account) => all + of(account), 0)
  return {
    received: sum(({ received }) => received),
    expected: sum(({ expected }) => expected),
    gaps: sum(({ gaps }) => gaps),
    missing: sum(({ missing }) => missing),
    lost: sum(({ lost }) => lost),
    duplicates: sum(({ duplicates }) => duplicates),
    caughtUp: sum(({ caughtUp }) => caughtUp),
  }
}
