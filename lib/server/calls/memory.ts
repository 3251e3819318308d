import { Observable } from 'rxjs'
import { answered, answeredWith } from '../answer.js'
import type { CallBook } from './book.js'
import { type CallBounds, callDecisions, type CallDraft, callDraft } from './decisions.js'
import type { CallLedger } from './ledger.js'

/** The memory of commands of an engine that answers in the same turn. */
export interface MemoryCalls {
  readonly ledger: CallLedger
  /** Loses the running commands of leases that are over. */
  readonly lose: () => void
}

export const memoryCalls = (book: CallBook, bounds: CallBounds, isHeld: (lease: string) => boolean): MemoryCalls => {
  const decisions = callDecisions(book, bounds, isHeld)
  const decided = <T>(decide: (draft: CallDraft) => T): T => {
    const draft = callDraft()
    const result = decide(draft)
    book.apply(draft.changes)
    return result
  }
  return {
    ledger: {
      get name() {
        return book.name()
      },
      claim: (claim) => answeredWith(() => decided((draft) => decisions.claim(claim, draft))),
      settle: (key, outcome) =>
        answered(() => {
          decided((draft) => {
            decisions.settle(key, outcome, draft)
          })
        }),
      cancel: (key) => answered(() => decided((draft) => decisions.cancel(key, draft))),
      watch: (key) => new Observable((to) => book.watch(key, to)),
    },
    lose: () => {
      decided((draft) => {
        decisions.lose((lease) => !isHeld(lease), draft)
      })
    },
  }
}
