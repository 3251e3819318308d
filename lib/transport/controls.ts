import { ABNORMAL } from './closing.js'
import type { Direction, NetworkLink } from './network-link.js'
import { type Conditions, type Latency, ways } from './network-conditions.js'

/** Faults and speeds for links. For methods with a direction, the default is both. */
export interface Controls {
  /** Ends every link at once: data in flight is lost, both sides get the close. Default 1006. */
  readonly cut: (code?: number, reason?: string) => void
  /** Stops all delivery without notice; sockets stay open. New links too. One direction alone: half-open. */
  readonly freeze: (direction?: Direction) => void
  /** Delivers the data sent meanwhile, in order. */
  readonly thaw: (direction?: Direction) => void
  /** Refuses new connections. */
  readonly refuse: (on: boolean) => void
  /** Leaves new connections unanswered; a hanging connection stays so. */
  readonly hang: (on: boolean) => void
  /** Loses data at its arrival, without notice. */
  readonly blackhole: (on: boolean, direction?: Direction) => void
  /**
   * Changes the latency of later messages, in ms. `down` defaults to `up`; without either the network's value applies,
   * there 0.
   */
  readonly latency: (up?: Latency, down?: Latency) => void
  /**
   * Changes the bandwidth of each link, in bytes per second, also for waiting data; 0 stops it. `down` defaults to
   * `up`; without either the network's value applies, there no limit.
   */
  readonly bandwidth: (up?: number, down?: number) => void
  /** The number of links that at least one side still considers open. */
  readonly links: () => number
}

/** Makes the controls of some links, and of later links under the same conditions. */
export const controls = (conditions: Conditions, links: ReadonlySet<NetworkLink>): Controls => {
  const { up: upwards, down: downwards } = conditions
  const adjust = (): void => {
    for (const link of links) link.adjust()
  }
  const frozen = (on: boolean, direction?: Direction): void => {
    for (const way of ways(conditions, direction)) way.frozen = on
    adjust()
  }

  return {
    cut: (code = ABNORMAL, reason = '') => {
      for (const link of [...links]) link.cut(code, reason)
    },
    freeze: (direction) => {
      frozen(true, direction)
    },
    thaw: (direction) => {
      frozen(false, direction)
    },
    refuse: (on) => {
      conditions.refusing = on
    },
    hang: (on) => {
      conditions.hanging = on
    },
    blackhole: (on, direction) => {
      for (const way of ways(conditions, direction)) way.lossy = on
    },
    latency: (up, down = up) => {
      upwards.latencyMs = up
      downwards.latencyMs = down
    },
    bandwidth: (up, down = up) => {
      upwards.bytesPerSecond = possible(up)
      downwards.bytesPerSecond = possible(down)
      adjust()
    },
    links: () => links.size,
  }
}

const possible = (bytesPerSecond: number | undefined): number | undefined => {
  if (bytesPerSecond !== undefined && !(bytesPerSecond >= 0))
    throw new Error(`a bandwidth is 0 or more bytes per second, not ${bytesPerSecond}`)
  return bytesPerSecond
}
