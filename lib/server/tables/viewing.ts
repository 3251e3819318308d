import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import { backoff, defaultBackoff } from '../../core/backoff.js'
import { guard, thrownText } from '../../core/guard.js'
import type { Data } from '../../core/ports.js'
import type { Codec, Sized } from '../../protocol/codec.js'
import type { RowFrame, ServerFrame } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Member } from '../room.js'
import type { Row, TableFeed, TablePosition, Tables } from './model.js'

/** A member that views a table of its room. */
export interface Viewing {
  /** Goes on where the connection had no room. */
  readonly drained: () => void
  readonly stop: () => void
}

/** Writes a table to a member, from a position on: the difference, or all rows, and then each change. */
export const viewing = (
  context: Context,
  tables: Tables,
  member: Member,
  of: string,
  from: TablePosition | undefined,
): Viewing => {
  const { box, time, settings } = context
  const { room, outlet } = member
  let at = from
  let failures = 0
  let isBehind = false
  let feed = new Subscription()

  const follow = (): void => {
    const current = new Subscription()
    feed = current
    isBehind = false
    const down = (message: string): void => {
      box.enter(() => {
        if (current.closed) return
        context.fault({ where: 'engine', message, room: room.name })
        current.unsubscribe()
        const retry = time.after(backoff(defaultBackoff, failures++, settings.random()), follow)
        feed = new Subscription(retry.cancel)
      })
    }
    const source = guard(() => tables.follow({ of, room: room.name }, at))
    if (E.isLeft(source)) {
      down(source.left)
      return
    }
    current.add(
      source.right.subscribe({
        next: (item) => {
          if (E.isLeft(item)) down(item.left.message)
          else
            box.enter(() => {
              if (!current.closed) take(item.right)
            })
        },
        error: (thrown: unknown) => {
          down(thrownText(thrown))
        },
        complete: () => {
          down('the feed of a table completed')
        },
      }),
    )
  }
  const take = (item: TableFeed): void => {
    failures = 0
    const isNews = item._tag === 'Rows' || item.version !== item.prev
    if (isNews && !outlet.writer.hasRoom()) {
      // Goes on from the last written version, with the difference to the latest one.
      isBehind = true
      feed.unsubscribe()
      return
    }
    const frames = isNews ? encoded(item, outlet.codec, of, room.number) : []
    if (item._tag === 'Changes' && frames.some(({ bytes }) => bytes > pageBytes)) {
      // All rows come in pages, however many have changed.
      at = undefined
      feed.unsubscribe()
      follow()
      return
    }
    at = { epoch: item.epoch, version: item.version }
    for (const { piece, bytes } of frames) outlet.writer.signal(piece, bytes)
  }

  follow()
  return {
    drained: () => {
      if (isBehind && outlet.writer.hasRoom()) follow()
    },
    stop: () => {
      feed.unsubscribe()
    },
  }
}

/** The frames of the items of feeds: all viewers at the same version get the same texts. */
const known = /*#__PURE__*/ new WeakMap<TableFeed, Map<Codec, readonly Sized<Data>[]>>()

const encoded = (item: TableFeed, codec: Codec, of: string, number: number): readonly Sized<Data>[] => {
  const pieces = known.get(item) ?? new Map<Codec, readonly Sized<Data>[]>()
  known.set(item, pieces)
  const made =
    pieces.get(codec) ??
    framesOf(item, of, number).map((frame) => {
      const piece = codec.encode(frame)
      return { piece, bytes: codec.size(piece) }
    })
  pieces.set(codec, made)
  return made
}

const framesOf = (item: TableFeed, of: string, number: number): readonly ServerFrame[] => {
  const { epoch, version } = item
  if (item._tag === 'Changes') {
    const { prev, puts, drops } = item
    const drop = drops.map(({ key, cause }) => [key, cause] as const)
    return [{ t: 'change', number, of, epoch, version, prev, put: puts.map(rowFrame), drop }]
  }
  const pages = pagesOf(item.rows)
  return pages.map((rows, page) => ({
    t: 'rows',
    number,
    of,
    epoch,
    version,
    page,
    rows: rows.map(rowFrame),
    more: page < pages.length - 1,
  }))
}

export const rowFrame = ({ key, version, value }: Row): RowFrame => [key, version, JSON.parse(value) as unknown]

/** The most bytes of a page: every client takes as much. */
const pageBytes = 16 * 1_024
/** Bytes of a row's frame beside its key and value. */
const rowBytes = 24
const frameBytes = 256

/** Splits rows into pages that fit into a batch; at least one page. */
const pagesOf = (rows: readonly Row[]): readonly (readonly Row[])[] => {
  const pages: Row[][] = [[]]
  let bytes = 0
  for (const row of rows) {
    const size = rowBytes + 3 * (row.key.length + row.value.length)
    if (bytes > 0 && bytes + size > pageBytes - frameBytes) {
      pages.push([])
      bytes = 0
    }
    bytes += size
    pages.at(-1)?.push(row)
  }
  return pages
}
