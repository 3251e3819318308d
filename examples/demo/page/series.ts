import { map, type Observable, scan, startWith } from 'rxjs'
import type { Message, Result } from '../../../lib/index.js'

/** A figure at its time. */
export interface Point {
  readonly at: number
  readonly values: readonly number[]
  /** It came when its time was over: after an outage of this page or of the worker. */
  readonly isLate: boolean
  /** Messages before it are missing: no line leads here. */
  readonly isBroken: boolean
}

interface Gathered {
  readonly points: readonly Point[]
  readonly isLive: boolean
  readonly isBroken: boolean
}

/** Longer than this between a figure and its arrival in the log is late. */
const lateMs = 2_000
const kept = 240

/** The last figures of a room, in order; a gap breaks the line. */
export const series =
  <M extends Message<unknown>>(read: (message: M) => Pick<Point, 'at' | 'values'> | undefined) =>
  (results$: Observable<Result<M>>): Observable<readonly Point[]> =>
    results$.pipe(
      scan(
        ({ points, isLive, isBroken }: Gathered, result): Gathered => {
          if (result._tag === 'Left') return { points, isLive, isBroken: isBroken || result.left.code === 'room/gap' }
          const { at, recovered } = result.right
          const figure = read(result.right)
          if (!figure) return { points, isLive, isBroken }
          const isLate = isLive && (recovered || at - figure.at > lateMs)
          return {
            points: [...points.slice(-kept), { ...figure, isLate, isBroken }],
            isLive: isLive || !recovered,
            isBroken: false,
          }
        },
        { points: [], isLive: false, isBroken: false },
      ),
      map(({ points }) => points),
      startWith<readonly Point[]>([]),
    )
