import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Answer, EngineFailure } from '../../../server/engine.js'
import type { CallKey, CallLedger, CallState } from '../../../server/calls/ledger.js'
import { equals, present } from '../check.js'
import type { EngineBench } from './bench.js'

/** The memory of commands of an engine under test, with the helpers that the cases use. */
export interface LedgerBench {
  readonly calls: () => CallLedger
  /** Takes or renews a lease; with 0 it ends. */
  readonly lease: (name: string, forMs?: number) => Promise<void>
  /** Claims a command, and returns the state as a word: the outcome of a done one after a colon. */
  readonly claim: (id: string, more?: ClaimOptions) => Promise<string>
  readonly cancel: (id: string, user?: string) => Promise<string>
  readonly settle: (id: string, outcome?: string, user?: string) => Promise<void>
  /** Subscribes to a command and waits for its state. */
  readonly watch: (id: string, user?: string) => Promise<Watched>
  /** Waits for the answer, which may be a failure. */
  readonly attempt: <T>(answer: Answer<T>) => Promise<Either<EngineFailure, T>>
}

interface ClaimOptions {
  readonly user?: string
  readonly lease?: string
}

interface Watched {
  readonly told: readonly string[]
  readonly isComplete: () => boolean
  readonly stop: () => void
}

/** Longer than any case takes. */
export const longMs = 600_000

export const ledgerBench = (bench: EngineBench): LedgerBench => {
  const calls = (): CallLedger => present('the memory of commands of the engine', bench.engine().calls)
  const keyOf = (id: string, user = 'u'): CallKey => ({ user, id })

  return {
    calls,
    lease: async (name, forMs = longMs) => {
      const { lease } = present('the tables of the engine', bench.engine().tables)
      await bench.ask(lease(name, forMs), `the lease ${name}`)
    },
    claim: async (id, { user, lease = 'one' } = {}) =>
      wordOf(await bench.ask(calls().claim({ ...keyOf(id, user), lease }), `the claim of ${id}`)),
    cancel: async (id, user) => wordOf(await bench.ask(calls().cancel(keyOf(id, user)), `the cancel of ${id}`)),
    settle: async (id, outcome, user) => {
      await bench.ask(calls().settle(keyOf(id, user), outcome), `the settlement of ${id}`)
    },
    watch: async (id, user) => {
      const watched = watching(calls(), keyOf(id, user))
      await bench.until(`the state of ${id}`, () => watched.told.length > 0)
      return watched
    },
    attempt: async (answer) => {
      const answers: Either<EngineFailure, never>[] = []
      answer.subscribe((each) => answers.push(each as Either<EngineFailure, never>))
      await bench.until('an answer', () => answers.length > 0)
      return present('an answer', answers[0])
    },
  }
}

const watching = (calls: CallLedger, key: CallKey): Watched => {
  const told: string[] = []
  let isComplete = false
  const subscription = calls.watch(key).subscribe({
    next: (each) => {
      told.push(E.isRight(each) ? wordOf(each.right) : `failure: ${each.left.message}`)
    },
    error: (thrown: unknown) => {
      told.push(`error: ${String(thrown)}`)
    },
    complete: () => {
      isComplete = true
    },
  })
  return {
    told,
    isComplete: () => isComplete,
    stop: () => {
      subscription.unsubscribe()
    },
  }
}

export const wordOf = (state: CallState): string => {
  if (state._tag !== 'Done') return state._tag
  return state.outcome === undefined ? 'Done' : `Done: ${state.outcome}`
}

/** Checks that the engine has answered claims of several commands with these words. */
export const claimsAre = async (
  { claim }: LedgerBench,
  what: string,
  expected: Readonly<Record<string, string>>,
): Promise<void> => {
  const words: Record<string, string> = {}
  for (const id of Object.keys(expected)) words[id] = await claim(id)
  equals(what, words, expected)
}
