import type { Client } from '../../client/client.js'
import { partsOf } from '../../client/port.js'
import { type Checks, count, given } from '../../core/check.js'
import { filled, type Given } from '../../core/filled.js'
import { fault } from '../../kernel/fault.js'
import type { HistoryLimits } from './limits.js'
import { requests } from './requests.js'

const checks: Checks<keyof HistoryLimits> = {
  pageMessages: count,
  holdMessages: count,
  inFlight: count,
  waiting: count,
  cacheBytes: count,
}

/**
 * Sets the bounds of requests of earlier messages and of caches for a client: `createClient(…).with(historyLimits({
 * pageMessages: 100 }))`. A later call changes only the bounds that it names. An invalid bound is reported as a fault, and
 * changes nothing.
 */
export const historyLimits =
  (limits: Given<HistoryLimits>) =>
  (client: Client): object => {
    const { kernel, get } = partsOf(client)
    const { fault: invalid, options } = given<Given<HistoryLimits>>(limits, checks)
    kernel.turns.enter(() => {
      if (invalid) kernel.diagnostics.report(fault('Misuse', `${invalid.message} ${invalid.remedy}`))
      const { limits: present, configure } = get(requests)
      configure(filled(present(), options))
    })
    return {}
  }

export { cached } from './cached.js'
export { commits } from './commit.js'
export { history } from './room-history.js'
export { after, beginning, last, live, stored } from './start.js'

export type { Cached } from './cached.js'
export type { Commits } from './commit.js'
export type { HistoryLimits } from './limits.js'
export type { History, HistoryOptions, HistoryPage } from './room-history.js'
export type { StartOptions, StoredOptions } from './start.js'
