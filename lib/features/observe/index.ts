export { joinedRooms } from './joined-rooms.js'
export { metrics } from './metrics.js'
export { outbox } from './outbox-view.js'

export type { Metrics } from '../../kernel/counters.js'
export type { MetricsView } from './metrics.js'
export type { OutboxState, OutboxView, Pending, Stage } from './outbox-view.js'
export type { JoinedRooms } from './joined-rooms.js'
