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
  /** Shows the present state of a command. */
  readonly tell: (key: CallKey) => void
}

export const watchers = (find: (key: CallKey) => CallFact | undefined): Watchers => {
  const all = new Map<string, Set<Watcher>>()
  return {
    watch: (key, to) => {
      const text = keyOf(key)
      const others = all.get(text) ?? new Set()
      all.set(text, others.add(to))
      show(to, find(key))
      return () => {
        others.delete(to)
        if (others.size === 0 && all.get(text) === others) all.delete(text)
      }
    },
    tell: (key) => {
      // One that has seen a change from inside has completed with it.
      for (const to of [...(all.get(keyOf(key)) ?? [])]) show(to, find(key))
    },
  }
}

const show = (to: Watcher, fact: CallFact | undefined): void => {
  to.next(E.right(stateOf(fact)))
  if (fact && fact._tag !== 'Running') to.complete()
}
