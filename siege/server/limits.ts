import type { ServeOptions } from '../../lib/node/options.js'
import { defaultBudgets } from '../../lib/server/budget.js'
import type { LimitsName } from '../run/talk.js'

type Scope = Readonly<Record<string, number | { readonly perSecond: number; readonly burst: number }>>

const endless = { perSecond: Infinity, burst: Infinity }
const lifted = (scope: Scope): Scope =>
  Object.fromEntries(
    Object.entries(scope).map(([name, limit]) => [name, typeof limit === 'number' ? Infinity : endless]),
  )

/** The options of `serve` that limit clients. */
export const limitsOf = (name: LimitsName): Pick<ServeOptions, 'budgets' | 'limits'> =>
  name === 'default'
    ? {}
    : {
        budgets: Object.fromEntries(Object.entries(defaultBudgets).map(([scope, limits]) => [scope, lifted(limits)])),
        limits: { rooms: 1_000_000, joinsPerFrame: 100_000, history: 10_000 },
      }
