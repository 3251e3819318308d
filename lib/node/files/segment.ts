import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { type Block, blockAt, blockOf, blocksOf } from './block.js'
import { type Header, type JournalRecord, version } from './record.js'

/** Names a file of the journal. Segments count from 1; those before some number are removed. */
export const segmentName = (segment: number): string => `journal-${String(segment).padStart(9, '0')}`

/** Names a file that is no longer usable. */
export const damagedName = (name: string): string => `damaged-${name}`

/** Returns the number of a segment by its file's name. */
export const segmentOf = (name: string): number | undefined => {
  const digits = /^journal-(\d{9,15})$/.exec(name)?.[1]
  const segment = Number(digits)
  // Rejects `journal-0000000012`: one segment has one name.
  return segmentName(segment) === name ? segment : undefined
}

/** Returns the number of a segment by its name as a damaged file. */
export const damagedSegmentOf = (name: string): number | undefined =>
  name.startsWith('damaged-') ? segmentOf(name.slice('damaged-'.length)) : undefined

/** Maximum bytes of a header. */
export const headerBytes = 1024

/** Encodes a segment's first blocks: its header and its initial records. */
export const beginning = (
  header: Omit<Header, 'format' | 'version'>,
  records: string,
  mark: number,
): readonly Buffer[] => {
  const head = blockOf(JSON.stringify([['h', { format: 'rx-rooms', version, ...header }]]), {
    position: 0,
    synced: 0,
    mark,
  })
  return records === '' ? [head] : [head, blockOf(`[${records}]`, { position: head.length, synced: 0, mark })]
}

/** Returns the header in a segment's first block, and the number of the last mark before it. */
export const headerIn = (bytes: Buffer): { readonly header: Header; readonly mark: number } | undefined => {
  const first = blockAt(bytes, 0)
  const record = first && recordsIn(first)?.[0]
  return first && record?.[0] === 'h' ? { header: record[1], mark: first.mark } : undefined
}

/** Returns true for a segment with complete initial records, now or when a block was appended. */
export const hasBegun = (bytes: Buffer): boolean => {
  const [first, second] = blocksOf(bytes)
  const header = headerIn(bytes)?.header
  if (header && (!header.carries || second?.position === first?.end)) return true
  for (const { synced } of blocksOf(bytes)) if (synced > 0) return true
  return false
}

/** Returns the records of a block; `undefined` if they are unreadable. */
export const recordsIn = ({ text }: Block): readonly JournalRecord[] | undefined => {
  const records = guard(() => JSON.parse(text) as readonly JournalRecord[])
  return E.isRight(records) ? records.right : undefined
}
