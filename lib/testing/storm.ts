import { type SchedulerLike, Subscription } from 'rxjs'
import type { Direction } from '../transport/link.js'
import type { MemoryNetwork } from '../transport/memory.js'
import { seeded } from './random.js'
import { type Switch, switchboard, switchesOf } from './switches.js'
import type { EngineFault, EngineFaults, UnreliableOptions } from './unreliable.js'

/**
 * What a storm does to hosts, one at a time: `cut` ends its links; `freeze` holds up both directions and `halfOpen` one of
 * them, which ends with a cut; `refuse` and `hang` are for its new connections; `slow` has each message travel longer,
 * `throttle` takes bandwidth. A `partition` is of half of them, drawn; an `outage` ends the links of all.
 */
export type StormFault =
  'cut' | 'freeze' | 'halfOpen' | 'refuse' | 'hang' | 'slow' | 'throttle' | 'partition' | 'outage'

/** What `storm` can be told. */
export interface StormOptions {
  /** The same seed gives the same storm to the millisecond. Default 1. */
  readonly seed?: number | undefined
  /**
   * How often each happens, in ms, drawn each time from a half to one and a half of it. What is not named never happens.
   * Default: something of everything, from a cut every 8 000 to an outage every 60 000.
   */
  readonly everyMs?: Readonly<Partial<Record<StormFault, number>>> | undefined
  /** The longest that anything lasts, in ms; the shortest is a tenth of it. Default 10 000. */
  readonly longestMs?: number | undefined
  /** The longest that a message travels where it is slow, in ms. Default 2 000. */
  readonly slowMs?: number | undefined
  /** What a throttled host sends and gets, in bytes per second. Default 2 000. */
  readonly throttledBytesPerSecond?: number | undefined
  /** The hosts that it may strike. Default: all that the network has by then. */
  readonly hosts?: readonly string[] | undefined
  /** What the engine does while it lasts. Default: its work. */
  readonly engine?: EngineFaults | undefined
}

/** What a storm did. */
export interface Strike {
  readonly at: number
  readonly what: StormFault | `engine ${EngineFault}`
  readonly hosts: readonly string[]
  /** How long it is to last, in ms. */
  readonly forMs: number
  /** Of what is half-open: the direction that is dead. */
  readonly direction?: Direction
}

/** A storm, from its beginning. */
export interface Storm {
  /** What it did so far, in order: what to read when a run fails. */
  readonly strikes: readonly Strike[]
  /** Ends it, and all that it does. */
  readonly stop: () => void
}

/** What a storm needs. */
export interface StormGround {
  readonly network: MemoryNetwork
  readonly scheduler: SchedulerLike
  /** Makes the engine that bad, or sound again. */
  readonly strain?: (how?: Omit<UnreliableOptions, 'scheduler'>) => void
}

/** Something of everything, as a bad day on a train has it. Their order seeds their chance: new ones go to the end. */
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
 * Begins a storm: faults of the network, and of the engine if that is given, over time. The same seed on the same ground
 * gives the same storm to the millisecond; what one kind of fault does is the same whatever others there are. It uses the
 * switches of hosts, and leaves them off.
 */
export const storm = ({ network, scheduler, strain }: StormGround, options: StormOptions = {}): Storm => {
  const { seed = 1, longestMs = 10_000, slowMs = 2_000, throttledBytesPerSecond = 2_000 } = options
  const everyMs: StormOptions['everyMs'] & object = options.everyMs ?? badDay
  const strikes: Strike[] = []
  const going = new Subscription()
  const hold = switchboard()
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
  /** Ends then, or with the storm. */
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
