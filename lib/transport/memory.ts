import { Observable, type SchedulerLike, Subject } from 'rxjs'
import type { Accept, Data, Transport } from '../core/ports.js'
import { ABNORMAL, closed } from './closing.js'
import { type Controls, controls } from './controls.js'
import { type Direction, type NetworkLink, openNetworkLink } from './network-link.js'
import { calm, clear, type Conditions, type Latency, networkConditionsOf } from './network-conditions.js'

/** Options of `memory`. */
export interface MemoryOptions {
  /** The server behind the network. */
  readonly accept: Accept
  /** The clock and timers. Every event is an action of its own, never within the current one. */
  readonly scheduler: SchedulerLike
  /** The latency of each direction, in ms. Default 0. */
  readonly latencyMs?: Latency | undefined
  /** The bandwidth of each direction of a link. Default: no limit, so that nothing is ever buffered. */
  readonly bytesPerSecond?: number | undefined
}

/** A message as it was put on a link. */
export interface ObservedFrame {
  readonly at: number
  /** The link, counted from 1. */
  readonly link: number
  /** The host of the link; `''` for `network.transport`. */
  readonly host: string
  readonly direction: Direction
  readonly data: Data
}

/** One machine on the network, with its own path to the server. */
export interface Host extends Controls {
  readonly name: string
  readonly transport: Transport
}

/**
 * A network in memory: the same options and the same seed give the same run. For tests and simulations.
 *
 * Its own controls apply to all links, those of a host to that host alone. Faults of both add up; a latency or
 * bandwidth of a host overrides the network's.
 */
export interface MemoryNetwork extends Controls {
  /** For clients without a host of their own: they share the host `''`. */
  readonly transport: Transport
  /** Returns the host of that name, the same each time. */
  readonly host: (name: string) => Host
  /** The names of all hosts so far. */
  readonly hosts: () => readonly string[]
  /** Cuts exactly these hosts off from the server: like a freeze, which keeps data sent meanwhile for later. */
  readonly partition: (...names: readonly string[]) => void
  /** Ends every fault, of the network and of each host: freezes, losses, refusals, hangs and partitions. */
  readonly heal: () => void
  /** Ends every link within the call, and refuses new ones: afterwards the network holds no timers. */
  readonly close: () => void
  /** Emits every message as it is sent. Hot. Completes with the network. */
  readonly frames$: Observable<ObservedFrame>
}

interface Place extends Host {
  readonly conditions: Conditions
}

/** Connects clients to a server in memory, in the scheduler's time. */
export const memory = ({
  accept,
  scheduler,
  latencyMs = 0,
  bytesPerSecond = Infinity,
}: MemoryOptions): MemoryNetwork => {
  const all = new Set<NetworkLink>()
  const places = new Map<string, Place>()
  const frames = new Subject<ObservedFrame>()
  const general = calm()
  let opened = 0
  let isClosed = false

  const placeOf = (name: string): Place => {
    const known = places.get(name)
    if (known) return known
    const links = new Set<NetworkLink>()
    const conditions = calm()
    const weather = networkConditionsOf(conditions, general)
    const transport: Transport = (request) =>
      new Observable((to) => {
        if (isClosed) {
          to.next(closed(ABNORMAL, ''))
          to.complete()
          return undefined
        }
        const number = ++opened
        const link = openNetworkLink({
          request,
          to,
          accept,
          scheduler,
          weather,
          sent: (direction, data) => {
            frames.next({ at: scheduler.now(), link: number, host: name, direction, data })
          },
          ended: () => {
            links.delete(link)
            all.delete(link)
          },
        })
        links.add(link)
        all.add(link)
        return link.abandon
      })
    const place: Place = { name, transport, conditions, ...controls(conditions, links) }
    places.set(name, place)
    return place
  }
  const adjust = (): void => {
    for (const link of all) link.adjust()
  }
  const whole = controls(general, all)
  whole.latency(latencyMs)
  whole.bandwidth(bytesPerSecond)

  return {
    ...whole,
    transport: (request) => placeOf('').transport(request),
    host: placeOf,
    hosts: () => [...places.keys()],
    partition: (...names) => {
      for (const { name, conditions } of places.values()) conditions.parted = names.includes(name)
      for (const name of names) placeOf(name).conditions.parted = true
      adjust()
    },
    heal: () => {
      for (const { conditions } of places.values()) clear(conditions)
      clear(general)
      adjust()
    },
    close: () => {
      isClosed = true
      for (const link of [...all]) link.end()
      frames.complete()
    },
    frames$: frames.asObservable(),
  }
}
