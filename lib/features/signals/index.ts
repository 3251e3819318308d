export { signals } from './signals.js'

export type { Signal } from './listeners.js'
export type { Signals } from './signals.js'
