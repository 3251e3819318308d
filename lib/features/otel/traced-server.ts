import { isObject } from '../../core/shape.js'
import type { ResultStream } from '../../core/result.js'
import type { ServerPublishOptions, ServerReceipt } from '../../server/application.js'
import type { RoomServer } from '../../server/server.js'
import type { TraceApi } from './api.js'
import { type SpanAbout, type Spans, spansOf, type TracingOptions } from './spans.js'
import { traceparentOf } from './traceparent.js'

type Publish = (options: ServerPublishOptions | undefined) => ResultStream<ServerReceipt>

/**
 * Returns a room server whose `publish` and `to(…).publish` are traced with OpenTelemetry, from the call to the receipt.
 * The spans of those who receive the message are linked to it, as with `tracing`.
 */
export const tracedServer = <C, S extends Pick<RoomServer, 'publish' | 'to'>>(
  api: TraceApi<C>,
  server: S,
  options: TracingOptions = {},
): S => {
  const traced = tracedPublish(spansOf(api, options))
  const publish: RoomServer['publish'] = (room, event, data, given) =>
    traced({ span: 'publish', room, event }, given, (named) => server.publish(room, event, data, named))
  const to: RoomServer['to'] = (target) => {
    const recipients = server.to(target)
    const room = isObject(target) && 'room' in target ? { room: target.room } : {}
    return {
      ...recipients,
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
