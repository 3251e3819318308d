export { leader } from './leader.js'

export type { Leader } from './leader.js'
export type { LeaderId, Leadership, LeaderState } from './state.js'
