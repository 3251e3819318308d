import type { Direction, Weather } from './link.js'

/** How long something travels: ms, or a draw for each message. Messages of one direction never overtake each other. */
export type Latency = number | (() => number)

/** What was said of one direction; what was not said is as it is in general. */
interface Way {
  frozen: boolean
  lossy: boolean
  latencyMs: Latency | undefined
  bytesPerSecond: number | undefined
}

/** What was said of a network, or of one of its hosts. */
export interface Conditions {
  refusing: boolean
  hanging: boolean
  /** Cut off from the server. */
  parted: boolean
  readonly up: Way
  readonly down: Way
}

const way = (): Way => ({ frozen: false, lossy: false, latencyMs: undefined, bytesPerSecond: undefined })

/** Nothing was said. */
export const calm = (): Conditions => ({ refusing: false, hanging: false, parted: false, up: way(), down: way() })

/** Ends what is wrong; what is slow stays slow. */
export const clear = (conditions: Conditions): void => {
  const { up, down } = conditions
  Object.assign(conditions, { refusing: false, hanging: false, parted: false })
  for (const direction of [up, down]) Object.assign(direction, { frozen: false, lossy: false })
}

/** The directions that are meant: one of them, or both. */
export const ways = ({ up, down }: Conditions, direction?: Direction): readonly Way[] =>
  direction === undefined ? [up, down] : direction === 'up' ? [up] : [down]

/** What holds where both apply: faults of either, and how slow the host is, if that was said, else the network. */
export const weatherOf = (host: Conditions, network: Conditions): Weather => ({
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
