import type { Durability as Promised } from '../../protocol/frame.js'

/**
 * The time of a sync, and thus the promise of an ack. A full segment and the close always sync.
 *
 * | | an ack comes | acknowledged messages survive |
 * |---|---|---|
 * | `always` | after the sync | the end of the machine |
 * | `interval` | after the write; synced every so often | the end of the process |
 * | `never` | after the write; the system decides when to sync | the end of the process |
 */
export type Durability = 'always' | 'interval' | 'never'

export const durabilities = ['always', 'interval', 'never'] as const

export const promised = (durability: Durability): Promised => (durability === 'always' ? 'disk' : 'process')
