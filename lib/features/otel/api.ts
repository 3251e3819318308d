/** The part of `@opentelemetry/api` that tracing uses. The application passes the package: this library does not import it. */
export interface TraceApi<C> {
  readonly trace: {
    getTracer(name: string): Tracer<C>
    setSpan(context: C, span: Span): C
  }
  readonly context: {
    active(): C
    with<T>(context: C, run: () => T): T
  }
}

export interface Tracer<C> {
  startSpan(name: string, options?: SpanOptions, context?: C): Span
}

export interface SpanOptions {
  kind?: number
  root?: boolean
  attributes?: Attributes
  links?: SpanLink[]
}

/** The attributes of a span or a measurement. */
export type Attributes = Record<string, string | number | boolean>

/** A link of a span to the context of another one, as the API of OpenTelemetry has it. */
export interface SpanLink {
  context: SpanContext
}

export interface SpanContext {
  traceId: string
  spanId: string
  traceFlags: number
}

/** A span of a trace, with the members of the API of OpenTelemetry that tracing uses. */
export interface Span {
  spanContext(): SpanContext
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

/** The part of a meter of `@opentelemetry/api` that metrics use. */
export interface Meter {
  createObservableCounter(name: string, options?: { description?: string }): Instrument
  createObservableGauge(name: string, options?: { description?: string }): Instrument
}

export interface Instrument {
  addCallback(callback: Observe): void
  removeCallback(callback: Observe): void
}

export type Observe = (result: { observe(value: number, attributes?: Attributes): void }) => void

/** The values of `SpanKind` and of `SpanStatusCode`. */
export const spanKinds = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const
export const failed = 2
