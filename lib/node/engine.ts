import { AsyncSubject, EMPTY, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import { hasMethods } from '../core/shape.js'
import { connectionError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import type { Result, ResultStream } from '../core/result.js'
import type { Engine } from '../server/engine.js'
import { memory } from '../server/memory.js'
import { heapShare } from './heap.js'

/** An open engine and its release. */
export interface OpenEngine {
  readonly engine: Engine
  /** Releases the engine; called once. Completes when the engine has released its resources. */
  readonly release: () => Observable<never>
}

/** Opens the engine of a server, at the call. Emits one result. An engine that was passed in open stays open afterwards. */
export const openEngine = (given: Engine | ResultStream<Engine> | undefined): ResultStream<OpenEngine> => {
  if (given === undefined) {
    const engine = memory({ totalBytes: heapShare() })
    return of(E.right({ engine, release: closing(engine, EMPTY) }))
  }
  return isStream(given) ? opened(given) : of(E.right({ engine: given, release: () => EMPTY }))
}

const isStream = (given: Engine | ResultStream<Engine>): given is ResultStream<Engine> => hasMethods(given, 'subscribe')

const closing =
  (engine: Engine, released: Observable<never>): OpenEngine['release'] =>
  () => {
    engine.close()
    return released
  }

/** Subscribes for the lifetime of the engine: unsubscribing would close it. */
const opened = (engines: ResultStream<Engine>): ResultStream<OpenEngine> => {
  const answer = new AsyncSubject<Result<OpenEngine>>()
  const released = new AsyncSubject<never>()
  const settle = (result: Result<OpenEngine>): void => {
    answer.next(result)
    answer.complete()
  }
  const end = (because: string): void => {
    settle(E.left(notOpened(because)))
    released.complete()
  }
  engines.subscribe({
    next: (result) => {
      settle(E.isLeft(result) ? result : E.right({ engine: result.right, release: closing(result.right, released) }))
    },
    error: (thrown: unknown) => {
      end(thrownText(thrown))
    },
    complete: () => {
      end('its stream completed without one')
    },
  })
  return answer.asObservable()
}

const notOpened = (because: string) =>
  connectionError({
    code: 'server/engine',
    message: `The engine was not opened: ${because}.`,
    remedy: 'Give serve an engine, or a stream that emits one result with an engine.',
    kind: 'terminal',
  })
