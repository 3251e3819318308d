import { type ObservableInput, throwError } from 'rxjs'
import type { Permission } from '../protocol/frame.js'
import type { Access } from '../server/options.js'
import { permittedIn } from '../server/permissions.js'

/** Reason to refuse a room: `forbidden` is final; `unavailable` means that the permissions cannot be read at the moment. */
export type RefusedBecause = 'forbidden' | 'unavailable'

/** Access control of rooms. */
export interface Authorizer {
  readonly authorize: (access: Access) => ObservableInput<readonly Permission[]>
  readonly refuse: (room: string, because?: RefusedBecause) => void
  readonly admit: (room: string) => void
}

/** Checks refused rooms before it calls the test's own function. Without that function it answers like a server without one. */
export const authorizer = (
  own: ((access: Access) => ObservableInput<readonly Permission[]>) | undefined,
): Authorizer => {
  const refused = new Map<string, RefusedBecause>()
  return {
    authorize: (access) => {
      const because = refused.get(access.room)
      if (because === 'unavailable') return throwError(() => new Error('the test refuses this room'))
      if (because === 'forbidden') return [[]]
      return own ? own(access) : [permittedIn(access.room)]
    },
    refuse: (room, because = 'forbidden') => {
      refused.set(room, because)
    },
    admit: (room) => {
      refused.delete(room)
    },
  }
}
