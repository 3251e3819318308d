import { isObject } from '../../core/shape.js'
import type { ResultStream } from '../../core/result.js'
import type { ServerPublishOptions, ServerReceipt } from '../../server/application.js'
import type { RoomServer } from '../../server/server.js'
import type { TraceApi } from './api.js'
import { type SpanAbout, type Spans, spansOf, type TracingOptions } from './spans.js'
import { callTracer } from './traced-calls.js'
import { traceparentOf } from './traceparent.js'

type Publish = (options: ServerPublishOptions | undefined) => ResultStream<ServerReceipt>

/**
 * Returns a room server whose `publish`, `to(…).publish` and `to(…).ask` are traced with OpenTelemetry, from the call to the
 * receipt, or to the last answer.
 * The spans of those who receive the message are linked to it, as with `tracing`.
 */
export const tracedServer = <C, S extends Pick<RoomServer, 'publish' | 'to'>>(
  api: TraceApi<C>,
  server: S,
  options: TracingOptions = {},
): S => {
  const spans = spansOf(api, options)
  const traced = tracedPublish(spans)
  const calls = callTracer(spans, () => false)
  const publish: RoomServer['publish'] = (room, event, data, given) =>
    traced({ span: 'publish', room, event }, given, (named) => server.publish(room, event, data, named))
  const to: RoomServer['to'] = (target) => {
    const recipients = server.to(target)
    const room: { readonly room?: string } = isObject(target) && 'room' in target ? { room: target.room } : {}
    return {
      ...recipients,
      ask: (contract, call, ...given) =>
        calls.around({ span: 'ask', room: room.room, call }, () => recipients.ask(contract, call, ...given)),
      publish: (event, data, given) =>
        traced({ span: 'publish', ...room, event }, given, (named) => recipients.publish(event, data, named)),
    }
  }
  return { ...server, publish, to }
}

const tracedPublish =
  (spans: Spans) =>
  (about: SpanAbout, given: ServerPublishOptions | undefined, publish: Publish): ResultStream<ServerReceipt> => {
    const span = spans.start(about)
    const id = traceparentOf(span.spanContext())
    const receipt$ = publish(id !== undefined && isObject(given ?? {}) ? { id, ...given } : given)
    spans.follow(span, receipt$)
    return receipt$
  }
