import { Observable, type SchedulerLike, Subject } from 'rxjs'
import type { Accept, Data, Transport } from '../core/ports.js'
import { ABNORMAL } from './closing.js'
import { type Link, openLink } from './link.js'

/** How long something travels: ms, or a draw for each message. Messages of one direction never overtake each other. */
export type Latency = number | (() => number)

/** What `memory` needs to know. */
export interface MemoryOptions {
  /** The server behind the network. */
  readonly accept: Accept
  /** Everything happens in its time, and never before the next action. */
  readonly scheduler: SchedulerLike
  /** Each way. Default 0. */
  readonly latencyMs?: Latency
  /** What a direction of a link carries. Default: no limit, so that nothing is ever buffered. */
  readonly bytesPerSecond?: number
}

/** A message as it was put on a link. */
export interface Sighting {
  readonly at: number
  /** The link, counted from 1. */
  readonly link: number
  /** `up` is from client to server. */
  readonly direction: Direction
  readonly data: Data
}
export type Direction = 'up' | 'down'

/** A network in memory: the same options and the same seed give the same run. For tests and simulations. */
export interface MemoryNetwork {
  readonly transport: Transport
  /** Ends every link at once: what is under way is lost, both sides hear it. Default 1006. */
  readonly cut: (code?: number, reason?: string) => void
  /** Nothing arrives any more, nobody is told, sockets stay open. Both directions, new links too. */
  readonly freeze: () => void
  /** What was sent meanwhile arrives, in order. */
  readonly thaw: () => void
  /** New connections are refused. */
  readonly refuse: (on: boolean) => void
  /** New connections are never answered; those that hang go on hanging. */
  readonly hang: (on: boolean) => void
  /** What would arrive is lost, and nobody is told. */
  readonly blackhole: (on: boolean) => void
  /** Changes how long what is sent from now on travels. `down` is as `up` unless given. */
  readonly latency: (up: Latency, down?: Latency) => void
  /** The links that at least one side still believes in. */
  readonly links: () => number
  /** Every message as it is sent. Hot. */
  readonly frames$: Observable<Sighting>
}

/** Connects clients to a server in memory, in the scheduler's time. */
export const memory = ({
  accept,
  scheduler,
  latencyMs = 0,
  bytesPerSecond = Infinity,
}: MemoryOptions): MemoryNetwork => {
  const links = new Set<Link>()
  const frames = new Subject<Sighting>()
  const latencies: Record<Direction, Latency> = { up: latencyMs, down: latencyMs }
  const weather = { frozen: false, refusing: false, hanging: false, lossy: false }
  let opened = 0

  const transport: Transport = (request) =>
    new Observable((to) => {
      const number = ++opened
      const link = openLink({
        request,
        to,
        accept,
        scheduler,
        bytesPerSecond,
        weather,
        latencyMs: (direction) => {
          const latency = latencies[direction]
          return typeof latency === 'number' ? latency : latency()
        },
        sent: (direction, data) => {
          frames.next({ at: scheduler.now(), link: number, direction, data })
        },
        ended: () => {
          links.delete(link)
        },
      })
      links.add(link)
      return link.abandon
    })

  return {
    transport,
    cut: (code = ABNORMAL, reason = '') => {
      for (const link of [...links]) link.cut(code, reason)
    },
    freeze: () => {
      weather.frozen = true
      for (const link of links) link.freeze()
    },
    thaw: () => {
      weather.frozen = false
      for (const link of links) link.thaw()
    },
    refuse: (on) => {
      weather.refusing = on
    },
    hang: (on) => {
      weather.hanging = on
    },
    blackhole: (on) => {
      weather.lossy = on
    },
    latency: (up, down = up) => {
      Object.assign(latencies, { up, down })
    },
    links: () => links.size,
    frames$: frames.asObservable(),
  }
}
