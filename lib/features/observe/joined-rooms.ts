import type { Observable } from 'rxjs'
import type { Client } from '../../client/client.js'
import type { Parts } from '../../client/parts.js'
import { partsOf } from '../../client/port.js'
import { cell } from '../../core/cell.js'
import { stream } from '../../core/stream.js'
import { isReserved } from '../../protocol/reserved.js'
import type { Extension } from '../../kernel/extension.js'

/** The member that the feature `joinedRooms` adds to a client. */
export interface JoinedRooms {
  /** The names of the rooms that the session is in, without those of the server: at once, then after each turn that changed them. None while offline. */
  readonly rooms$: Observable<readonly string[]>
}

/** Adds `rooms$` to a client: the rooms that its session is in. */
export const joinedRooms = (client: Client): JoinedRooms => {
  const { kernel, get } = partsOf(client)
  return { rooms$: stream(kernel.diagnostics.threw, get(view).changes$) }
}

interface View extends Extension {
  readonly changes$: Observable<readonly string[]>
}

/** Makes the view: it looks at the rooms only in turns that may have changed what the session is in. */
const view = ({ kernel, rooms, over }: Parts): View => {
  const names = cell(namesIn(rooms), kernel.turns)
  let isStale = false

  const stale = (): void => {
    isStale = true
  }
  const refresh = (): void => {
    isStale = false
    const [before, now] = [names.value(), namesIn(rooms)]
    if (now.length !== before.length || now.some((name, at) => name !== before[at])) names.set(now)
  }
  rooms.use({ forget: stale })
  if (over()) names.complete()
  return {
    changes$: names.changes$,
    frames: { joined: stale, left: stale },
    down: () => {
      stale()
      return false
    },
    flush: () => {
      if (isStale) refresh()
    },
    close: () => {
      names.set([])
      names.complete()
    },
  }
}

const namesIn = ({ interest }: Parts['rooms']): readonly string[] => {
  const names: string[] = []
  for (const { name, have } of interest.all()) if (have === 'In' && !isReserved(name)) names.push(name)
  return names
}
