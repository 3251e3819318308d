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

/** What an engine on files can be told. What it holds is in memory too: the bounds are those of a memory engine. */
export interface FilesOptions extends Retention, Surroundings {
  /** Where the journal is; made if it does not exist. One server at a time. A local disk: no network file system. */
  readonly directory: string
  /**
   * What an ack waits for. `always` (default): for the disk, so that what is acknowledged survives the end of the machine;
   * one sync serves all that waits. `interval`: for the system; the disk follows within `syncMs`. `never`: for the system,
   * which writes when it likes. With the latter two what is acknowledged survives the end of the process; after the end of
   * the machine every room has a new epoch.
   */
  readonly durability?: Durability | undefined
  /** How long the disk may be behind with durability `interval`. Default 1 s. */
  readonly syncMs?: number | undefined
  /** A file of the journal that has so many bytes is followed by another. Default 16 MiB. */
  readonly segmentBytes?: number | undefined
  /**
   * Begins a new epoch in every room. For a directory that was restored from a backup: clients that saw later messages
   * get a gap because `epoch` instead of wrong offsets. Default false.
   */
  readonly newEpochs?: boolean | undefined
}

/**
 * Opens rooms that are kept in files, on subscription, for `serve({ engine: files({ directory }) })`.
 *
 * Emits `Right` once what was there is read, some seconds for a million messages; completes when the engine was closed and
 * all of it is on the disk. Unsubscribing closes it. `Left` if the directory cannot be used: it is in use by another
 * server, of another version, not writable, full; or if an option is nonsense. Then it completes.
 *
 * Whatever was not complete when the process or the machine ended is dropped; what was damaged is kept beside under
 * another name and told in `faults$`. A room's epoch stays unless something of it may have been lost.
 */
export const files = (options: FilesOptions): ResultStream<FilesEngine> => filesOn(nodeDisk, options)

/** The same on any disk. */
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

/** A room is written as a whole from time to time, as one text. */
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
