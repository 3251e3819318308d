import type { SchedulerLike } from 'rxjs'
import type { Transport } from '../../lib/core/ports.js'
import type { StartTransport } from '../../lib/testing/conformance/transport/rig.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { memory, type MemoryOptions } from '../../lib/transport/memory.js'

/** The network in memory, in virtual time, behind whatever is put before its transport. */
export const memoryRig =
  (
    options: Partial<Omit<MemoryOptions, 'accept' | 'scheduler'>>,
    behind: (transport: Transport, scheduler: SchedulerLike) => Transport = (transport) => transport,
  ): StartTransport =>
  (accept) => {
    const scheduler = virtualTime()
    const network = memory({ ...options, accept, scheduler })
    return {
      transport: behind(network.transport, scheduler),
      url: 'memory://spec',
      until: async (what, condition) => {
        scheduler.run()
        if (!condition()) throw new Error(`never ${what}`)
      },
      calm: () => scheduler.run(),
      refuse: () => network.refuse(true),
      hang: () => network.hang(true),
      stall: (on) => (on ? network.freeze() : network.thaw()),
      cut: () => network.cut(),
      dispose: () => {
        if (network.links() > 0) throw new Error(`${network.links()} links are left`)
        if (scheduler.pending() > 0) throw new Error(`${scheduler.pending()} timers are left`)
      },
    }
  }
