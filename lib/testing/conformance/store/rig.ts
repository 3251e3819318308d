import type { Either } from 'fp-ts/lib/Either.js'
import { firstValueFrom, type Observable, toArray } from 'rxjs'
import type { Owner, Partition, Scope, Store, Stored, StoreFailure } from '../../../store/port.js'
import type { Case } from '../case.js'
import { holds } from '../check.js'

/** A storage that is empty at first, for one case. */
export interface StoreRig {
  /** Returns another client's store on the same storage, as another page or process has. May return the same object. */
  readonly store: () => Store
  /** Makes a living holder of a partition look dead, as if it had been frozen for longer than its lease. */
  readonly freeze?: (held: Partition) => Promise<void> | void
  /** Damages the stored text of a key without using the store. The partition has no holder at that time. */
  readonly damage?: (scope: Scope, key: string) => Promise<void> | void
  /**
   * Makes the storage fail once, at its `at`th step from now on (1: the next step); after that it works again. A step is
   * the smallest operation that can fail by itself, for example the write of one key. The returned function ends the fault
   * and returns true if the storage failed.
   */
  readonly interrupt?: (at: number) => () => boolean
  /** Ends the case; the suite calls it after success and after failure. */
  readonly end?: () => Promise<void> | void
}

/** Makes the storage of a case. */
export type StartStore = () => StoreRig | Promise<StoreRig>

/** Optional abilities of a storage. Each adds cases that use the matching function of the rig. Default false. */
export interface StoreAbilities {
  readonly freezes?: boolean
  readonly damages?: boolean
  readonly interrupts?: boolean
}

export const ana: Owner = { url: 'wss://one.example', user: 'ana' }
export const scope = (instance: string, owner: Owner = ana): Scope => ({ ...owner, instance })

export const all = <T>(from: Observable<T>): Promise<readonly T[]> =>
  firstValueFrom(from.pipe(toArray()), { defaultValue: [] })

/** Returns the value of the single answer of an operation. Throws if the answer is a failure. */
export const value = async <T>(what: string, answer$: Stored<T>): Promise<T> => {
  const answer = await one(what, answer$)
  if (answer._tag === 'Left') throw new Error(`${what}: ${answer.left.because}: ${answer.left.message}`)
  return answer.right
}
/** Returns the reason why an operation failed, or `nothing` if it succeeded. */
export const failed = async (what: string, answer$: Stored<unknown>): Promise<StoreFailure['because'] | 'nothing'> => {
  const answer = await one(what, answer$)
  return answer._tag === 'Left' ? answer.left.because : 'nothing'
}
/** True if a partition cannot be opened because it has a holder. */
export const isHeld = async (store: Store, at: Scope): Promise<boolean> =>
  ['busy', 'leased'].includes(await failed('open', store.open(at)))
export const one = async <T>(what: string, answer$: Stored<T>): Promise<Either<StoreFailure, T>> => {
  const answers = await all(answer$)
  const [answer] = answers
  holds(`${what}: ${answers.length} answers`, answer !== undefined && answers.length === 1)
  return answer
}
export const contents = ({ records }: Partition): Readonly<Record<string, string>> => Object.fromEntries(records)

/** Opens a partition again, closes it, and returns the texts that it has. */
export const reopened = async (store: Store, at: Scope): Promise<Readonly<Record<string, string>>> => {
  const held = await value('open again', store.open(at))
  await value('close again', held.close())
  return contents(held)
}

/** Makes a case with a rig of its own. */
export type CaseIn = (name: string, run: (rig: StoreRig) => Promise<void>) => Case
