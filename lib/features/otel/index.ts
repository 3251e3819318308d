export { observeClient, observeServer } from './instruments.js'
export { tracedAnswers } from './traced-calls.js'
export { tracedServer } from './traced-server.js'
export { tracing, type Tracing } from './tracing.js'

export type { Attributes, Meter, Span, SpanLink, TraceApi } from './api.js'
export type { SpanName } from './names.js'
export type { SpanAbout, TracingOptions } from './spans.js'
