import type { Permission } from '../../lib/protocol/frame.js'

/** Who may moderate which rooms. */
export interface Moderation {
  readonly moderators: readonly string[]
  readonly rooms: readonly string[]
}

const everybody: readonly Permission[] = ['read', 'publish', 'history']

/** The permissions of a user in a room, for the option `authorize`. */
export const permissions =
  ({ moderators, rooms }: Moderation) =>
  ({ user, room }: { readonly user: string; readonly room: string }): readonly (readonly Permission[])[] => [
    moderators.includes(user) && rooms.includes(room) ? [...everybody, 'moderate'] : everybody,
  ]
