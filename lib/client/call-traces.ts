import type { Observable } from 'rxjs'
import type { Result } from '../core/result.js'
import type { Extension } from '../kernel/extension.js'

/** A call of a client, or the handling of one, as its span tells of it. */
export interface TracedCall {
  readonly span: 'call' | 'ask' | 'answer'
  readonly room: string | undefined
  readonly call: string
}

/** Traces the calls of a client. */
export interface CallTracer {
  /** Traces a call for each subscription anew: `make` makes it, under the id of the trace unless that is `undefined`. */
  readonly around: <T>(of: TracedCall, make: (id?: string) => Observable<Result<T>>) => Observable<Result<T>>
  /** Traces the handling of the call with that id: runs the handler, and returns what it has returned. */
  readonly handling: (of: TracedCall, id: string, run: () => unknown) => unknown
}

/** The tracer of a client: the features of calls ask for it, and that of tracing brings it. */
export interface CallTraces extends Extension {
  readonly tracer: () => CallTracer | undefined
  readonly use: (tracer: CallTracer) => void
}

export const callTraces = (): CallTraces => {
  let used: CallTracer | undefined
  return {
    tracer: () => used,
    use: (tracer) => {
      used = tracer
    },
  }
}
