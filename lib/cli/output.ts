import type { Writable } from 'node:stream'
import { done, exit, type Exit } from './exit.js'
import { AsyncSubject, fromEvent, map, type Observable } from 'rxjs'

/** Lines on this command's stdout. */
export interface Output {
  readonly line: (text: string) => void
  /** Returns true where the reader is so slow that writing should pause. */
  readonly isFull: () => boolean
  /** Emits when there is room again. */
  readonly drained$: Observable<void>
  /**
   * Emits the error after which nothing can be written; `EPIPE` if the reader went away. Emits once, even to late
   * subscribers.
   */
  readonly broken$: Observable<NodeJS.ErrnoException>
  /** Calls `then` once all output has left this process, or never will. */
  readonly flush: (then: () => void) => void
}

/** Maximum bytes that wait for a slow reader. */
const fullBytes = 256 * 1024

/** Creates the output. Runs `before` before each line, to clear the drawn line on a terminal. */
export const output = (to: Writable, before: () => void): Output => {
  const broken$ = new AsyncSubject<NodeJS.ErrnoException>()
  let isBroken = false
  to.on('error', (error: NodeJS.ErrnoException) => {
    isBroken = true
    broken$.next(error)
    broken$.complete()
  })

  return {
    line: (text) => {
      if (isBroken) return
      before()
      to.write(`${text}\n`)
    },
    isFull: () => !isBroken && to.writableLength > fullBytes,
    drained$: fromEvent(to, 'drain').pipe(map(() => undefined)),
    broken$: broken$.asObservable(),
    flush: (then) => {
      if (isBroken || to.writableLength === 0) then()
      else
        to.write('', () => {
          then()
        })
    },
  }
}

/** Returns the end for a failed write: a reader that went away has had enough, as with `| head`. */
export const unwritable = ({ code, message }: NodeJS.ErrnoException): Exit =>
  code === 'EPIPE' ? done : exit('output', `cannot write: ${message}`)
