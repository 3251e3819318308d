import { type ObservableInput, throwError } from 'rxjs'
import type { Permission } from '../protocol/frame.js'
import type { Access } from '../server/options.js'

/** Why a room is refused: for good, or because the permission cannot be looked up at the moment. */
export type RefusedBecause = 'forbidden' | 'unavailable'

/** The doors of rooms. */
export interface Doors {
  readonly authorize: (access: Access) => ObservableInput<readonly Permission[]>
  readonly refuse: (room: string, because?: RefusedBecause) => void
  readonly admit: (room: string) => void
}

const everything: readonly Permission[] = ['read', 'publish', 'history']

/** Closed doors go before the test's own function; without one everybody may do everything. */
export const doors = (own: ((access: Access) => ObservableInput<readonly Permission[]>) | undefined): Doors => {
  const refused = new Map<string, RefusedBecause>()
  return {
    authorize: (access) => {
      const because = refused.get(access.room)
      if (because === 'unavailable') return throwError(() => new Error('the test refuses this room'))
      if (because === 'forbidden') return [[]]
      return own ? own(access) : [everything]
    },
    refuse: (room, because = 'forbidden') => {
      refused.set(room, because)
    },
    admit: (room) => {
      refused.delete(room)
    },
  }
}
