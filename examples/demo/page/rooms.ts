import type { Member } from '../../../lib/features/presence/index.js'
import { lobby, type Person } from '../contract.js'

/** A room as the list shows it. */
export interface RoomEntry {
  readonly name: string
  readonly isPrivate: boolean
  /** How many look at it now. */
  readonly count: number
}

/**
 * The rooms that there are: the lobby, those with a password, and those that a member looks at, as all members of the
 * lobby show.
 */
export const roomsOf = (
  members: readonly Member<Person>[],
  known: ReadonlyMap<string, Pick<RoomEntry, 'isPrivate'>>,
): readonly RoomEntry[] => {
  const looked = members.map(({ state }) => state?.room ?? lobby)
  const others = new Set(looked.filter((name) => !known.has(name)))
  return [...known.keys(), ...[...others].sort()].map((name) => ({
    name,
    isPrivate: known.get(name)?.isPrivate ?? false,
    count: looked.filter((one) => one === name).length,
  }))
}
