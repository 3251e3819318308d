import type { Direction, Weather as NetworkConditions } from './network-link.js'

/** The latency: ms, or a function that draws it for each message. Messages of one direction never overtake each other. */
export type Latency = number | (() => number)

/** The settings of one direction; undefined ones fall back to the network's. */
interface Way {
  frozen: boolean
  lossy: boolean
  latencyMs: Latency | undefined
  bytesPerSecond: number | undefined
}

/** The settings of a network, or of one of its hosts. */
export interface Conditions {
  refusing: boolean
  hanging: boolean
  /** Cut off from the server. */
  parted: boolean
  readonly up: Way
  readonly down: Way
}

const way = (): Way => ({ frozen: false, lossy: false, latencyMs: undefined, bytesPerSecond: undefined })

/** Conditions without faults or settings. */
export const calm = (): Conditions => ({ refusing: false, hanging: false, parted: false, up: way(), down: way() })

/** Ends all faults; latency and bandwidth stay. */
export const clear = (conditions: Conditions): void => {
  const { up, down } = conditions
  Object.assign(conditions, { refusing: false, hanging: false, parted: false })
  for (const direction of [up, down]) Object.assign(direction, { frozen: false, lossy: false })
}

/** Returns the selected directions: one of them, or both. */
export const ways = ({ up, down }: Conditions, direction?: Direction): readonly Way[] =>
  direction === undefined ? [up, down] : direction === 'up' ? [up] : [down]

/** Combines host and network: faults of either; the host's latency and bandwidth if set, else the network's. */
export const networkConditionsOf = (host: Conditions, network: Conditions): NetworkConditions => ({
  refusing: () => host.refusing || network.refusing,
  hanging: () => host.hanging || network.hanging,
  frozen: (direction) => host.parted || host[direction].frozen || network[direction].frozen,
  lossy: (direction) => host[direction].lossy || network[direction].lossy,
  bytesPerSecond: (direction) => host[direction].bytesPerSecond ?? network[direction].bytesPerSecond ?? Infinity,
  latencyMs: (direction) => {
    const latency = host[direction].latencyMs ?? network[direction].latencyMs ?? 0
    return typeof latency === 'number' ? latency : latency()
  },
})
