import * as E from '#fp/Either'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import { observer } from '../store/calls.js'
import type { Owner, Store } from '../store/port.js'
import { type Loaded, load } from './load.js'
import type { Clocks } from './records.js'
import { storeTimeout } from './store-timeout.js'

export interface OpeningNeeds {
  readonly store: Store
  readonly owner: () => Owner
  readonly options: {
    readonly openMs: number
    readonly waitMs: number
    readonly partitions: number
    readonly damaged: number
  }
  readonly clocks: Clocks
  readonly deadlines: Deadlines
  readonly ids: () => string
  readonly turn: (task: () => void) => void
  readonly report: (message: string) => void
  /** The partition is open, possibly after `failed`. In a turn. */
  readonly opened: (found: Loaded) => void
  /** The partition is not open in time, or cannot be opened. In a turn. */
  readonly failed: (message: string) => void
}

/** Opens the partition of a client, within `openMs` and the wait for leases of earlier clients. */
export const openPartition = (needs: OpeningNeeds): void => {
  const { store, options, clocks, deadlines, turn, report } = needs
  const within = (limitMs: number): Deadline =>
    deadlines.after(limitMs, () => {
      turn(() => {
        needs.failed(`The store did not open within ${limitMs} ms.`)
      })
    })
  let late = within(options.openMs)
  const waits = (): void => {
    late.cancel()
    late = within(options.waitMs + options.openMs)
  }
  load({
    store,
    clocks,
    report,
    inTime: storeTimeout({ waitMs: options.waitMs, deadlines, now: clocks.now, waits, report }),
    owner: needs.owner(),
    ids: needs.ids,
    partitions: options.partitions,
    damaged: options.damaged,
  }).subscribe(
    observer((answer) => {
      turn(() => {
        late.cancel()
        if (E.isRight(answer)) needs.opened(answer.right)
        else needs.failed(`The store cannot be used (${answer.left.because}): ${answer.left.message}`)
      })
    }),
  )
}
