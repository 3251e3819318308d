import type { SpanContext, SpanLink } from './api.js'

const sampled = 1

/**
 * Returns a sampled span as a `traceparent` of W3C Trace Context, which is the id of its message: every copy of a message
 * has its id, live, from the log and after a restart. `undefined` for a span that is not recorded.
 */
export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string | undefined =>
  (traceFlags & sampled) === 0 ? undefined : `00-${traceId}-${spanId}-01`

/** Returns the link to the span that sent a message: one, or none where its id is no `traceparent`. */
export const linksOf = (id: string): SpanLink[] => {
  const [, traceId = '', spanId = ''] = /^00-([\da-f]{32})-([\da-f]{16})-01$/.exec(id) ?? []
  const isSpan = /[^0]/.test(traceId) && /[^0]/.test(spanId)
  return isSpan ? [{ context: { traceId, spanId, traceFlags: sampled } }] : []
}
