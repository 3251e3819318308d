import type { Direction } from '../transport/network-link.js'
import type { MemoryNetwork } from '../transport/memory.js'
import type { Latency } from '../transport/network-conditions.js'

/** A fault that can be switched on and off. */
export interface Switch {
  readonly name: string
  readonly on: () => void
  readonly off: () => void
}

/** The faults of a network's hosts, by the names of the hosts. */
export interface Switches {
  readonly cut: (host: string) => void
  readonly freeze: (host: string, direction: Direction) => Switch
  readonly refuse: (host: string) => Switch
  readonly hang: (host: string) => Switch
  readonly slow: (host: string, latency: Latency) => Switch
  readonly throttle: (host: string, bytesPerSecond: number) => Switch
  readonly part: (host: string) => Switch
}

export const switchesOf = (network: MemoryNetwork): Switches => {
  const parted = new Set<string>()
  const { host } = network
  return {
    cut: (name) => {
      host(name).cut()
    },
    freeze: (name, direction) => ({
      name: `${direction} ${name}`,
      on: () => {
        host(name).freeze(direction)
      },
      off: () => {
        host(name).thaw(direction)
      },
    }),
    refuse: (name) => ({
      name: `refuse ${name}`,
      on: () => {
        host(name).refuse(true)
      },
      off: () => {
        host(name).refuse(false)
      },
    }),
    hang: (name) => ({
      name: `hang ${name}`,
      on: () => {
        host(name).hang(true)
      },
      off: () => {
        host(name).hang(false)
      },
    }),
    slow: (name, latency) => ({
      name: `slow ${name}`,
      on: () => {
        host(name).latency(latency)
      },
      off: () => {
        host(name).latency()
      },
    }),
    throttle: (name, bytesPerSecond) => ({
      name: `throttle ${name}`,
      on: () => {
        host(name).bandwidth(bytesPerSecond)
      },
      off: () => {
        host(name).bandwidth()
      },
    }),
    part: (name) => ({
      name: `part ${name}`,
      on: () => {
        parted.add(name)
        network.partition(...parted)
      },
      off: () => {
        parted.delete(name)
        network.partition(...parted)
      },
    }),
  }
}

/** Switches faults on, each as long as it has a holder; the returned function releases them. */
export const faultControls = (): ((switches: readonly Switch[]) => () => void) => {
  const holders = new Map<string, number>()
  return (switches) => {
    for (const { name, on } of switches) {
      const before = holders.get(name) ?? 0
      holders.set(name, before + 1)
      if (before === 0) on()
    }
    return () => {
      for (const { name, off } of switches) {
        const left = (holders.get(name) ?? 0) - 1
        holders.set(name, left)
        if (left === 0) off()
      }
    }
  }
}
