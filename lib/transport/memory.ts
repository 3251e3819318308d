import { Observable, type SchedulerLike, Subject } from 'rxjs'
import type { Accept, Data, Transport } from '../core/ports.js'
import { ABNORMAL, closed } from './closing.js'
import { type Controls, controls } from './controls.js'
import { type Direction, type Link, openLink } from './link.js'
import { calm, clear, type Conditions, type Latency, weatherOf } from './weather.js'

/** What `memory` needs to know. */
export interface MemoryOptions {
  /** The server behind the network. */
  readonly accept: Accept
  /** Everything happens in its time, and never before the next action. */
  readonly scheduler: SchedulerLike
  /** Each way. Default 0. */
  readonly latencyMs?: Latency | undefined
  /** What a direction of a link carries. Default: no limit, so that nothing is ever buffered. */
  readonly bytesPerSecond?: number | undefined
}

/** A message as it was put on a link. */
export interface Sighting {
  readonly at: number
  /** The link, counted from 1. */
  readonly link: number
  /** The host whose link it is; `''` for `network.transport`. */
  readonly host: string
  readonly direction: Direction
  readonly data: Data
}

/** One machine on the network, with a way of its own to the server. */
export interface Host extends Controls {
  readonly name: string
  readonly transport: Transport
}

/**
 * A network in memory: the same options and the same seed give the same run. For tests and simulations.
 *
 * Its own controls are for all links, those of a host for that host's alone. What is wrong with either is wrong; a
 * latency or bandwidth of a host counts before that of the network.
 */
export interface MemoryNetwork extends Controls {
  /** For clients that need no host of their own: they share the host `''`. */
  readonly transport: Transport
  /** The host of that name, the same each time. */
  readonly host: (name: string) => Host
  /** The names of all hosts so far. */
  readonly hosts: () => readonly string[]
  /** Cuts these hosts off from the server, and no others: as frozen, with what is sent meanwhile kept for later. */
  readonly partition: (...names: readonly string[]) => void
  /** Ends everything that is wrong, with all and with each: nothing is frozen, lost, refused or parted any more. */
  readonly heal: () => void
  /** Ends every link within the call, and refuses new ones: afterwards the network holds no timers. */
  readonly close: () => void
  /** Every message as it is sent. Hot. Completes with the network. */
  readonly frames$: Observable<Sighting>
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
  const all = new Set<Link>()
  const places = new Map<string, Place>()
  const frames = new Subject<Sighting>()
  const general = calm()
  let opened = 0
  let isClosed = false

  const placeOf = (name: string): Place => {
    const known = places.get(name)
    if (known) return known
    const links = new Set<Link>()
    const conditions = calm()
    const weather = weatherOf(conditions, general)
    const transport: Transport = (request) =>
      new Observable((to) => {
        if (isClosed) {
          to.next(closed(ABNORMAL, ''))
          to.complete()
          return undefined
        }
        const number = ++opened
        const link = openLink({
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
