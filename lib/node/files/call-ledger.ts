import { map, Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { Answer } from '../../server/answer.js'
import type { CallBook } from '../../server/calls/book.js'
import type { CallLedger } from '../../server/calls/ledger.js'
import type { Plan } from './append-plans.js'
import type { CallPlans } from './call-plans.js'
import type { Drafts } from './commits.js'

/** The memory of commands of an engine on files. `answer` answers with the result of a plan once that is durable. */
export const callLedger = (
  book: CallBook,
  plans: CallPlans,
  answer: <T>(plan: (drafts: Drafts) => Plan<T>) => Answer<T>,
): CallLedger => ({
  get name() {
    return book.name()
  },
  claim: (claim) =>
    answer((drafts) => plans.claim(claim, drafts)).pipe(map((state) => (E.isLeft(state) ? state : state.right))),
  settle: (key, outcome) => answer((drafts) => plans.settle(key, outcome, drafts)),
  cancel: (key) => answer((drafts) => plans.cancel(key, drafts)),
  watch: (key) => new Observable((to) => book.watch(key, to)),
})
