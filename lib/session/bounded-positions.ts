import type { KeptPositions, Resume } from '../core/ports.js'

/** The positions of a bounded number of rooms. */
export interface BoundedPositions extends Omit<KeptPositions, 'save'> {
  /** Adds the positions found in the store; a position that is known already counts. */
  readonly load: (found: ReadonlyMap<string, Resume>) => void
  readonly clear: () => void
}

export interface BoundedPositionsNeeds {
  /** The number of rooms to keep positions of. */
  readonly most: number
  /** The position of a room has changed, or is forgotten. */
  readonly changed: (room: string) => void
  readonly report: (message: string) => void
}

/** Keeps the positions of at most so many rooms. Forgets the room that moved longest ago and has no consumer. */
export const boundedPositions = ({ most, changed, report }: BoundedPositionsNeeds): BoundedPositions => {
  const all = new Map<string, Resume>()
  const held = new Map<string, number>()
  /** Unheld rooms of `all`; the room that moved longest ago comes first. */
  const idle = new Set<string>()
  let isReported = false

  const limited = (message: string): void => {
    if (!isReported) report(`storing.positions is ${most}: ${message} Raise it to the number of rooms.`)
    isReported = true
  }
  const put = (room: string, resume: Resume): void => {
    const [oldest] = idle
    if (!all.has(room) && all.size >= most) {
      if (oldest === undefined) {
        limited(`the position of ${room} is not kept.`)
        return
      }
      idle.delete(oldest)
      all.delete(oldest)
      changed(oldest)
      limited(`the position of ${oldest}, which moved longest ago, is forgotten.`)
    }
    if (!held.has(room)) {
      idle.delete(room)
      idle.add(room)
    }
    all.set(room, resume)
    changed(room)
  }

  return {
    get: (room) => all.get(room),
    hold: (room) => {
      held.set(room, (held.get(room) ?? 0) + 1)
      idle.delete(room)
    },
    release: (room) => {
      const left = (held.get(room) ?? 0) - 1
      if (left > 0) held.set(room, left)
      else {
        held.delete(room)
        if (all.has(room)) idle.add(room)
      }
    },
    moved: (room, position) => {
      const known = all.get(room)
      if (known?.position.epoch === position.epoch && known.position.offset >= position.offset) return
      const offered =
        known?.position.epoch === position.epoch ? Math.max(known.offered, position.offset) : position.offset
      put(room, { position, offered })
    },
    offered: (room, { epoch, offset }) => {
      const known = all.get(room)
      if (known?.position.epoch !== epoch || (known.offered >= offset && known.offered < Infinity)) return
      put(room, { position: known.position, offered: offset })
    },
    load: (found) => {
      const since = [...all]
      all.clear()
      for (const [room, resume] of [...found, ...since]) {
        all.set(room, resume)
        if (!held.has(room)) idle.add(room)
      }
    },
    rooms: () => all.keys(),
    forget: (room) => {
      if (!all.delete(room)) return
      idle.delete(room)
      changed(room)
    },
    clear: () => {
      all.clear()
    },
  }
}
