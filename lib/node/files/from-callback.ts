import { Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { Done } from './disk.js'
import { failureOf } from './failure.js'

export type Back<T> = (error: NodeJS.ErrnoException | null, value?: T) => void

/** Turns a system call with a callback into an answer. */
export const fromCallback = <T = void>(ask: (back: Back<T>) => void): Done<T> =>
  new Observable((to) => {
    ask((error, value) => {
      to.next(error ? E.left(failureOf(error)) : E.right(value as T))
      to.complete()
    })
  })
