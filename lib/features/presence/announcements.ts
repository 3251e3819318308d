import * as E from '#fp/Either'
import type { Parts } from '../../client/parts.js'
import { retryIn } from '../../core/backoff.js'
import type { Deadline } from '../../core/deadlines.js'
import type { Result } from '../../core/result.js'
import type { Extension } from '../../kernel/extension.js'
import { released } from '../../rooms/error.js'
import { tables, type TableView } from '../../tables/tables.js'

/** The members of this client's rooms: what others see of this client, and its views of others. Call in a turn. */
export interface Announcements extends Extension {
  /** Shows this client to the others in a room, until `hide`. Calls are counted. */
  readonly show: (room: string) => void
  readonly hide: (room: string) => void
  /**
   * Sets this client's state in a room, JSON text, and shows it; `undefined` ends that. Calls back once, when the server
   * has this state or a later one. The returned function ends only the wait.
   */
  readonly set: (room: string, state: string | undefined, settle: (result: Result<void>) => void) => () => void
  /** Returns the view of a room's members. */
  readonly view: (room: string) => TableView
  readonly setView: (room: string, view: TableView) => void
}

/** What a client says of itself in one room. */
interface Own {
  shown: number
  state: string | undefined
  /** Counts the changes. */
  change: number
  /** The last change that the server has on the present link; 0: none. */
  told: number
  /** The server shows this client on the present link. */
  isVisible: boolean
  isAsking: boolean
  readyAt: number
  failures: number
  alarm: Deadline | undefined
  readonly waiting: Map<(result: Result<void>) => void, number>
}

/** The least time between two states, in ms: those in between are left out. */
const pauseMs = 100

const of = 'members'
const all: TableView = { view: 'all' }

export const announcements = ({ kernel, rooms, get }: Parts): Announcements => {
  const { deadlines, turns, config } = kernel
  const table = get(tables)
  const owns = new Map<string, Own>()
  const views = new Map<string, TableView>()

  const ownOf = (name: string): Own => {
    const known = owns.get(name)
    if (known) return known
    const made: Own = {
      shown: 0,
      state: undefined,
      change: 1,
      told: 0,
      isVisible: false,
      isAsking: false,
      readyAt: -Infinity,
      failures: 0,
      alarm: undefined,
      waiting: new Map(),
    }
    owns.set(name, made)
    return made
  }
  const answer = (own: Own, change: number, result: Result<void>): void => {
    for (const [settle, from] of [...own.waiting])
      if (from <= change) {
        own.waiting.delete(settle)
        settle(result)
      }
  }
  const later = (name: string, own: Own, ms: number): void => {
    own.alarm?.cancel()
    own.alarm = deadlines.after(ms, () => {
      turns.enter(() => {
        own.alarm = undefined
        pump(name, own)
      })
    })
  }
  const drop = (name: string, own: Own): void => {
    own.alarm?.cancel()
    if (owns.get(name) === own) owns.delete(name)
  }
  /** Writes the present state if the server has another one. One write is under way at a time. */
  const pump = (name: string, own: Own): void => {
    if (own.isAsking || own.alarm || own.told === own.change || rooms.interest.known(name)?.have !== 'In') return
    const isShown = own.shown > 0 || own.state !== undefined
    const { change } = own
    if (!isShown && !own.isVisible) {
      answer(own, change, E.right(undefined))
      drop(name, own)
      return
    }
    const waitMs = own.readyAt - deadlines.now()
    if (waitMs > 0) {
      later(name, own, waitMs)
      return
    }
    own.isAsking = true
    own.readyAt = deadlines.now() + pauseMs
    const value = isShown ? (JSON.parse(own.state ?? 'null') as unknown) : undefined
    table.put({ room: name, of, key: 'me', ...(isShown && { value }) }, (result) => {
      own.isAsking = false
      if (E.isLeft(result) && result.left.kind !== 'terminal') {
        later(name, own, retryIn(config.backoff, own.failures++, config.random(), result.left))
        return
      }
      own.failures = 0
      own.told = change
      own.isVisible = isShown && E.isRight(result)
      answer(own, change, E.isLeft(result) ? result : E.right(undefined))
      pump(name, own)
    })
  }
  const change = (name: string, own: Own): void => {
    own.change++
    pump(name, own)
  }
  rooms.use({
    forget: ({ name }) => {
      views.delete(name)
      const own = owns.get(name)
      if (!own) return
      answer(own, Infinity, E.left(released(name)))
      drop(name, own)
    },
  })
  return {
    show: (name) => {
      const own = ownOf(name)
      own.shown++
      if (own.shown === 1 && own.state === undefined) change(name, own)
    },
    hide: (name) => {
      const own = owns.get(name)
      if (!own) return
      own.shown--
      if (own.shown === 0 && own.state === undefined) change(name, own)
    },
    set: (name, state, settle) => {
      const own = ownOf(name)
      own.state = state
      own.waiting.set(settle, own.change + 1)
      change(name, own)
      return () => {
        own.waiting.delete(settle)
      }
    },
    view: (name) => views.get(name) ?? all,
    setView: (name, view) => {
      if (JSON.stringify(views.get(name) ?? all) === JSON.stringify(view)) return
      views.set(name, view)
      const room = rooms.interest.known(name)
      if (room) table.view(room, of, view)
    },
    frames: {
      joined: ({ number }) => {
        const name = rooms.joins.at(number)?.name ?? ''
        const own = owns.get(name)
        if (!own) return
        Object.assign(own, { told: 0, isVisible: false, failures: 0 })
        own.alarm?.cancel()
        own.alarm = undefined
        pump(name, own)
      },
    },
    part: (link) => {
      if ([...owns.values()].some(({ isVisible }) => isVisible)) link.control({ t: 'quit' })
    },
    down: () => {
      for (const own of owns.values()) Object.assign(own, { told: 0, isVisible: false })
      return false
    },
    close: (because) => {
      for (const [name, own] of owns) {
        answer(own, Infinity, E.left(because))
        drop(name, own)
      }
    },
  }
}
