import type { Client } from '../../client/client.js'
import { callTraces } from '../../client/call-traces.js'
import { partsOf } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import type { AnyContract } from '../../contract/contract.js'
import type { TraceApi } from './api.js'
import { attempts } from './connecting.js'
import { spansOf, type TracingOptions } from './spans.js'
import { callTracer } from './traced-calls.js'
import { tracedRoom } from './traced-room.js'

/** The members of a client that are traced. */
export interface Tracing {
  /** Makes a handle on a room that is traced; otherwise like `room` of the client. */
  readonly room: <C extends AnyContract>(name: string, contract: C) => Room<C>
}

/**
 * Traces a client with OpenTelemetry: `client.with(tracing(api))`, with `import * as api from '@opentelemetry/api'`.
 *
 * Spans: each attempt to connect, `join()`, `send` and `post` from the call to the receipt, and the handling of each
 * received message by a subscriber of `on` or `messages`. A received message's span is linked to the one that sent it and
 * is no child of it: the id of a message that is sent in a recorded span is that span's `traceparent`, unless the
 * application gives an id. So is the handling of a call to the call, whose id does the same: calls, calls to members and
 * the handlers of this client are traced at every handle. Without an SDK nothing is recorded, and ids stay as they are.
 */
export const tracing =
  <C>(api: TraceApi<C>, options: TracingOptions = {}) =>
  (client: Client): Tracing => {
    const spans = spansOf(api, options)
    const traced = tracedRoom(spans)
    const { kernel, get } = partsOf(client)
    kernel.state.watch(attempts(spans))
    get(callTraces).use(callTracer(spans, kernel.diagnostics.threw))
    return { room: (name, contract) => client.room(name, contract).with(traced) }
  }
