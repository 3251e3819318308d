import type { Either } from 'fp-ts/lib/Either.js'
import { firstValueFrom, type Observable, toArray } from 'rxjs'
import type { Owner, Partition, Scope, Store, Stored, StoreFailure } from '../../../store/port.js'
import type { Case } from '../case.js'
import { holds } from '../check.js'

/** A storage that is empty at first, for one case. */
export interface StoreRig {
  /** Another client's store on the same storage: what another page or process has. May be the same object each time. */
  readonly store: () => Store
  /** Makes the holder of a partition look dead, though it lives: it was frozen for longer than its lease lasts. */
  readonly freeze?: (held: Partition) => Promise<void> | void
  /** Damages the text that is stored under a key, without the store. Nobody holds the partition. */
  readonly damage?: (scope: Scope, key: string) => Promise<void> | void
  /**
   * Lets the storage fail at its `at`th step from now on (1: the next one), once: after it, it works again. A step is the
   * smallest thing that can fail by itself, for example the writing of one key. What is answered ends that and says whether it failed.
   */
  readonly interrupt?: (at: number) => () => boolean
  /** Called when the case is over, whatever came of it. */
  readonly end?: () => Promise<void> | void
}

/** Makes the storage of a case. */
export type StartStore = () => StoreRig | Promise<StoreRig>

/** Optional abilities of a storage; each adds cases that need it in the rig. */
export interface StoreAbilities {
  readonly freezes?: boolean
  readonly damages?: boolean
  readonly interrupts?: boolean
}

export const ana: Owner = { url: 'wss://one.example', user: 'ana' }
export const scope = (instance: string, owner: Owner = ana): Scope => ({ ...owner, instance })

export const all = <T>(from: Observable<T>): Promise<readonly T[]> =>
  firstValueFrom(from.pipe(toArray()), { defaultValue: [] })

/** The value of the one answer of an act. */
export const value = async <T>(what: string, answer$: Stored<T>): Promise<T> => {
  const answer = await one(what, answer$)
  if (answer._tag === 'Left') throw new Error(`${what}: ${answer.left.because}: ${answer.left.message}`)
  return answer.right
}
/** Why an act was not done. */
export const failed = async (what: string, answer$: Stored<unknown>): Promise<StoreFailure['because'] | 'nothing'> => {
  const answer = await one(what, answer$)
  return answer._tag === 'Left' ? answer.left.because : 'nothing'
}
/** Tells a partition that cannot be had because somebody holds it. */
export const isHeld = async (store: Store, at: Scope): Promise<boolean> =>
  ['busy', 'leased'].includes(await failed('open', store.open(at)))
export const one = async <T>(what: string, answer$: Stored<T>): Promise<Either<StoreFailure, T>> => {
  const answers = await all(answer$)
  const [answer] = answers
  holds(`${what}: ${answers.length} answers`, answer !== undefined && answers.length === 1)
  return answer
}
export const contents = ({ records }: Partition): Readonly<Record<string, string>> => Object.fromEntries(records)

/** The texts that a partition has when it is opened anew. */
export const reopened = async (store: Store, at: Scope): Promise<Readonly<Record<string, string>>> => {
  const held = await value('open again', store.open(at))
  await value('close again', held.close())
  return contents(held)
}

/** Makes a case that is given a rig of its own. */
export type CaseIn = (name: string, run: (rig: StoreRig) => Promise<void>) => Case
