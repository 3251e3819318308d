import * as E from '#fp/Either'
import { of, type Subscriber } from 'rxjs'
import type { Client } from '../../client/client.js'
import { heldStream } from '../../client/held-stream.js'
import { answer } from '../../client/listening.js'
import type { Parts } from '../../client/parts.js'
import { partsOf, type RoomPort } from '../../client/port.js'
import { nameFault } from '../../client/validate.js'
import { anything } from '../../contract/contract.js'
import { type Checks, given, text, whole } from '../../core/check.js'
import type { Result, ResultStream } from '../../core/result.js'
import * as bounds from '../../protocol/bounds.js'
import { isWhere, type ListedRoom, mostConditions, mostViews, ROOMS, type Where } from '../../protocol/listed-room.js'
import { DIRECTORY } from '../../protocol/reserved.js'
import type { Extension } from '../../kernel/extension.js'
import { roomFailure } from '../../rooms/error.js'
import { tables, type TableView, type TableWatcher } from '../../tables/tables.js'
import { watcherTo } from '../../tables/watcher.js'
import { type RoomsState, stateBuilder } from './rooms-state.js'

export type { RoomsState } from './rooms-state.js'

/** Options of `rooms$`. All are optional. */
export interface DirectoryOptions {
  /** The beginning of the names, at most 256 bytes. Default: all names. */
  readonly prefix?: string | undefined
  /** Values that listed members of the metadata must have, at most 8. Default: any. */
  readonly where?: Where | undefined
  /** The most rooms, in the order of their names, 1 to 1 000. Default: all, up to the server's `roomsMax`. */
  readonly limit?: number | undefined
}

/** The members that the feature `directory` adds to a client. */
export interface Directory {
  /**
   * The visible rooms that the server lists for this user: the known ones at once, then each change. Makes a connection while
   * subscribed, and joins no room; keeps the last state while offline, and goes on from it. `Left` for invalid options,
   * where the server has no directory, and with `room/busy` beyond 256 different views. Completes when the client closes. Never errors.
   */
  readonly rooms$: (options?: DirectoryOptions) => ResultStream<RoomsState>
  /** One room of the directory, without joining it; `undefined` while it is not listed. Otherwise like `rooms$`. */
  readonly occupancy$: (name: string) => ResultStream<ListedRoom | undefined>
}

const checks: Checks<keyof DirectoryOptions> = {
  prefix: /*#__PURE__*/ text('text 0 256', 0, bounds.roomBytes),
  where: { expected: `at most ${mostConditions} texts, numbers, flags and nulls by name`, is: isWhere },
  limit: /*#__PURE__*/ whole(1, bounds.viewRows),
}

/** Adds the directory of rooms to a client: `client.with(directory).rooms$({ prefix: 'game/' })`. */
export const directory = (client: Pick<Client, 'state$'>): Directory => {
  const parts = partsOf(client)
  return {
    rooms$: (raw) => {
      const { fault, options } = given<DirectoryOptions>(raw, checks)
      if (fault) return of(E.left(fault))
      const { prefix = '', where = {}, limit } = options
      const view: TableView = {
        ...(limit === undefined ? { view: 'all' } : { view: 'page', limit }),
        ...(prefix !== '' && { prefix }),
        ...(Object.keys(where).length > 0 && { where }),
      }
      return watch(parts, view, (state) => state)
    },
    occupancy$: (name) => {
      const fault = nameFault(name)
      if (fault) return of(E.left(fault))
      return watch(parts, { view: 'only', names: [name] }, ({ rooms: [room] }) => room)
    },
  }
}

/** The view of all rooms, which has the name of the directory's table. */
const everything = '{"view":"all"}'

/** The views of the directory: equal ones are one. */
interface Views extends Extension {
  /** Returns the name of a view's table, until a call of `release` for each call; `undefined` where there are too many. */
  readonly take: (view: TableView) => string | undefined
  readonly release: (view: TableView) => void
}

/** A view in use: the name of its table, and the number of its users. */
interface UsedView {
  readonly name: string
  uses: number
}

const views = (): Views => {
  const used = new Map<string, UsedView>()
  let last = 0
  return {
    take: (view) => {
      const key = JSON.stringify(view)
      const known = used.get(key)
      if (!known && used.size >= mostViews) return undefined
      const { name, uses } = known ?? { name: key === everything ? ROOMS : `${ROOMS} ${++last}`, uses: 0 }
      used.set(key, { name, uses: uses + 1 })
      return name
    },
    release: (view) => {
      const key = JSON.stringify(view)
      const known = used.get(key)
      if (known && --known.uses === 0) used.delete(key)
    },
  }
}

const watch = <T>(parts: Parts, view: TableView, show: (state: RoomsState) => T): ResultStream<T> => {
  const port: RoomPort = { parts, name: DIRECTORY, contract: anything, fault: undefined }
  return heldStream<T>(port, (room, to) => {
    const [all, names] = [parts.get(tables), parts.get(views)]
    const table = names.take(view)
    if (table === undefined) {
      const busy = roomFailure('room/busy', 'retry', DIRECTORY, { of: 'views', most: mostViews })
      parts.kernel.turns.publish(() => {
        answer(to, E.left(busy))
      })
      return () => undefined
    }
    const watcher = watcherOf(parts, view.view !== 'all', show, to)
    all.watch(room, table, watcher, view)
    return () => {
      all.unwatch(room, table, watcher)
      names.release(view)
    }
  })
}

const watcherOf = <T>(
  { kernel: { turns } }: Parts,
  isPart: boolean,
  show: (state: RoomsState) => T,
  to: Subscriber<Result<T>>,
): TableWatcher => {
  const build = stateBuilder(isPart)
  return watcherTo(to, turns.publish, (...change) => {
    const state = build(...change)
    return state ? [E.right(show(state))] : []
  })
}
