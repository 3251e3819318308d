import type { Parts } from '../../client/parts.js'
import type { WebSocketError } from '../../core/error.js'
import type { Extension } from '../../kernel/extension.js'
import { ownRows } from '../../tables/own-rows.js'

/** Called where the server refuses a candidacy. */
type Refused = (because: WebSocketError) => void

/** The candidacies of this client for the leaders of its rooms. Call in a turn. */
export interface Candidacies extends Extension {
  /** Stands as a candidate in a room, also after each reconnect. The returned function withdraws; calls are counted. */
  readonly stand: (room: string, refused: Refused) => () => void
}

export const candidacies = (parts: Parts): Candidacies => {
  const standing = new Map<string, Set<Refused>>()
  const { at, known, ...extension } = ownRows(parts, 'leader', (room, because) => {
    for (const each of [...(standing.get(room) ?? [])]) each(because)
  })

  return {
    ...extension,
    stand: (room, refused) => {
      const all = standing.get(room) ?? new Set<Refused>()
      standing.set(room, all.add(refused))
      at(room).show()
      return () => {
        all.delete(refused)
        if (all.size === 0) standing.delete(room)
        known(room)?.hide()
      }
    },
  }
}
