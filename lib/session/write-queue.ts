import { AsyncSubject, type Observable } from 'rxjs'
import { observer } from '../store/calls.js'
import type { Change } from '../store/port.js'

/** A change that waits for its answer. */
export interface QueuedChange {
  readonly change: Change
  readonly answer$: AsyncSubject<boolean>
}

/** Changes that join a batch at its start. */
export interface Collected {
  readonly changes: readonly Change[]
  readonly answered: (isSafe: boolean) => void
}

/** `isBatch`: a batch starts anyway; otherwise only urgent changes start one. */
export type Collect = (isBatch: boolean) => Collected | undefined

/** The changes that wait for a batch, and the removals that failed. */
export interface WriteQueue {
  readonly add: (change: Change) => Observable<boolean>
  /** Adds the changes that join a batch. `isBatch`: the batch starts anyway. */
  readonly gather: (isBatch: boolean) => void
  readonly isEmpty: () => boolean
  /** Takes everything for a batch: failed removals come first. */
  readonly takeAll: () => readonly QueuedChange[]
  /** Takes the puts; removals stay. */
  readonly takePuts: () => readonly QueuedChange[]
  /** Retries removals with the next batch, if their keys are certainly in the partition. */
  readonly retryLater: (removals: readonly QueuedChange[]) => void
  /** Retries failed removals even if nothing else waits. */
  readonly retryNow: () => void
  /** Takes note of the keys that stored changes have added or removed. */
  readonly stored: (changes: readonly QueuedChange[]) => void
}

export const isPut = ({ change }: QueuedChange): boolean => change.text !== undefined

/** Makes a queue. `found`: the keys in the partition at first. */
export const writeQueue = (found: Iterable<string>, collect: Collect): WriteQueue => {
  const there = new Set(found)
  let waiting: QueuedChange[] = []
  /** Failed removals, by key. */
  const owed = new Map<string, QueuedChange>()

  return {
    add: (change) => {
      const answer$ = new AsyncSubject<boolean>()
      owed.delete(change.key)
      waiting.push({ change, answer$ })
      return answer$.asObservable()
    },
    gather: (isBatch) => {
      const joining = collect(isBatch)
      const [first, ...others] =
        joining?.changes.map((change): QueuedChange => ({ change, answer$: new AsyncSubject() })) ?? []
      if (!joining || !first) {
        joining?.answered(true)
        return
      }
      first.answer$.subscribe(observer(joining.answered))
      waiting.push(first, ...others)
    },
    isEmpty: () => waiting.length === 0,
    takeAll: () => {
      const all = [...owed.values(), ...waiting]
      owed.clear()
      waiting = []
      return all
    },
    takePuts: () => {
      const puts = waiting.filter(isPut)
      waiting = waiting.filter((each) => !isPut(each))
      return puts
    },
    retryLater: (removals) => {
      for (const each of removals) if (there.has(each.change.key)) owed.set(each.change.key, each)
    },
    retryNow: () => {
      waiting.unshift(...owed.values())
      owed.clear()
    },
    stored: (changes) => {
      for (const { change } of changes) {
        if (change.text === undefined) there.delete(change.key)
        else there.add(change.key)
      }
    },
  }
}
