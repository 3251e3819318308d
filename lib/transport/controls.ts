import { ABNORMAL } from './closing.js'
import type { Direction, Link } from './link.js'
import { type Conditions, type Latency, ways } from './weather.js'

/** What can be done to links. Where a direction can be named, leaving it out means both. */
export interface Controls {
  /** Ends every link at once: what is under way is lost, both sides hear it. Default 1006. */
  readonly cut: (code?: number, reason?: string) => void
  /** Nothing arrives any more, nobody is told, sockets stay open. New links too. One direction alone: half-open. */
  readonly freeze: (direction?: Direction) => void
  /** What was sent meanwhile arrives, in order. */
  readonly thaw: (direction?: Direction) => void
  /** New connections are refused. */
  readonly refuse: (on: boolean) => void
  /** New connections are never answered; those that hang go on hanging. */
  readonly hang: (on: boolean) => void
  /** What would arrive is lost, and nobody is told. */
  readonly blackhole: (on: boolean, direction?: Direction) => void
  /**
   * Changes how long what is sent from now on travels, in ms. `down` is as `up` unless given; without either it is as on
   * the network, and there 0.
   */
  readonly latency: (up?: Latency, down?: Latency) => void
  /**
   * Changes what each link carries, in bytes per second, also of what waits already; 0 holds everything up. `down` is as
   * `up` unless given; without either it is as on the network, and there no limit.
   */
  readonly bandwidth: (up?: number, down?: number) => void
  /** The links that at least one side still believes in. */
  readonly links: () => number
}

/** The controls of some links, and of those that come under the same conditions. */
export const controls = (conditions: Conditions, links: ReadonlySet<Link>): Controls => {
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
