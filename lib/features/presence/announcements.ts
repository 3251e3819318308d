import type { Parts } from '../../client/parts.js'
import type { Result } from '../../core/result.js'
import type { Extension } from '../../kernel/extension.js'
import { ownRows } from '../../tables/own-rows.js'
import { tables, type TableView } from '../../tables/tables.js'

/** The members of this client's rooms: how it shows itself to others, and its views of them. Call in a turn. */
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

const everybody: TableView = { view: 'all' }

export const announcements = (parts: Parts): Announcements => {
  const { rooms, get } = parts
  const table = get(tables)
  const { at, known, ...extension } = ownRows(parts, 'members')
  const views = new Map<string, TableView>()

  return {
    ...extension,
    show: (name) => {
      at(name).show()
    },
    hide: (name) => {
      known(name)?.hide()
    },
    set: (name, state, settle) => at(name).set(state, settle),
    view: (name) => views.get(name) ?? everybody,
    setView: (name, view) => {
      if (JSON.stringify(views.get(name) ?? everybody) === JSON.stringify(view)) return
      views.set(name, view)
      const room = rooms.interest.known(name)
      if (room) table.view(room, 'members', view)
    },
  }
}
