import * as E from '#fp/Either'
import { answer } from '../client/listening.js'
import { type Cell, cell } from '../core/cell.js'
import type { Result, ResultStream } from '../core/result.js'
import { Stream } from '../core/stream.js'
import { observer } from '../store/calls.js'
import { sizeFault } from './options.js'
import type { PoolParts } from './parts.js'
import type { WaitsFor } from './place.js'

/** The progress of a resize. */
export interface Resizing {
  /** The number of members that the pool is to have. */
  readonly size: number
  /** The number of rooms that have moved since the call. */
  readonly moved: number
  /** The rooms that are still to move, and what each waits for. */
  readonly waiting: readonly { readonly room: string; readonly waitsFor: WaitsFor }[]
  /** True once all rooms are where they belong, and the members that go have ended. */
  readonly isDone: boolean
}

/** The resizes of a pool. */
export interface Resizes {
  readonly progress: Cell<Resizing>
  /** A room has moved. Call in a turn of the pool. */
  readonly moved: () => void
  /** Shows the progress. Call in a turn of the pool. */
  readonly show: () => void
  readonly resize: (size: number) => ResultStream<Resizing>
}

export const resizes = (
  parts: Pick<PoolParts, 'turns' | 'members' | 'threw' | 'over' | 'ended$'> & {
    readonly rooms: () => PoolParts['rooms']
  },
): Resizes => {
  const { turns, members, threw, over, ended$ } = parts
  const progress = cell<Resizing>({ size: members.size(), moved: 0, waiting: [], isDone: true }, turns)
  let moved = 0

  const show = (): void => {
    const waiting = parts
      .rooms()
      .waiting()
      .map(({ key, waitsFor = 'next' }) => ({ room: key, waitsFor }))
    const isDone = waiting.length === 0 && !members.isRetiring()
    const now: Resizing = { size: members.size(), moved, waiting, isDone }
    if (JSON.stringify(now) !== JSON.stringify(progress.value())) progress.set(now)
  }
  return {
    progress,
    show,
    moved: () => {
      moved++
    },
    resize: (size) => {
      const fault = over() ?? sizeFault(size)
      if (fault)
        return new Stream<Result<Resizing>>(threw, (to) => {
          answer(to, E.left(fault))
        })
      turns.enter(() => {
        moved = 0
        members.resize(size)
      })
      return new Stream<Result<Resizing>>(threw, (to) => {
        to.add(
          progress.watch((now) => {
            to.next(E.right(now))
            if (now.isDone) to.complete()
          }),
        )
        to.add(
          ended$.subscribe(
            observer(() => {
              const because = over()
              if (because) answer(to, E.left(because))
            }),
          ),
        )
      })
    },
  }
}
