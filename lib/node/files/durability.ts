import type { Durability as Promised } from '../../protocol/frame.js'

/**
 * When what was written is synced, and so what an ack promises. A segment that is full is synced in any case, and all of
 * it at the close.
 *
 * | | an ack comes | what was acknowledged survives |
 * |---|---|---|
 * | `always` | after the sync | the end of the machine |
 * | `interval` | after the write; synced every so often | the end of the process |
 * | `never` | after the write; the system writes when it likes | the end of the process |
 */
export type Durability = 'always' | 'interval' | 'never'

export const durabilities = ['always', 'interval', 'never'] as const

export const promised = (durability: Durability): Promised => (durability === 'always' ? 'disk' : 'process')
