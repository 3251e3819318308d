export { presence, presenceOf } from './presence.js'

export type { Me, MeOptions, Presence, PresenceOptions } from './presence.js'
export type { Member, Roster, RosterChange } from './roster.js'
export type { MembersView } from './view.js'
