import type { Writable } from 'node:stream'
import { done, exit, type Exit } from './exit.js'
import { AsyncSubject, fromEvent, map, type Observable } from 'rxjs'

/** Lines for whoever reads this command's stdout. */
export interface Output {
  readonly line: (text: string) => void
  /** Whether the reader is so slow that no more should be written for now. */
  readonly isFull: () => boolean
  /** There is room again. */
  readonly drained$: Observable<void>
  /** Nothing can be written any more; `EPIPE` if the reader went away. Emits once, also to those who come later. */
  readonly broken$: Observable<NodeJS.ErrnoException>
  /** Calls back when everything written has left this process, or never will. */
  readonly flush: (then: () => void) => void
}

/** What may wait for a slow reader. */
const fullBytes = 256 * 1024

/** `before` runs before each line: on a terminal, whatever is drawn there makes way. */
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

/** What it means that nothing can be written: a reader that went away has had enough, as with `| head`. */
export const unwritable = ({ code, message }: NodeJS.ErrnoException): Exit =>
  code === 'EPIPE' ? done : exit('output', `cannot write: ${message}`)
