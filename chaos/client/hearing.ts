import type { Target } from '../../lib/features/events/index.js'

/** A room as a client names it, and as the servers do. */
export interface Named {
  readonly name: string
  readonly room: string
}

const ofUser = '@user/'

/** The rooms of events that a user reads. */
export const eventRooms = (user: string): readonly Named[] => [
  { name: '@all', room: '@all' },
  { name: '@user', room: ofUser + user },
]

/** The room of the events to somebody, as the servers name it. */
export const roomOf = (to: Target): string => (to === 'all' ? '@all' : 'user' in to ? ofUser + to.user : to.room)

/** The epoch as the engine names it: clients are told one that ends with the user, in the rooms of users. */
export const plainEpoch = (room: string, epoch: string): string =>
  room.startsWith(ofUser) ? epoch.replace(/\.[0-9a-f]{8}$/, '') : epoch
