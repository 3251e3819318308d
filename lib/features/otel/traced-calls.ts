import { finalize, from, Observable, type ObservableInput, tap, throwError } from 'rxjs'
import type { CallTracer } from '../../client/call-traces.js'
import { isPlain } from '../../core/plain.js'
import type { Result } from '../../core/result.js'
import { hasMethods } from '../../core/shape.js'
import { type Report, stream } from '../../core/stream.js'
import type { Answers } from '../../server/calls/answers.js'
import type { RoomCaller } from '../../server/calls/handled.js'
import type { Span, TraceApi } from './api.js'
import { end, failWith, type Spans, spansOf, type TracingOptions } from './spans.js'
import { linksOf, traceparentOf } from './traceparent.js'

/** Traces each call from its subscription to its last answer, and its handling until the answer is there. */
export const callTracer = (spans: Spans, threw: Report): CallTracer => ({
  around: <T>(of: Parameters<Spans['start']>[0], make: (id?: string) => Observable<Result<T>>) =>
    stream<Result<T>>(
      threw,
      new Observable((to) => {
        const span = spans.start(of)
        let last: Result<unknown> | undefined
        return make(traceparentOf(span.spanContext()))
          .pipe(
            tap((result) => {
              last = result
            }),
            finalize(() => {
              if (last) end(span, last)
              else span.end()
            }),
          )
          .subscribe(to)
      }),
    ),
  handling: (of, id, run) => {
    const span = spans.start(of, { root: true, links: linksOf(id) })
    try {
      return followed(span, spans.inside(span, run))
    } catch (thrown) {
      failWith(span, failure)
      return throwError(() => thrown)
    }
  },
})

const failure = 'call/failed'

/** Ends a span with the answer of a handler. Returns what gives the answer. */
const followed = (span: Span, given: unknown): unknown => {
  const settle = (answer: unknown): void => {
    if (isPlain(answer) && answer['_tag'] === 'Left') failWith(span, 'call/declared')
    else span.end()
  }
  const fail = (): void => {
    failWith(span, failure)
  }
  if (hasMethods(given, 'subscribe'))
    return new Observable((to) => {
      let last: unknown
      return from(given as unknown as ObservableInput<unknown>)
        .pipe(
          tap({
            next: (answer) => {
              last = answer
            },
            error: fail,
          }),
          finalize(() => {
            settle(last)
          }),
        )
        .subscribe(to)
    })
  if (hasMethods(given, 'then')) from(given as unknown as Promise<unknown>).subscribe({ next: settle, error: fail })
  else settle(Array.isArray(given) ? given[0] : given)
  return given
}

/**
 * Traces what answers calls on a server: `createRoomServer({ calls: [tracedAnswers(api, answers(Shop, …))] })`. Each handler
 * runs in a span of its own, which ends with its answer; that of a list or a generator when the handler has returned it. It
 * is linked to the span of the call, where the client traces it.
 */
export const tracedAnswers = <C>(api: TraceApi<C>, answers: Answers, options: TracingOptions = {}): Answers => {
  const { handling } = callTracer(spansOf(api, options), () => false)
  return {
    ...answers,
    handled: answers.handled.map((each) => ({
      ...each,
      run: (input, caller) => {
        const { name, room, id } = caller as Partial<RoomCaller> & typeof caller
        return handling({ span: 'answer', room, call: name }, id, () => each.run(input, caller))
      },
    })),
  }
}
