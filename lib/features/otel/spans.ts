import * as E from '#fp/Either'
import { tap } from 'rxjs'
import { guard } from '../../core/guard.js'
import type { WebSocketError } from '../../core/error.js'
import type { Result, ResultStream } from '../../core/result.js'
import { type Attributes, failed, type Span, spanKinds, type SpanOptions, type TraceApi } from './api.js'
import { attributeNames, type SpanName, spanNames, system } from './names.js'

/** The subject of a span, for the application's attributes. */
export interface SpanAbout {
  readonly span: SpanName
  readonly room?: string | undefined
  readonly event?: string
  /** The name of a call. */
  readonly call?: string
}

/** Options of tracing. All are optional. */
export interface TracingOptions {
  /**
   * Returns further attributes of a span. Default: none: the names of rooms, events and users are in no attribute, because
   * each value is a series of its own, and may be personal. One that throws adds `rx_rooms.attributes_failed`.
   */
  readonly attributes?: ((about: SpanAbout) => Attributes) | undefined
}

/** Starts spans of one tracer. */
export interface Spans {
  readonly start: (about: SpanAbout, more?: SpanOptions) => Span
  /** Ends a span with the result of an action, of which it is the only further subscriber. */
  readonly follow: <T>(span: Span, result$: ResultStream<T>) => void
  /** Runs a function in the context of a span, which ends with it. */
  readonly within: (span: Span, run: () => void) => void
  /** Runs a function in the context of a span. */
  readonly inside: <T>(span: Span, run: () => T) => T
}

const kinds: Readonly<Record<SpanName, number>> = {
  connect: spanKinds.client,
  join: spanKinds.client,
  send: spanKinds.producer,
  process: spanKinds.consumer,
  publish: spanKinds.producer,
  call: spanKinds.client,
  ask: spanKinds.client,
  answer: spanKinds.server,
}

/** The operations that the conventions for messaging know. */
const types: Readonly<Partial<Record<SpanName, string>>> = { send: 'send', publish: 'send', process: 'process' }

export const spansOf = <C>({ trace, context }: TraceApi<C>, { attributes }: TracingOptions): Spans => {
  const tracer = trace.getTracer(system)

  const attributesOf = (about: SpanAbout): Attributes => {
    const { span } = about
    const type = types[span]
    const own: Attributes = {
      [attributeNames.system]: system,
      [attributeNames.operation]: span,
      ...(type && { [attributeNames.operationType]: type }),
    }
    if (!attributes) return own
    const given = guard(() => attributes(about))
    return E.isRight(given) ? { ...own, ...given.right } : { ...own, [attributeNames.attributesFailed]: true }
  }
  const inside = <T>(span: Span, run: () => T): T => context.with(trace.setSpan(context.active(), span), run)
  return {
    inside,
    start: (about, more) =>
      tracer.startSpan(
        spanNames[about.span],
        { kind: kinds[about.span], ...more, attributes: { ...attributesOf(about), ...more?.attributes } },
        context.active(),
      ),
    follow: (span, result$) => {
      result$
        .pipe(
          tap((result) => {
            end(span, result)
          }),
        )
        .subscribe()
    },
    within: (span, run) => {
      try {
        inside(span, run)
      } finally {
        span.end()
      }
    },
  }
}

/** Ends a span with a result: the code of a `Left` is its error. */
export const end = (span: Span, result: Result<unknown>): void => {
  if (E.isLeft(result)) fail(span, result.left)
  else span.end()
}

export const fail = (span: Span, { code }: WebSocketError): void => {
  failWith(span, code)
}

/** Ends a span with the code of an error. */
export const failWith = (span: Span, code: string): void => {
  span.setAttributes({ [attributeNames.error]: code })
  span.setStatus({ code: failed })
  span.end()
}
