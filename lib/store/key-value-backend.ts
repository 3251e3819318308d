import type { Observable } from 'rxjs'
import type { Change, Owner, Scope, Stored } from './port.js'

/** The holder of a partition. */
export interface Header {
  /** Counts the openings. */
  readonly token: number
  /** A random name of the holder, `''` if there is none. */
  readonly holder: string
  /** The time of the last opening, in ms since 1970. */
  readonly openedAt: number
  /** The end of the lease unless it is renewed, in ms since 1970; 0 if a lock of the platform takes its place. */
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

/** The content of a partition on a shelf. */
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

/** The effect of one atomic step on a partition. */
export type Verdict =
  | { readonly _tag: 'Refuse' }
  /** Removes the partition. */
  | { readonly _tag: 'Remove' }
  /** Sets the header, if given, and makes the changes. */
  | { readonly _tag: 'Write'; readonly header?: Header; readonly changes: readonly Change[] }

/**
 * Decides a step from the current header, inside the step: no other step on the partition runs between the read and the
 * write.
 */
export type Judge = (header: Header | undefined) => Verdict

/**
 * The storage behind a store: atomic steps, without leases. Acts start at the call. Atomicity between several pages
 * depends on the platform: IndexedDB has it, Web Storage without locks does not.
 */
export interface KeyValueBackend {
  /** Runs one atomic step: `false` if it was refused. */
  readonly step: (scope: Scope, judge: Judge) => Stored<boolean>
  readonly read: (scope: Scope) => Stored<Content>
  readonly list: (owner: Owner) => Stored<readonly Listed[]>
  readonly erase: (owner: Owner) => Stored<void>
}

/** A platform lock, held until it is released, or until its page or process ends. */
export interface Lock {
  /** Starts at the call; emits once it is free, and completes. */
  readonly release: () => Observable<void>
}

/** Exclusive locks by name. Emits the lock, or `undefined` at once if it is held; completes. */
export type Locks = (name: string) => Observable<Lock | undefined>
