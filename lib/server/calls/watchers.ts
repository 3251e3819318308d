import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../answer.js'
import { type CallFact, keyOf, stateOf } from './fact.js'
import type { CallKey, CallState } from './ledger.js'

export type Watcher = Subscriber<Either<EngineFailure, CallState>>

/** The watchers of commands. */
export interface Watchers {
  /** Shows the state now and each change. The returned function stops that. */
  readonly watch: (key: CallKey, to: Watcher) => () => void
  /** Shows the present state of a command to those who have not seen it. */
  readonly tell: (key: CallKey) => void
}

interface Watch {
  readonly to: Watcher
  told: CallFact | undefined
}

export const watchers = (find: (key: CallKey) => CallFact | undefined): Watchers => {
  const all = new Map<string, Set<Watch>>()
  return {
    watch: (key, to) => {
      const watch: Watch = { to, told: find(key) }
      const text = keyOf(key)
      const others = all.get(text) ?? new Set()
      all.set(text, others.add(watch))
      show(to, watch.told)
      return () => {
        others.delete(watch)
        if (others.size === 0 && all.get(text) === others) all.delete(text)
      }
    },
    tell: (key) => {
      for (const watch of [...(all.get(keyOf(key)) ?? [])]) {
        const fact = find(key)
        // A change from inside has told it already.
        if (watch.told === fact) continue
        watch.told = fact
        show(watch.to, fact)
      }
    },
  }
}

const show = (to: Watcher, fact: CallFact | undefined): void => {
  to.next(E.right(stateOf(fact)))
  if (fact && fact._tag !== 'Running') to.complete()
}
