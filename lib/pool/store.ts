import { map } from 'rxjs'
import * as E from '#fp/Either'
import type { ClientStore } from '../session/client-store.js'

/** The beginning of the names of a member's partitions. */
const pattern = /^pool-(\d+)\./

const memberOf = (instance: string): number => Number(pattern.exec(instance)?.[1] ?? 0)

/**
 * Gives each member of a pool partitions of its own in a store, so that no member takes those of another. The first
 * member has those of a client without a pool. `found`: the highest member that has a partition.
 */
export const memberStore = (given: ClientStore, index: number, found: (highest: number) => void): ClientStore => {
  const prefix = index === 0 ? '' : `pool-${index}.`
  return given.over((store) => ({
    ...store,
    list: (owner) =>
      store.list(owner).pipe(
        map((listed) => {
          if (E.isLeft(listed)) return listed
          found(Math.max(0, ...listed.right.map(memberOf)))
          const own = listed.right.filter((instance) => memberOf(instance) === index)
          return E.right(own.map((instance) => instance.slice(prefix.length)))
        }),
      ),
    open: (scope, purpose) => store.open({ ...scope, instance: prefix + scope.instance }, purpose),
  }))
}
