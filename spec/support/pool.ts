import type { ClientOptions } from '../../lib/client/options.js'
import { anything } from '../../lib/contract/contract.js'
import { createPool, type Pool } from '../../lib/pool/index.js'
import { rendezvous } from '../../lib/pool/rendezvous.js'
import { world, type World, type WorldOptions } from '../../lib/testing/world.js'

/** A world with pools of clients. */
export interface PoolWorld extends World {
  readonly pool: (size: number, options?: Partial<ClientOptions>) => Pool
}

export const poolWorld = (options?: WorldOptions): PoolWorld => {
  const made = world(options)
  return Object.assign(Object.create(made) as World, {
    pool: (size: number, more: Partial<ClientOptions> = {}) =>
      createPool({ size, url: 'ws://world', create: made.client, ...more }),
  })
}

/** The first name that is at these members of pools of these sizes. */
export const nameAt = (...places: readonly (readonly [size: number, member: number])[]): string => {
  for (let at = 0; ; at++) {
    const name = `room-${at}`
    if (places.every(([size, member]) => rendezvous(name, size) === member)) return name
  }
}

/** A name that moves when a pool grows from two members to three. */
export const mover = nameAt([2, 0], [3, 2])

/** The names of the sessions that are in a room, as the server knows them. */
export const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at)

export { anything }
