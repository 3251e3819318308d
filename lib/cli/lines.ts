import type { Readable } from 'node:stream'
import { Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard } from '../core/guard.js'
import { fifo } from '../server/fifo.js'

/** A line of the input that is not blank. */
export interface Line {
  /** The line number from 1, blank lines included. */
  readonly number: number
  readonly text: string
}

/** A fault in the input, with its line. */
export interface BadInput {
  readonly number: number
  readonly because: string
}

/** Describes bad input in words. */
export const inputWords = ({ number, because }: BadInput): string => `line ${number}: ${because}`

/** A consumer of lines, with backpressure. */
export interface Flow {
  readonly isFull: () => boolean
  /** Emits when there may be room again. */
  readonly freed$: Observable<unknown>
}

/** Maximum bytes of a line: an endless line would fill the memory. */
const mostBytes = 16 * 2 ** 20
const newline = 0x0a

/**
 * Emits the lines of a stream, as UTF-8, without their ends. Reads nothing while `flow` is full, so that at most the
 * last read waits. Completes after the first `Left`. Unsubscribing stops reading and leaves the stream to its owner.
 */
export const lines = (input: Readable, flow: Flow): Observable<Either<BadInput, Line>> =>
  new Observable((to) => {
    const cut = cutter()
    const ready = fifo<Either<BadInput, Line>>()
    let isEnded = false
    let isPumping = false

    const pump = (): void => {
      if (isPumping) return
      isPumping = true
      while (ready.size() > 0 && !to.closed && !flow.isFull()) {
        const line = ready.take()
        if (!line) break
        to.next(line)
        if (E.isLeft(line)) to.complete()
      }
      isPumping = false
      if (to.closed) return
      if (ready.size() > 0 || flow.isFull()) input.pause()
      else if (isEnded) to.complete()
      else input.resume()
    }
    const take = (cutLines: readonly Either<BadInput, Line>[]): void => {
      for (const line of cutLines) ready.put(line)
      pump()
    }
    const data = (chunk: Buffer): void => {
      take(cut.take(chunk))
    }
    const end = (): void => {
      isEnded = true
      take(cut.end())
    }
    const error = (thrown: Error): void => {
      isEnded = true
      take([E.left({ number: cut.number(), because: `cannot be read: ${thrown.message}` })])
    }
    to.add(
      flow.freed$.subscribe({
        next: pump,
        error: (thrown: unknown) => {
          to.error(thrown)
        },
      }),
    )
    input.on('data', data).on('end', end).on('error', error)
    return () => {
      input
        .off('data', data)
        .off('end', end)
        .off('error', error)
        .on('error', () => undefined)
      input.pause()
    }
  })

interface Cutter {
  readonly take: (chunk: Buffer) => readonly Either<BadInput, Line>[]
  /** Returns the text after the last end of a line. */
  readonly end: () => readonly Either<BadInput, Line>[]
  /** Returns the number of the current line. */
  readonly number: () => number
}

const cutter = (): Cutter => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let parts: Buffer[] = []
  let bytes = 0
  let number = 1

  const line = (): readonly Either<BadInput, Line>[] => {
    const [only, ...more] = parts
    const whole = only && more.length === 0 ? only : Buffer.concat(parts)
    const at = number++
    parts = []
    bytes = 0
    const text = guard(() => decoder.decode(whole))
    if (E.isLeft(text)) return [E.left({ number: at, because: 'not UTF-8' })]
    const trimmed = text.right.endsWith('\r') ? text.right.slice(0, -1) : text.right
    return trimmed.trim() === '' ? [] : [E.right({ number: at, text: trimmed })]
  }
  const hold = (part: Buffer): void => {
    parts.push(part)
    bytes += part.length
  }
  const isTooLong = (): boolean => bytes > mostBytes
  const tooLong = (): Either<BadInput, Line> => E.left({ number, because: `longer than ${mostBytes / 2 ** 20} MiB` })

  return {
    take: (chunk) => {
      const found: Either<BadInput, Line>[] = []
      let from = 0
      for (let to = chunk.indexOf(newline); to >= 0; to = chunk.indexOf(newline, from)) {
        hold(chunk.subarray(from, to))
        if (isTooLong()) return [...found, tooLong()]
        found.push(...line())
        from = to + 1
      }
      hold(chunk.subarray(from))
      return isTooLong() ? [...found, tooLong()] : found
    },
    end: () => (bytes === 0 ? [] : line()),
    number: () => number,
  }
}
