import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { heldStream } from '../../client/held-stream.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import type { AnyContract } from '../../contract/contract.js'
import type { Result, ResultStream } from '../../core/result.js'
import { tables, type TableWatcher } from '../../tables/tables.js'
import { watcherTo } from '../../tables/watcher.js'
import { candidacies } from './candidacies.js'
import { type Leadership, leadershipOf, type LeaderState, leaderState } from './state.js'

/** The members that the feature `leader` adds to a room. */
export interface Leader {
  /**
   * The leader of the room: the known one at once, then each change. Only watches. Holds the room while subscribed; keeps
   * the last leader while offline. `Left` where the engine of the server has no tables. Completes when the client closes.
   * Never errors.
   */
  readonly leader$: ResultStream<LeaderState>
  /**
   * Stands as a candidate while subscribed, and emits the part of this client: it leads, follows, or waits. The candidates
   * lead in the order of their standing; unsubscribing withdraws at once. A connection that is lost keeps its place for
   * the time of `quietMs` and `graceMs` of the server's `presence`. Needs the permission `publish`: without it, `Left`. Holds
   * the room while subscribed. Completes when the client closes. Never errors.
   */
  readonly leadership$: ResultStream<Leadership>
}

/** A handle on a room, with any contract. */
type AnyRoom = Pick<Room<AnyContract>, 'name' | 'membership$'>

/** Adds the leader of a room: at most one of its candidates, with a term that a message may carry. */
export const leader = (room: AnyRoom): Leader => {
  const at = portOf(room)
  return {
    leader$: watch(at, (state) => state),
    leadership$: watch(at, leadershipOf, (to) => {
      const { get, kernel } = at.parts
      return get(candidacies).stand(at.name, (because) => {
        kernel.turns.publish(() => {
          to.next(E.left(because))
        })
      })
    }),
  }
}

const of = 'leader'

/** The leader while subscribed, as `show` tells it. `begin` returns a function that ends what it began. */
const watch = <T>(
  at: RoomPort,
  show: (state: LeaderState) => T,
  begin: (to: Subscriber<Result<T>>) => () => void = () => () => undefined,
): ResultStream<T> =>
  heldStream(at, (room, to) => {
    const all = at.parts.get(tables)
    const watcher = watcherOf(at, show, to)
    all.watch(room, of, watcher)
    const end = begin(to)
    return () => {
      end()
      all.unwatch(room, of, watcher)
    }
  })

const watcherOf = <T>(
  { parts }: RoomPort,
  show: (state: LeaderState) => T,
  to: Subscriber<Result<T>>,
): TableWatcher => {
  const { turns, session } = parts.kernel
  let told = ''
  return watcherTo(to, turns.publish, (copy, _, isLive) => {
    if (!copy.at) return []
    const state = session.value()
    const shown = show(leaderState(copy, state._tag === 'Active' ? state.id : undefined, isLive))
    const text = JSON.stringify(shown)
    if (text === told) return []
    told = text
    return [E.right(shown)]
  })
}
