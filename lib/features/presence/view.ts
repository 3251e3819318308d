import * as E from '#fp/Either'
import { type Check, type Checks, group, invalid, optionFault, text, whole } from '../../core/check.js'
import { excerpt } from '../../core/error.js'
import type { Result } from '../../core/result.js'
import { bounds } from '../../protocol/frame.js'
import type { TableView } from '../../tables/tables.js'
import type { Member } from './roster.js'

/**
 * The members to view: all of them, their number alone, nobody, one page in the order of user names, or those of some
 * users. At most 1 000 members of a page, 1 000 users.
 */
export type MembersView =
  | 'all'
  | 'count'
  | 'none'
  | { readonly page: { readonly after?: Pick<Member, 'user' | 'session'> | undefined; readonly limit: number } }
  | { readonly only: readonly string[] }

const expected = "'all', 'count', 'none', { page: { limit } } or { only: [user] }"
const names: Check = {
  expected: `a list of at most ${bounds.viewRows} users`,
  is: (value) =>
    Array.isArray(value) && value.length <= bounds.viewRows && value.every((name: unknown) => typeof name === 'string'),
}
const id = /*#__PURE__*/ text('a text', 0)
const views: Checks = {
  page: /*#__PURE__*/ group({
    after: {
      expected: 'a member',
      is: (value) => {
        const { user, session } = Object(value) as { readonly user?: unknown; readonly session?: unknown }
        return id.is(user) && id.is(session)
      },
    },
    limit: /*#__PURE__*/ whole(1, bounds.viewRows),
  }),
  only: names,
}

/** Returns the view of a table for a view of members; `Left` if it is invalid. */
export const tableView = (view: MembersView): Result<TableView> => {
  if (view === 'all' || view === 'count' || view === 'none') return E.right({ view })
  const fault = optionFault(view, views)
  if (fault) return E.left(fault)
  if ('only' in view) return E.right({ view: 'only', names: [...view.only] })
  if (!('page' in view)) return E.left(invalid('view', 'value', { actual: excerpt(view), expected }))
  const { after, limit } = view.page
  return E.right({ view: 'page', limit, ...(after && { after: `${after.user}\n${after.session}` }) })
}
