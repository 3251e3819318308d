import * as E from '#fp/Either'
import type { Roster } from '../../lib/features/presence/index.js'
import type { Result } from '../../lib/core/result.js'
import type { Seen } from './seen.js'

type Rosters<S> = Seen<Result<Roster<S>>>

const rosters = <S>({ all }: Rosters<S>): readonly Roster<S>[] => all.filter(E.isRight).map(({ right }) => right)

/** The users of the last roster, in order; a leaving one has a question mark. */
export const users = <S>(seen: Rosters<S>): readonly string[] => {
  const last = rosters(seen).at(-1)
  if (!last || !('members' in last)) return last ? [last.view] : []
  return last.members.map(({ user, leavingAt }) => (leavingAt === undefined ? user : `${user}?`))
}

/** The states of the last roster, by user. */
export const states = <S>(seen: Rosters<S>): Readonly<Record<string, S | undefined>> => {
  const last = rosters(seen).at(-1)
  return last && 'members' in last ? Object.fromEntries(last.members.map(({ user, state }) => [user, state])) : {}
}

/** Every change so far, in words. */
export const changes = <S>(seen: Rosters<S>, from = 0): readonly string[] =>
  rosters(seen)
    .slice(from)
    .flatMap((roster) => roster.changes)
    .map(({ _tag, member, cause }) => `${member.user} ${_tag} ${cause}`)

/** The last roster. */
export const lastRoster = <S>(seen: Rosters<S>): Roster<S> => {
  const last = rosters(seen).at(-1)
  if (!last) throw new Error('there is no roster')
  return last
}
