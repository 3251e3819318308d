import { type SchedulerLike, Subscription } from 'rxjs'
import type { Direction } from '../transport/network-link.js'
import type { MemoryNetwork } from '../transport/memory.js'
import { seeded } from './random.js'
import { type Switch, faultControls, switchesOf } from './fault-controls.js'
import type { EngineFault, EngineFaults, UnreliableOptions } from './unreliable.js'

/**
 * The faults that a storm injects into hosts, one at a time. `cut` breaks the connections of a host; `freeze` stops both
 * directions for a time; `halfOpen` stops one direction and ends with a cut; `refuse` and `hang` affect new connections;
 * `slow` raises the latency of each message; `throttle` lowers the bandwidth. A `partition` affects a random half of the
 * hosts; an `outage` breaks the connections of all hosts.
 */
export type StormFault =
  | 'cut'
  | 'freeze'
  | 'halfOpen'
  | 'refuse'
  | 'hang'
  | 'slow'
  | 'throttle'
  | 'partition'
  | 'outage'

/** Options for `storm`. */
export interface StormOptions {
  /** Seeds the storm: the same seed gives the same storm to the millisecond. Default 1. */
  readonly seed?: number | undefined
  /**
   * Mean interval of each fault, in ms; each interval is random, from a half to one and a half of the mean. A fault that is
   * not named never happens. Default: all faults, from a cut every 8 000 to an outage every 60 000.
   */
  readonly everyMs?: Readonly<Partial<Record<StormFault, number>>> | undefined
  /** Maximum duration of a fault, in ms; the minimum is a tenth of it. Default 10 000. */
  readonly longestMs?: number | undefined
  /** Maximum latency of a message on a slow host, in ms. Default 2 000. */
  readonly slowMs?: number | undefined
  /** Bandwidth of a throttled host in each direction, in bytes per second. Default 2 000. */
  readonly throttledBytesPerSecond?: number | undefined
  /** Names of the hosts that the storm may affect. Default: all hosts that the network has by then. */
  readonly hosts?: readonly string[] | undefined
  /** Faults of the engine during the storm. Default: none. */
  readonly engine?: EngineFaults | undefined
}

/** A fault that a storm injected. */
export interface Strike {
  readonly at: number
  readonly what: StormFault | `engine ${EngineFault}`
  readonly hosts: readonly string[]
  /** Planned duration, in ms. */
  readonly forMs: number
  /** The dead direction of a half-open connection. */
  readonly direction?: Direction
}

/** A storm that has begun. */
export interface Storm {
  /** The faults so far, in order: read them when a run fails. */
  readonly strikes: readonly Strike[]
  /** Ends the storm and all of its faults. */
  readonly stop: () => void
}

/** The environment of a storm. */
export interface StormGround {
  readonly network: MemoryNetwork
  readonly scheduler: SchedulerLike
  /** Makes the engine fail as the options say; without options, the engine works normally again. */
  readonly strain?: (how?: Omit<UnreliableOptions, 'scheduler'>) => void
}

/** All faults, as on a bad day on a train. Their order seeds their random values, so new faults go to the end. */
const badDay: Readonly<Record<StormFault, number>> = {
  cut: 8_000,
  freeze: 20_000,
  halfOpen: 30_000,
  refuse: 40_000,
  hang: 60_000,
  slow: 10_000,
  throttle: 15_000,
  partition: 40_000,
  outage: 60_000,
}

const faults = Object.keys(badDay) as readonly StormFault[]

/**
 * Starts a storm: injects faults into the network, and into the engine if `engine` is given, over time. The same seed in
 * the same environment gives the same storm to the millisecond; each kind of fault is independent of the other kinds. A
 * storm uses the switches of hosts, and leaves them off.
 */
export const storm = ({ network, scheduler, strain }: StormGround, options: StormOptions = {}): Storm => {
  const { seed = 1, longestMs = 10_000, slowMs = 2_000, throttledBytesPerSecond = 2_000 } = options
  const everyMs: StormOptions['everyMs'] & object = options.everyMs ?? badDay
  const strikes: Strike[] = []
  const going = new Subscription()
  const hold = faultControls()
  const switches = switchesOf(network)

  const note = (what: Strike['what'], hosts: readonly string[], more: Partial<Strike> = {}): void => {
    strikes.push({ at: scheduler.now(), what, hosts, forMs: 0, ...more })
  }
  const later = (ms: number, task: () => void): void => {
    const alarm: Subscription = scheduler.schedule(() => {
      going.remove(alarm)
      task()
    }, ms)
    going.add(alarm)
  }
  /** Calls `end` after that time, or when the storm ends. */
  const lasting = (ms: number, end: () => void): void => {
    const spell = new Subscription(end)
    going.add(spell)
    later(ms, () => {
      going.remove(spell)
      spell.unsubscribe()
    })
  }

  const strike = (what: StormFault, random: () => number): void => {
    const names = options.hosts ?? network.hosts()
    const struck = names[Math.floor(random() * names.length)]
    const forMs = Math.round(longestMs * (0.1 + 0.9 * random()))
    const direction = random() < 0.5 ? 'up' : 'down'
    if (struck === undefined) return
    const { cut, freeze, part, ...others } = switches
    const spell = (thrown: readonly Switch[], hosts: readonly string[] = [struck]): void => {
      note(what, hosts, { forMs })
      lasting(forMs, hold(thrown))
    }
    switch (what) {
      case 'cut':
        note(what, [struck])
        cut(struck)
        return
      case 'outage':
        note(what, names)
        for (const name of names) cut(name)
        return
      case 'freeze':
        spell([freeze(struck, 'up'), freeze(struck, 'down')])
        return
      case 'halfOpen': {
        note(what, [struck], { forMs, direction })
        const thaw = hold([freeze(struck, direction)])
        lasting(forMs, () => {
          cut(struck)
          thaw()
        })
        return
      }
      case 'partition': {
        const parted = names.filter((name) => name === struck || random() < 0.5)
        spell(parted.map(part), parted)
        return
      }
      case 'slow':
        spell([others.slow(struck, () => Math.floor(random() * (slowMs + 1)))])
        return
      case 'throttle':
        spell([others.throttle(struck, throttledBytesPerSecond)])
        return
      case 'refuse':
      case 'hang':
        spell([others[what](struck)])
    }
  }

  faults.forEach((what, index) => {
    const every = everyMs[what]
    if (every === undefined) return
    const random = seeded(seed + index * 2 ** 32)
    const again = (): void => {
      later(Math.max(1, Math.round(every * (0.5 + random()))), () => {
        strike(what, random)
        again()
      })
    }
    again()
  })
  if (options.engine) {
    strain?.({
      ...options.engine,
      random: seeded(seed + faults.length * 2 ** 32),
      told: (fault) => {
        note(`engine ${fault}`, [])
      },
    })
    going.add(() => {
      strain?.()
    })
  }

  return {
    strikes,
    stop: () => {
      going.unsubscribe()
    },
  }
}
