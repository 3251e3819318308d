import type { SchedulerLike } from 'rxjs'
import type { MemoryNetwork } from '../transport/memory.js'
import type { Backend } from './backend.js'
import type { FakeServer } from './fake-server.js'
import { type Storm, storm } from './fault-schedule.js'

/** The conditions on the network of a fake server. */
export interface Weather {
  readonly controls: Pick<FakeServer, 'drop' | 'freeze' | 'thaw' | 'throttle' | 'storm' | 'delay'>
  /** Ends every storm. */
  readonly calm: () => void
}

export interface WeatherParts {
  readonly network: MemoryNetwork
  readonly scheduler: SchedulerLike
  readonly backend: Pick<Backend, 'strain'>
  readonly seed: number | undefined
  /** Does something, and notes it in the transcript. */
  readonly act: (what: string, does: () => unknown) => void
}

export const weather = ({ network, scheduler, backend, seed, act }: WeatherParts): Weather => {
  const storms = new Set<Storm>()
  return {
    controls: {
      drop: (code) => act(code === undefined ? 'drops' : `drops ${code}`, () => network.cut(code)),
      freeze: () => act('freezes', () => network.freeze()),
      thaw: () => act('thaws', () => network.thaw()),
      throttle: (bytesPerSecond) =>
        act(`throttles to ${bytesPerSecond} bytes per second`, () => network.bandwidth(bytesPerSecond)),
      storm: (more) => {
        const begun = storm({ network, scheduler, strain: backend.strain }, { seed: seed ?? 1, ...more })
        storms.add(begun)
        return begun
      },
      delay: (ms) => act(typeof ms === 'number' ? `delays ${ms}` : 'delays', () => network.latency(ms)),
    },
    calm: () => {
      for (const { stop } of storms) stop()
    },
  }
}
