import type { Data } from '../../core/ports.js'
import type { Codec, Sized } from '../../protocol/codec.js'
import type { Counts, RowFrame, ServerFrame } from '../../protocol/frame.js'
import { byteLength } from '../../protocol/utf8.js'
import type { Dropped, Row, TablePosition } from './model.js'

/** The addressee of frames: the number of the room, and the name of the table. */
export interface TableAddress {
  readonly number: number
  readonly of: string
}

/** Builds the row of a frame. */
export type FrameRow = (row: Row) => RowFrame

/** The most bytes of a page: every client takes as much. */
const pageBytes = 16 * 1_024
/** Bytes of a row's frame beside its key and value. */
const rowBytes = 28
const frameBytes = 384

/** Splits items into lists that fit into a page; at least one list. */
const pagesOf = <T>(items: readonly T[], bytesOf: (item: T) => number): readonly (readonly T[])[] => {
  const pages: T[][] = [[]]
  let bytes = 0
  for (const item of items) {
    const size = bytesOf(item)
    if (bytes > 0 && bytes + size > pageBytes - frameBytes) {
      pages.push([])
      bytes = 0
    }
    bytes += size
    pages.at(-1)?.push(item)
  }
  return pages
}

const bytesOfKey = (key: string): number => byteLength(JSON.stringify(key))
const bytesOfRow = ({ key, value }: Row): number => rowBytes + bytesOfKey(key) + byteLength(value)

/** Builds the frames of all rows, or of all that a view has. The first of several pages has the total. */
export const rowsFrames = (
  { number, of, view }: TableAddress & { readonly view: number },
  { epoch, version }: TablePosition,
  rows: readonly Row[],
  frame: FrameRow,
  total?: Counts,
): readonly ServerFrame[] => {
  const pages = pagesOf(rows, bytesOfRow)
  return pages.map((each, page) => ({
    t: 'rows',
    number,
    of,
    view,
    epoch,
    version,
    page,
    ...(total && page === 0 && pages.length > 1 && { total }),
    rows: each.map(frame),
    more: page < pages.length - 1,
  }))
}

/** The difference between the version `prev` and a position. */
export interface Difference {
  readonly prev: number
  readonly puts: readonly Row[]
  readonly drops: readonly Dropped[]
}

/** Builds the frames of a difference: one, or several parts. */
export const changeFrames = (
  { number, of }: TableAddress,
  { epoch, version }: TablePosition,
  { prev, puts, drops }: Difference,
  frame: FrameRow,
): readonly ServerFrame[] => {
  const items = [...puts, ...drops]
  const parts = pagesOf<Row | Dropped>(items, (item) =>
    'value' in item ? bytesOfRow(item) : rowBytes + bytesOfKey(item.key) + byteLength(item.cause),
  )
  return parts.map((part, at) => ({
    t: 'change',
    number,
    of,
    epoch,
    version,
    prev,
    put: part.flatMap((item) => ('value' in item ? [frame(item)] : [])),
    drop: part.flatMap((item) => ('value' in item ? [] : [[item.key, item.cause] as const])),
    ...(at < parts.length - 1 && { more: true }),
  }))
}

/** Encodes frames. */
export const encoded = (codec: Codec, frames: readonly ServerFrame[]): readonly Sized<Data>[] =>
  frames.map((frame) => {
    const piece = codec.encode(frame)
    return { piece, bytes: codec.size(piece) }
  })
