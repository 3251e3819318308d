import { finalize, map, merge, type Observable, take } from 'rxjs'
import type { Connected } from './connect.js'
import { type Exit, exitCodes } from './exit.js'
import type { Io } from './io.js'
import { unwritable } from './output.js'

/**
 * Runs a command with a client until the first end: its own, a failure of the connection, a reader that goes away, or a
 * signal. Then closes the client.
 */
export const running = (
  { failed$, close }: Connected,
  { out, signal$ }: Io,
  own$: Observable<Exit>,
): Observable<Exit> =>
  merge(
    failed$,
    own$,
    out.broken$.pipe(map(unwritable)),
    signal$.pipe(map((signal): Exit => ({ code: exitCodes[signal].code }))),
  ).pipe(
    take(1),
    finalize(() => {
      close()
    }),
  )
