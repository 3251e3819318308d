import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Attributes, Meter, SpanLink, TraceApi } from '../../lib/features/otel/index.js'

/** A span that has ended, as the SDK exports it. */
export interface ExportedSpan {
  readonly name: string
  readonly kind: number
  readonly attributes: Attributes
  readonly links: readonly SpanLink[]
  readonly status: { readonly code: number }
  readonly parentSpanContext?: { readonly spanId: string }
  readonly spanContext: () => { readonly traceId: string; readonly spanId: string }
}

interface Exporter {
  readonly getFinishedSpans: () => readonly ExportedSpan[]
  readonly reset: () => void
}

interface Api extends TraceApi<object> {
  readonly trace: TraceApi<object>['trace'] & {
    readonly setGlobalTracerProvider: (provider: object) => boolean
    readonly getActiveSpan: () => { readonly spanContext: () => { readonly spanId: string } } | undefined
    readonly disable: () => void
  }
  readonly context: TraceApi<object>['context'] & {
    readonly setGlobalContextManager: (manager: object) => boolean
    readonly disable: () => void
  }
}

type Class<T> = new (...given: unknown[]) => T

interface Collected {
  readonly resourceMetrics: {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly descriptor: { readonly name: string; readonly type: string }
        readonly dataPoints: readonly { readonly value: number; readonly attributes: Attributes }[]
      }[]
    }[]
  }
  readonly errors: readonly unknown[]
}

const load = createRequire(join(__dirname, 'sdk/package.json'))

/** The API package of OpenTelemetry. */
export const api = load('@opentelemetry/api') as Api

/** Registers the SDK, with an exporter in memory. Returns the spans that have ended, and a function that ends it. */
export const recording = () => {
  const { BasicTracerProvider, SimpleSpanProcessor, InMemorySpanExporter } = load(
    '@opentelemetry/sdk-trace-base',
  ) as Readonly<Record<string, Class<object>>>
  const { AsyncLocalStorageContextManager } = load('@opentelemetry/context-async-hooks') as Readonly<
    Record<string, Class<{ readonly enable: () => object }>>
  >
  const exporter = new InMemorySpanExporter!() as Exporter
  api.trace.setGlobalTracerProvider(new BasicTracerProvider!({ spanProcessors: [new SimpleSpanProcessor!(exporter)] }))
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager!().enable())
  return {
    spans: (name?: string): readonly ExportedSpan[] =>
      exporter.getFinishedSpans().filter((span) => name === undefined || span.name === name),
    stop: () => {
      api.trace.disable()
      api.context.disable()
    },
  }
}

/** A meter of the SDK, and a function that collects its values by name. */
export const metering = () => {
  const { MeterProvider, MetricReader } = load('@opentelemetry/sdk-metrics') as Readonly<Record<string, Class<object>>>
  class Reader extends (MetricReader as Class<{ readonly collect: () => Promise<Collected> }>) {
    onForceFlush = () => Promise.resolve()
    onShutdown = () => Promise.resolve()
  }
  const reader = new Reader()
  const provider = new MeterProvider!({ readers: [reader] }) as { readonly getMeter: (name: string) => Meter }
  return {
    meter: provider.getMeter('spec'),
    collect: async () => {
      const { resourceMetrics, errors } = await reader.collect()
      expect(errors).toEqual([])
      return new Map(
        resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
          metrics.map(
            ({ descriptor: { name, type }, dataPoints }) =>
              [name, { type, points: dataPoints.map(({ value, attributes }) => [attributes, value]) }] as const,
          ),
        ),
      )
    },
  }
}
