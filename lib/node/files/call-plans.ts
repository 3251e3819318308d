import type { Either } from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../../server/answer.js'
import type { CallBook } from '../../server/calls/book.js'
import { type CallBounds, callDecisions, type CallDraft } from '../../server/calls/decisions.js'
import type { CallClaim, CallKey, CallState } from '../../server/calls/ledger.js'
import type { Plan } from './append-plans.js'
import type { CallBases } from './call-bases.js'
import { recordOfCall } from './call-record.js'
import type { Drafts } from './commits.js'

/** Plans changes of commands, after the drafts of earlier plans. */
export interface CallPlans {
  readonly claim: (claim: CallClaim, drafts: Drafts) => Plan<Either<EngineFailure, CallState>>
  readonly settle: (key: CallKey, outcome: string | undefined, drafts: Drafts) => Plan<void>
  readonly cancel: (key: CallKey, drafts: Drafts) => Plan<CallState>
  /** Loses the running commands of each lease that is over. */
  readonly lose: (isOver: (lease: string) => boolean, drafts: Drafts) => Plan<void>
}

export interface CallPlansNeeds {
  readonly book: CallBook
  readonly bounds: CallBounds
  readonly bases: CallBases
  readonly isHeld: (lease: string) => boolean
  /** Returns the number of the segment that is written now. */
  readonly segment: () => number
}

export const callPlans = ({ book, bounds, bases, isHeld, segment }: CallPlansNeeds): CallPlans => {
  const decisions = callDecisions(book, bounds, isHeld)
  const plan = <T>({ calls: draft }: Drafts, decide: (draft: CallDraft) => T): Plan<T> => {
    const before = draft.changes.length
    const result = decide(draft)
    const changes = draft.changes.slice(before)
    return {
      records: changes.length === 0 ? [] : [['k', changes.map(recordOfCall)]],
      result: () => {
        for (const record of book.apply(changes)) bases.begin(record, segment())
        return result
      },
    }
  }
  return {
    claim: (claim, drafts) => plan(drafts, (draft) => decisions.claim(claim, draft)),
    settle: (key, outcome, drafts) =>
      plan(drafts, (draft) => {
        decisions.settle(key, outcome, draft)
      }),
    cancel: (key, drafts) => plan(drafts, (draft) => decisions.cancel(key, draft)),
    lose: (isOver, drafts) =>
      plan(drafts, (draft) => {
        decisions.lose(isOver, draft)
      }),
  }
}
