import type { Observable } from 'rxjs'
import { streamError, type StreamError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import { told } from '#texts'

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

export const empty = (): StreamError => streamError({ ...told('stream/empty'), kind: 'terminal' })

export const failed = (thrown: unknown): StreamError =>
  streamError({ ...told('stream/failed', { said: thrownText(thrown) }), kind: 'terminal' })

export const aborted = (): StreamError => streamError({ ...told('stream/aborted'), kind: 'terminal' })

export const late = (): StreamError => streamError({ ...told('stream/timeout'), kind: 'terminal' })

export const overflow = (dropped: number, limit: number): StreamError =>
  streamError({ ...told('stream/overflow', { dropped, limit }), kind: 'unknown', dropped })
