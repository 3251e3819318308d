import { createReadStream, fstatSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { defer, last, map, NEVER, type Observable, of, scan, startWith, takeWhile } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard } from '../core/guard.js'
import { type OutgoingMessage, messageOf, valueOf } from './outgoing-message.js'
import { type BadInput, type Flow, lines } from './lines.js'

/** A source of messages. */
export interface Source {
  /** The number of messages, where it is known before sending. */
  readonly total: number | undefined
  /** True where messages are lines. */
  readonly isNumbered: boolean
  /** Reads messages, no faster than `flow` takes them. A `Left` is the last. */
  readonly letters: (flow: Flow) => Observable<Either<BadInput, OutgoingMessage>>
}

/** Creates a source of one message from an argument. */
export const single = (text: string, isText: boolean): Either<string, Source> => {
  const data = valueOf(text, isText)
  if (E.isLeft(data)) return E.left(`DATA is ${data.left}${isText ? '' : '; to send it as a text, add --text'}`)
  const letter: OutgoingMessage = { number: 1, data: data.right, bytes: Buffer.byteLength(text) }
  return E.right({ total: 1, isNumbered: false, letters: () => of(E.right(letter)) })
}

/**
 * Creates a source of one message per line of stdin. Reads a pipe or a terminal as data arrives; reads a file to its
 * end first, and returns `Left` for a line that cannot be sent.
 */
export const piped = (stdin: () => Readable, isText: boolean): Observable<Either<BadInput, Source>> =>
  defer(() => {
    const file = fileAt(0)
    if (!file)
      return of(
        E.right({ total: undefined, isNumbered: true, letters: (flow: Flow) => lettersIn(stdin(), flow, isText) }),
      )
    const read = (flow: Flow): Observable<Either<BadInput, OutgoingMessage>> =>
      defer(() => lettersIn(createReadStream('', { fd: 0, autoClose: false, ...file }), flow, isText))
    return read(unhurried).pipe(
      scan((count: Either<BadInput, number>, letter) => (E.isLeft(letter) ? letter : add(count)), none),
      startWith(none),
      last(null, none),
      map(E.map((total): Source => ({ total, isNumbered: true, letters: read }))),
    )
  })

const none: Either<BadInput, number> = E.right(0)
const add = E.map((count: number) => count + 1)
const unhurried: Flow = { isFull: () => false, freed$: NEVER }

const lettersIn = (input: Readable, flow: Flow, isText: boolean): Observable<Either<BadInput, OutgoingMessage>> =>
  lines(input, flow).pipe(
    map((line) => (E.isLeft(line) ? line : messageOf(line.right, isText))),
    takeWhile(E.isRight, true),
  )

/** Returns the unread part of a regular file, or `undefined` for another descriptor. Data appended later does not count. */
const fileAt = (fd: number): { readonly start: number; readonly end: number } | undefined => {
  const stat = guard(() => fstatSync(fd))
  if (E.isLeft(stat) || !stat.right.isFile()) return undefined
  const start = positionOf(fd)
  return stat.right.size > start ? { start, end: stat.right.size - 1 } : undefined
}

/** Returns a descriptor's position: others may have read from it before. Linux reports it; elsewhere it counts as 0. */
const positionOf = (fd: number): number => {
  const text = guard(() => readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  return E.isRight(text) ? Number(/^pos:\s*(\d+)/m.exec(text.right)?.[1] ?? 0) : 0
}
