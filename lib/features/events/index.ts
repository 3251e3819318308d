export { events } from './events.js'

export type { BroadcastOptions, BroadcastArgs, EventsOptions, EventsOf } from './events.js'
export type { Target } from '../../protocol/target.js'
