import type { Observable } from 'rxjs'
import { streamError, type StreamError } from '../core/error.js'
import { thrownText } from '../core/guard.js'

/** A stream of results: an Observable, of any copy of rxjs, or any other object with `subscribe`. */
export type Results<R> = Observable<R> | Subscribed<R>

/** The part of an Observable that the operators use. */
export interface Subscribed<R> {
  readonly subscribe: (observer: {
    readonly next: (result: R) => void
    readonly error: (thrown: unknown) => void
    readonly complete: () => void
  }) => { readonly unsubscribe: () => void }
}

export const empty = (): StreamError =>
  streamError({
    code: 'stream/empty',
    message: 'The stream completed without a result.',
    remedy: 'Look at what comes before: an operator such as filter or take may have dropped the result.',
    kind: 'terminal',
  })

export const failed = (thrown: unknown): StreamError =>
  streamError({
    code: 'stream/failed',
    message: `The stream errored: ${thrownText(thrown)}`,
    remedy: 'Streams of rx-rooms never error: look at the operators between them and here.',
    kind: 'terminal',
  })

export const aborted = (): StreamError =>
  streamError({
    code: 'stream/aborted',
    message: 'The signal was aborted.',
    remedy: 'Nothing to do: the caller has aborted it.',
    kind: 'terminal',
  })

export const late = (): StreamError =>
  streamError({
    code: 'stream/timeout',
    message: 'There was no result within the time of the call.',
    remedy: 'Give it more time by withinMs. An action goes on: give withinMs to the action to end it.',
    kind: 'terminal',
  })

export const overflow = (dropped: number, limit: number): StreamError =>
  streamError({
    code: 'stream/overflow',
    message: `${dropped} values were dropped: more than ${limit} waited for their reader.`,
    remedy:
      'Read faster, raise `limit`, or take less with latestBy or sample. Messages of a room can be read again by position.',
    kind: 'unknown',
    dropped,
  })
