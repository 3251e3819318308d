export { createPool } from './pool.js'

export type { Pool, PoolFault, PoolRoomOptions } from './pool.js'
export type { PoolOptions, PoolSize } from './options.js'
export type { PoolState } from './state.js'
export type { Resizing } from './resizing.js'
export type { WaitsFor } from './place.js'
