import * as E from '#fp/Either'
import { EMPTY, of } from 'rxjs'
import { randomId } from '../core/ids.js'
import { monotonic, epochNow } from '../core/platform.js'
import { leased } from './leased.js'
import type { Change, Owner, Store } from './port.js'
import type { Header, Locks, KeyValueBackend } from './key-value-backend.js'

/** Makes a store that lasts as long as the object. A lease lasts until it is given back. */
export const memory = (): Store =>
  leased({
    shelf: memoryShelf(),
    locks: memoryLocks(),
    leaving$: EMPTY,
    scheduler: monotonic,
    wall: epochNow,
    ids: randomId,
    leaseMs: 0,
  })

interface Kept {
  header?: Header
  readonly records: Map<string, string>
}

/** Applies changes to a map. */
export const amend = (records: Map<string, string>, changes: readonly Change[]): void => {
  for (const { key, text } of changes) {
    if (text === undefined) records.delete(key)
    else records.set(key, text)
  }
}

export const memoryShelf = (): KeyValueBackend => {
  const owners = new Map<string, Map<string, Kept>>()
  const keyOf = ({ url, user }: Owner): string => JSON.stringify([url, user])
  const instancesOf = (owner: Owner): Map<string, Kept> => owners.get(keyOf(owner)) ?? new Map<string, Kept>()

  return {
    step: (scope, judge) => {
      const instances = instancesOf(scope)
      const kept: Kept = instances.get(scope.instance) ?? { records: new Map() }
      const verdict = judge(kept.header)
      if (verdict._tag === 'Refuse') return of(E.right(false))
      if (verdict._tag === 'Remove') {
        instances.delete(scope.instance)
        return of(E.right(true))
      }
      if (verdict.header) kept.header = verdict.header
      amend(kept.records, verdict.changes)
      owners.set(keyOf(scope), instances.set(scope.instance, kept))
      return of(E.right(true))
    },
    read: (scope) => {
      const kept = instancesOf(scope).get(scope.instance)
      return of(E.right({ records: new Map(kept?.records), damaged: [] }))
    },
    list: (owner) =>
      of(
        E.right(
          [...instancesOf(owner)].map(([instance, { header }]) => ({ instance, openedAt: header?.openedAt ?? 0 })),
        ),
      ),
    erase: (owner) => {
      owners.delete(keyOf(owner))
      return of(E.right(undefined))
    },
  }
}

/** Makes locks among the users of this object. */
export const memoryLocks = (): Locks => {
  const held = new Set<string>()
  return (name) => {
    if (held.has(name)) return of(undefined)
    held.add(name)
    return of({
      release: () => {
        held.delete(name)
        return of(undefined)
      },
    })
  }
}
