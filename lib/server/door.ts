import type { Shared } from './connections.js'
import type { Log } from './logging.js'
import type { ServerFault } from './metrics.js'
import type { RefusalCode } from './refusal.js'

/** Calls of listeners to a server before there is a socket. */
export interface Door {
  /** Counts a new connection of an address. Returns the ms until its next try, 0 where it may enter. */
  readonly knock: (address: string | undefined) => number
  /** Opens a connection of an address in its turn: at once, unless the address is above its share of the event loop. */
  readonly queue: (address: string | undefined, open: () => void) => void
  /** Reports a connection that was refused before it had a socket. */
  readonly refused: (cause: RefusalCode, because: string) => void
  readonly fault: (fault: ServerFault) => void
  readonly log?: Log | undefined
}

export const doorOf = ({ context, treasury, fairScheduler, log }: Shared): Door => {
  const { count, box, bill, fault } = context
  return {
    knock: (address) => {
      const waitMs = address === undefined ? 0 : treasury.addresses.of(address).take('handshakes')
      return waitMs || treasury.server.take('handshakes')
    },
    queue: (address, open) => {
      if (address === undefined) {
        open()
        return
      }
      const owner = treasury.arrival(treasury.visitor(address), treasury.addresses.of(address))
      const task = (): boolean => {
        open()
        return false
      }
      box.enter(() => {
        bill(owner)
        fairScheduler.wake({ hasWork: () => true, step: task }, owner)
      })
    },
    refused: (cause, because) => {
      log?.handshake(because)
      count.refusals++
      count.causes.add(cause)
    },
    fault,
    log,
  }
}
