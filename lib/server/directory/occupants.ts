import type { Row } from '../tables/model.js'
import { countIn } from './row.js'

/** The members of a room on all servers, their users, and the taken seats. */
export interface Occupants {
  readonly members: number
  readonly users: number
  readonly taken: number
}

/** Adds up the counts of one room, a row of each server. */
export const occupantsOf = (rows: Iterable<Row>): Occupants => {
  let [members, users, taken, latest] = [0, 0, 0, 0]
  const known = new Set<string>()
  for (const row of rows) {
    const [more, moreUsers, seats, who] = countIn(row)
    members += more
    if (who) for (const each of who) known.add(each)
    else users += moreUsers
    // The seats are those of all servers: the newest row has heard the most.
    if (typeof seats === 'number' && row.version > latest) {
      taken = seats
      latest = row.version
    }
  }
  return { members, users: users + known.size, taken }
}
