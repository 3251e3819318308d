import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { From } from '../protocol/frame.js'
import type { EngineFailure, Feed } from './engine.js'
import { baseFrom, slice, type Log } from './log.js'

/** A log and its followers. */
export interface Followed {
  log: Log
  readonly followers: Set<Follower>
  telling: boolean
}

/** A reader with a cursor in the log, so that no message falls between the stored and the live part. */
export interface Follower {
  readonly to: Subscriber<Either<EngineFailure, Feed>>
  epoch: string
  cursor: number
}

const feedPage = { count: 256, bytes: 256 * 1024 }

/** Sends the base and the messages after it, and adds the follower to the room. */
export const attach = (room: Followed, to: Follower['to'], from: From | undefined, hasLife: boolean): Follower => {
  const base = baseFrom(room.log, from)
  const follower: Follower = { to, epoch: base.epoch, cursor: base.base }
  to.next(E.right({ ...base, hasLife }))
  room.followers.add(follower)
  tell(room)
  return follower
}

/** Sends every follower its outstanding messages: those in the log now, and those appended meanwhile. */
export const tell = (room: Followed): void => {
  if (room.telling) return
  room.telling = true
  for (let again = true; again;) {
    again = false
    for (const follower of room.followers) again = advance(room, follower) || again
  }
  room.telling = false
}

const advance = ({ log }: Followed, follower: Follower): boolean => {
  const { to, epoch, cursor } = follower
  const base = baseFrom(log, { epoch, offset: cursor })
  if (base.recovered && cursor === log.head) return false
  const messages = slice(log, base.base, feedPage)
  follower.epoch = log.epoch
  follower.cursor = messages.at(-1)?.offset ?? base.base
  if (base.because) {
    const from = { epoch, offset: cursor }
    to.next(E.right({ _tag: 'Lost', from, to: { epoch: log.epoch, offset: base.base }, because: base.because }))
  }
  if (messages.length > 0) to.next(E.right({ _tag: 'Messages', epoch: log.epoch, messages }))
  return true
}
