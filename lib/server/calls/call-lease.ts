import * as E from '#fp/Either'
import { defer, map, merge, type Observable, of, Subject, take } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Context } from '../context.js'
import { nodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import { reached } from './asked.js'

/** The lease of the commands that this server runs: without it they count as lost. */
export interface CallLease {
  /** Emits its name once it is in force, or the reason why it is not. */
  readonly held$: Observable<Either<string, string>>
  /** Returns its name while it is in force. */
  readonly name: () => string | undefined
  /** Ends the lease at once: what runs under it is lost. */
  readonly close: () => void
}

/** `isNeeded`: this server runs commands, or waits for one that runs elsewhere. */
export const callLease = (context: Context, tables: Tables, isNeeded: () => boolean): CallLease => {
  const granted = new Subject<void>()
  const lease = nodeLease(context, tables, {
    isNeeded,
    granted: () => {
      granted.next()
    },
  })
  const { answerMs } = context.settings
  return {
    name: () => (lease.isHeld() ? lease.name() : undefined),
    held$: defer((): Observable<Either<string, string>> => {
      if (lease.isHeld()) return of(E.right(lease.name()))
      const late = reached(context, context.now() + answerMs).pipe(map(() => E.left(`no lease within ${answerMs} ms`)))
      const held = merge(granted.pipe(map(() => E.right(lease.name()))), late).pipe(take(1))
      return merge(
        held,
        defer(() => {
          lease.hold()
          return []
        }),
      )
    }),
    close: () => {
      lease.close()
      const name = lease.name()
      if (name !== '')
        context.engine(
          () => tables.lease(name, 0),
          () => undefined,
        )
    },
  }
}
