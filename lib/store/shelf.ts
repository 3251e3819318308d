import type { Observable } from 'rxjs'
import type { Change, Owner, Scope, Stored } from './port.js'

/** Who holds a partition. */
export interface Header {
  /** Counts the openings. */
  readonly token: number
  /** A random name of the holder, `''` if there is none. */
  readonly holder: string
  /** When it was opened last, in ms since 1970. */
  readonly openedAt: number
  /** When the lease ends unless it is renewed, in ms since 1970; 0 where locks of the platform stand for it. */
  readonly until: number
}

export const isHeader = (value: unknown): value is Header => {
  const { token, holder, openedAt, until } = Object(value) as Partial<Record<keyof Header, unknown>>
  return (
    Number.isSafeInteger(token) &&
    typeof holder === 'string' &&
    [openedAt, until].every((at) => typeof at === 'number' && Number.isFinite(at))
  )
}

/** What is on a shelf. */
export interface Content {
  readonly records: ReadonlyMap<string, string>
  readonly damaged: readonly string[]
}

/** A partition in a list. */
export interface Listed {
  readonly instance: string
  readonly openedAt: number
}

export const laterFirst = (a: Listed, b: Listed): number => b.openedAt - a.openedAt

/** What one atomic step on a partition does. */
export type Verdict =
  | { readonly _tag: 'Refuse' }
  /** Removes the partition. */
  | { readonly _tag: 'Remove' }
  /** Sets the header, if one is given, and makes the changes. */
  | { readonly _tag: 'Write'; readonly header?: Header; readonly changes: readonly Change[] }

/** Looks at the header as it is, inside the step: no other step on the partition is between the look and the writing. */
export type Judge = (header: Header | undefined) => Verdict

/**
 * Where a store keeps what it keeps: atomic steps, and no notion of leases. Acts start at the call. Whether steps of
 * several pages are atomic to each other is the platform's word: they are in IndexedDB, not in Web Storage without locks.
 */
export interface Shelf {
  /** One atomic step: `false` if it was refused. */
  readonly step: (scope: Scope, judge: Judge) => Stored<boolean>
  readonly read: (scope: Scope) => Stored<Content>
  readonly list: (owner: Owner) => Stored<readonly Listed[]>
  readonly erase: (owner: Owner) => Stored<void>
}

/** A lock of the platform that is held until it is released, or until its page or process ends. */
export interface Lock {
  /** Starts at the call; emits once it is free, and completes. */
  readonly release: () => Observable<void>
}

/** Exclusive locks by name. Emits the lock, or `undefined` at once if somebody has it; completes. */
export type Locks = (name: string) => Observable<Lock | undefined>
