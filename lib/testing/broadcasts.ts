import { filter, map, mergeMap, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { roomOfTarget, type Target } from '../protocol/target.js'
import { unescaped } from '../protocol/payload.js'
import type { Engine } from '../server/engine.js'

/** A message that is in the log, as a test expects it. */
export interface Broadcast {
  readonly event: string
  readonly data: unknown
  /** The user who sent it. */
  readonly from: string
}

/** Emits the messages to these receivers as the engine logs them, from the subscription on. Throws if the target is invalid. */
export const broadcasts = (engine: () => Engine, to: Target): Observable<Broadcast> => {
  const room = roomOfTarget(to)
  if (E.isLeft(room)) throw new Error(`${room.left.message} ${room.left.remedy}`)
  return engine()
    .follow(room.right)
    .pipe(
      filter(E.isRight),
      mergeMap(({ right: feed }) => (feed._tag === 'Messages' ? feed.messages : [])),
      map(({ event, data, from: [user] }) => ({ event, data: unescaped(JSON.parse(data)), from: user })),
    )
}
