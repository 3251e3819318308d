/**
 * The names of spans and attributes, as literals: the conventions for messaging are in development, and a dependency on
 * them would change names with its version. Source: OpenTelemetry semantic conventions 1.45, messaging and errors.
 */
export const spanNames = {
  connect: 'connect',
  join: 'join',
  send: 'send',
  process: 'process',
  publish: 'publish',
  call: 'call',
  ask: 'ask',
  answer: 'answer',
} as const

/** The name of a kind of span, as options of tracing use it. */
export type SpanName = keyof typeof spanNames

export const attributeNames = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  error: 'error.type',
  attempt: 'rx_rooms.attempt',
  repeated: 'rx_rooms.repeated',
  attributesFailed: 'rx_rooms.attributes_failed',
  cause: 'cause',
  endpoint: 'endpoint',
} as const

/** The name of the tracer, and of the system in attributes. */
export const system = 'rx-rooms'
