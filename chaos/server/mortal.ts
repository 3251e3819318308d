import { defer, NEVER, type Observable, takeWhile } from 'rxjs'
import type { Engine } from '../../lib/server/engine.js'

/** An engine whose user can be gone: from then on nothing that it asks for reaches the engine, and it hears no more. */
export const mortal = (engine: Engine, isAlive: () => boolean): Engine => {
  const while_ = <T>(ask: () => Observable<T>): Observable<T> =>
    defer(() => (isAlive() ? ask().pipe(takeWhile(isAlive)) : NEVER))
  const { tables, revoke } = engine
  return {
    ...engine,
    append: (room, entries) => while_(() => engine.append(room, entries)),
    follow: (room, from) => while_(() => engine.follow(room, from)),
    read: (room, after, limit) => while_(() => engine.read(room, after, limit)),
    head: (room) => while_(() => engine.head(room)),
    claim: (claim) => while_(() => engine.claim(claim)),
    ...(revoke && { revoke: (user, session) => while_(() => revoke(user, session)) }),
    ...(tables && {
      tables: {
        write: (id, writes) => while_(() => tables.write(id, writes)),
        follow: (id, from) => while_(() => tables.follow(id, from)),
        page: (id, range) => while_(() => tables.page(id, range)),
        lease: (lease, forMs) => while_(() => tables.lease(lease, forMs)),
      },
    }),
  }
}
