import { type Observable, take, tap } from 'rxjs'
import type { Causes } from '../../core/causes.js'
import type { Metrics } from '../../kernel/counters.js'
import type { ServerMetrics } from '../../server/metrics.js'
import { families } from '../../server/prometheus.js'
import type { Instrument, Meter, Observe } from './api.js'
import { attributeNames } from './names.js'

/** Ends an observation. */
type Stop = () => void

/**
 * Gives the counters of a client to a meter of OpenTelemetry, read when the SDK collects:
 * `observeClient(api.metrics.getMeter('app'), client.with(metrics))`. Names are `rx_rooms.client.losses` and so on; counts by
 * cause have the attribute `cause`, those by endpoint `endpoint`, its place. Returns a function that ends it.
 */
export const observeClient = (meter: Meter, { metrics$ }: { readonly metrics$: Observable<Metrics> }): Stop => {
  const read = (): Metrics | undefined => {
    let metrics: Metrics | undefined
    metrics$
      .pipe(
        take(1),
        tap((now) => {
          metrics = now
        }),
      )
      .subscribe()
    return metrics
  }
  const stops = Object.keys(read() ?? {}).map((key) =>
    observe(
      meter.createObservableCounter(`rx_rooms.client.${snake(key)}`),
      attributeNames[key.startsWith('endpoint') ? 'endpoint' : 'cause'],
      () => read()?.[key as keyof Metrics],
    ),
  )
  return all(stops)
}

/**
 * Gives the metrics of a server to a meter of OpenTelemetry, read when the SDK collects. Names are those of `prometheus`:
 * `rx_rooms.server.refusals` with the attribute `code`. Returns a function that ends it.
 */
export const observeServer = (meter: Meter, { metrics }: { readonly metrics: () => ServerMetrics }): Stop => {
  const stops = Object.entries(families).map(([key, { name, type, help, label = 'cause' }]) => {
    const full = `rx_rooms.server.${name.replace(/_total$/, '')}`
    const options = { description: help }
    const instrument =
      type === 'gauge' ? meter.createObservableGauge(full, options) : meter.createObservableCounter(full, options)
    return observe(instrument, label, () => metrics()[key as keyof typeof families])
  })
  return all(stops)
}

const observe = (instrument: Instrument, label: string, read: () => number | Causes | undefined): Stop => {
  const callback: Observe = (result) => {
    const value = read()
    if (typeof value === 'number') result.observe(value)
    else for (const [cause, count] of Object.entries(value ?? {})) result.observe(count, { [label]: cause })
  }
  instrument.addCallback(callback)
  return () => {
    instrument.removeCallback(callback)
  }
}

const all =
  (stops: readonly Stop[]): Stop =>
  () => {
    for (const stop of stops) stop()
  }

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
