import { AsyncSubject, concat, distinctUntilChanged, interval, map, merge, type Observable, of, takeUntil } from 'rxjs'
import type { Client } from '../../client/client.js'
import type { Parts } from '../../client/parts.js'
import { partsOf } from '../../client/port.js'
import { stream } from '../../core/stream.js'
import type { Metrics } from '../../kernel/counters.js'
import type { Extension } from '../../kernel/extension.js'
import { causes } from './causes.js'

/** The member that the feature `metrics` adds to a client. */
export interface MetricsView {
  /**
   * Counters: emits at once, then each second while a value changes and somebody is subscribed. Counts by cause begin with
   * the first use of the feature, the others with the client.
   */
  readonly metrics$: Observable<Metrics>
}

/** The interval between looks at the counters, in ms. */
const everyMs = 1_000

/** Adds `metrics$` to a client: its counters. */
export const metrics = (client: Client): MetricsView => {
  const { kernel, outbox, get } = partsOf(client)
  const { config, diagnostics } = kernel
  const { counts } = get(causes)
  const { closed$ } = get(closing)
  const snapshot = (): Metrics => ({ ...diagnostics.counters, ...outbox.totals.fates, ...counts() })
  const looks$ = merge(of(0), interval(everyMs, config.scheduler)).pipe(takeUntil(closed$))
  const values$ = concat(looks$, of(0)).pipe(map(snapshot), distinctUntilChanged(isSame))
  return { metrics$: stream(diagnostics.threw, values$) }
}

/** The end of a client. */
interface Closing extends Extension {
  readonly closed$: Observable<void>
}

const closing = ({ kernel, over }: Parts): Closing => {
  const closed$ = new AsyncSubject<void>()
  const end = (): void => {
    closed$.next()
    closed$.complete()
  }
  if (over()) end()
  return {
    closed$,
    close: () => {
      kernel.turns.publish(end)
    },
  }
}

const isSame = (a: Metrics, b: Metrics): boolean => JSON.stringify(a) === JSON.stringify(b)
