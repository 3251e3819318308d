import * as E from '#fp/Either'
import { isBytes } from '../../core/bytes.js'
import { guard } from '../../core/guard.js'
import type { Position } from '../../core/position.js'
import type { Piece } from './page.js'

/** The latest messages of one room, without a gap. */
export interface Cache {
  /** Adds a message that follows the cached ones; a message after a gap empties the cache first. */
  readonly keep: (epoch: string, piece: Piece) => void
  readonly clear: () => void
  /** Returns every message after a position up to an offset, if the cache holds them all. */
  readonly after: (position: Position, until: number) => readonly Piece[] | undefined
  /** Raises the number of messages to keep, if it is larger than before. */
  readonly widen: (messages: number) => void
}

/** The caches of all rooms, which share `bytes`: beyond that, the cache that grew longest ago loses its oldest messages. */
export interface Caches {
  /** Makes a cache; `at` is the room's current position. */
  readonly make: (messages: number, at: Position | undefined) => Cache
  readonly bytes: () => number
}

/** Bytes of a message beside its payload's text: objects, ids, names. */
const overheadBytes = 400

/** `maxBytes` is read whenever a message is added. */
export const caches = (maxBytes: () => number): Caches => {
  const growing = new Set<Store>()
  let total = 0

  const shift = (store: Store): void => {
    const oldest = store.pieces[store.first]
    const size = store.sizes[store.first] ?? 0
    if (!oldest) return
    store.base = oldest.frame[2]
    store.first++
    total -= size
    if (store.first * 2 >= store.pieces.length) compact(store)
    if (store.pieces.length === store.first) growing.delete(store)
  }
  const evict = (most: number): void => {
    for (const store of growing) {
      while (total > most && store.first < store.pieces.length) shift(store)
      if (total <= most) return
    }
  }
  const empty = (store: Store, epoch: string, base: number): void => {
    for (let at = store.first; at < store.sizes.length; at++) total -= store.sizes[at] ?? 0
    growing.delete(store)
    Object.assign(store, { epoch, base, first: 0, pieces: [], sizes: [] })
  }

  return {
    make: (messages, at) => {
      const store: Store = { epoch: at?.epoch ?? '', base: at?.offset ?? 0, first: 0, pieces: [], sizes: [] }
      let most = messages
      return {
        keep: (epoch, piece) => {
          const { frame } = piece
          const last = store.pieces.at(-1)?.frame[2] ?? store.base
          if (epoch === store.epoch && frame[2] <= last) return
          const prev = frame[8]?.prev ?? frame[2] - 1
          if (epoch !== store.epoch || prev > last) empty(store, epoch, prev)
          const size = overheadBytes + textBytes(piece.plain, maxBytes())
          store.pieces.push(piece)
          store.sizes.push(size)
          total += size
          growing.delete(store)
          growing.add(store)
          if (store.pieces.length - store.first > most) shift(store)
          evict(maxBytes())
        },
        clear: () => {
          empty(store, '', 0)
        },
        after: ({ epoch, offset }, until) => {
          const last = store.pieces.at(-1)?.frame[2] ?? store.base
          if (epoch !== store.epoch || offset < store.base || offset > last || until !== last) return undefined
          return store.pieces.slice(store.first).filter(({ frame }) => frame[2] > offset)
        },
        widen: (wanted) => {
          most = Math.max(most, wanted)
        },
      }
    },
    bytes: () => total,
  }
}

/** Pieces from index `first` on, with their sizes; they follow `base` in the epoch, without a gap. */
interface Store {
  epoch: string
  base: number
  first: number
  pieces: Piece[]
  sizes: number[]
}

const compact = (store: Store): void => {
  store.pieces = store.pieces.slice(store.first)
  store.sizes = store.sizes.slice(store.first)
  store.first = 0
}

/** The bytes of a payload's text; `most` for a payload that nests too deep to print. */
const textBytes = (plain: unknown, most: number): number => {
  if (isBytes(plain)) return plain.byteLength
  const text = guard(() => (JSON.stringify(plain) as string | undefined) ?? '')
  return E.isRight(text) ? 2 * text.right.length : most
}
