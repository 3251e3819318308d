import { Observable } from 'rxjs'
import * as E from '#fp/Either'
import { type Checks, oneOf, optionFault, required, text, whole, yesOrNo } from '../../core/check.js'
import type { Result, ResultStream } from '../../core/result.js'
import { memoryChecks } from '../../server/checks.js'
import { boundsOf, type Retention, type Surroundings, surroundingsOf } from '../../server/retention.js'
import { heapShare } from '../heap.js'
import { defect, type Disk } from './disk.js'
import { durabilities, type Durability } from './durability.js'
import { unusable } from './failure.js'
import { nodeDisk } from './node-disk.js'
import { opening, type FilesEngine } from './opening.js'

/** Options of an engine on files. Its content is in memory too: the bounds are those of a memory engine. */
export interface FilesOptions extends Retention, Surroundings {
  /** The directory of the journal; created if it does not exist. One server at a time. A local disk: no network file system. */
  readonly directory: string
  /**
   * The event that an ack waits for. `always` (default): the sync to the disk, so that acknowledged messages survive
   * the end of the machine; one sync serves all pending writes. `interval`: the write to the system; the sync follows
   * within `syncMs`. `never`: the write to the system, which decides when to sync. With the latter two, acknowledged
   * messages survive the end of the process; after the end of the machine every room has a new epoch.
   */
  readonly durability?: Durability | undefined
  /** Maximum delay of a sync with durability `interval`. Default 1 s. */
  readonly syncMs?: number | undefined
  /** Size at which another file of the journal begins, in bytes. Default 16 MiB. */
  readonly segmentBytes?: number | undefined
  /**
   * Begins a new epoch in every room. For a directory that was restored from a backup: clients that saw later messages
   * get a gap with the cause `epoch` instead of wrong offsets. Default false.
   */
  readonly newEpochs?: boolean | undefined
}

/**
 * Opens rooms in files, on subscription, for `serve({ engine: files({ directory }) })`.
 *
 * Emits `Right` after the recovery, some seconds for a million messages; completes when the engine was closed and
 * everything is on the disk. Unsubscribing closes it. Emits `Left` if the directory is unusable: in use by another
 * server, of another version, not writable, full; or if an option is invalid. Then it completes.
 *
 * Drops records that were incomplete when the process or the machine ended; keeps damaged files under another name and
 * reports them in `faults$`. A room keeps its epoch unless some of its content may be lost.
 */
export const files = (options: FilesOptions): ResultStream<FilesEngine> => filesOn(nodeDisk, options)

/** Does the same on any disk. */
export const filesOn = (disk: (directory: string) => Disk, options: FilesOptions): ResultStream<FilesEngine> =>
  new Observable((to) => {
    let opened: FilesEngine | undefined
    const emit = (result: Result<FilesEngine>): void => {
      to.next(result)
      if (E.isLeft(result)) to.complete()
    }
    const wrong = optionFault(options, checks)
    if (wrong) {
      emit(E.left(wrong))
      return
    }
    const { directory, durability = 'always', syncMs = 1_000, segmentBytes = 16 * 2 ** 20, newEpochs = false } = options
    const closed = (): void => {
      to.complete()
    }
    const parts = {
      durability,
      syncMs,
      segmentBytes,
      newEpochs,
      bounds: boundsOf({ ...options, totalBytes: options.totalBytes ?? heapShare() }),
      given: surroundingsOf(options),
      closed,
    }
    opening(disk(directory), parts).subscribe({
      next: (answer) => {
        if (E.isLeft(answer)) emit(E.left(unusable(directory, answer.left)))
        else {
          opened = answer.right
          if (to.closed) opened.close()
          else emit(E.right(opened))
        }
      },
      error: (thrown: unknown) => {
        emit(E.left(unusable(directory, defect(thrown))))
      },
    })
    return () => {
      opened?.close()
    }
  })

/** Upper limit for `bytes`: the engine writes a room as a whole from time to time, as one text. */
const mostRoomBytes = 128 * 2 ** 20

const checks: Checks<keyof FilesOptions> = {
  ...memoryChecks,
  directory: required(text('the path of a directory', 1)),
  durability: oneOf(...durabilities),
  syncMs: whole(1, 2 ** 31 - 1),
  segmentBytes: whole(4_096, 2 ** 30),
  newEpochs: yesOrNo,
  bytes: whole(1, mostRoomBytes),
  outcomes: whole(1, 10 ** 6),
  sessions: whole(1, 10 ** 6),
}
