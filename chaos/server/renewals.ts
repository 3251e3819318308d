import * as E from '#fp/Either'
import { defer, tap } from 'rxjs'
import type { Engine } from '../../lib/server/engine.js'
import type { Write } from '../history/write.js'

/** The engine of a server, whose renewals of its lease are written down: each try, and each success as the server hears of it. */
export const renewals = (engine: Engine, node: number, write: Write, now: () => number): Engine => {
  const { tables } = engine
  if (!tables) return engine
  return {
    ...engine,
    tables: {
      ...tables,
      lease: (lease, forMs) =>
        defer(() => {
          write(['renewal', now(), node, 0])
          return tables.lease(lease, forMs)
        }).pipe(
          tap((answer) => {
            if (E.isRight(answer)) write(['renewal', now(), node, 1])
          }),
        ),
    },
  }
}
