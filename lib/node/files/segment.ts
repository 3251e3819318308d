import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { type Block, blockAt, blockOf, blocksOf } from './block.js'
import { type Header, type JournalRecord, version } from './record.js'

/** A file of the journal. They are numbered from 1, and those before some number are gone. */
export const segmentName = (segment: number): string => `journal-${String(segment).padStart(9, '0')}`

/** What a file that cannot be used any more is called. */
export const damagedName = (name: string): string => `damaged-${name}`

/** The number of a segment by its file's name. */
export const segmentOf = (name: string): number | undefined => {
  const digits = /^journal-(\d{9,15})$/.exec(name)?.[1]
  const segment = Number(digits)
  // Not `journal-0000000012`: one segment has one name.
  return segmentName(segment) === name ? segment : undefined
}

/** The number of a segment by the name that it has as a damaged file. */
export const damagedSegmentOf = (name: string): number | undefined =>
  name.startsWith('damaged-') ? segmentOf(name.slice('damaged-'.length)) : undefined

/** The most bytes that a header takes. */
export const headerBytes = 1024

/** A segment's first blocks: its header, and the records that it begins with. */
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

/** The header in a segment's first block, and the number of the mark that was written last before it. */
export const headerIn = (bytes: Buffer): { readonly header: Header; readonly mark: number } | undefined => {
  const first = blockAt(bytes, 0)
  const record = first && recordsIn(first)?.[0]
  return first && record?.[0] === 'h' ? { header: record[1], mark: first.mark } : undefined
}

/** Whether a segment has all that it begins with, or had it when something was appended. */
export const hasBegun = (bytes: Buffer): boolean => {
  const [first, second] = blocksOf(bytes)
  const header = headerIn(bytes)?.header
  if (header && (!header.carries || second?.position === first?.end)) return true
  for (const { synced } of blocksOf(bytes)) if (synced > 0) return true
  return false
}

/** The records of a block; `undefined` if they cannot be read. */
export const recordsIn = ({ text }: Block): readonly JournalRecord[] | undefined => {
  const records = guard(() => JSON.parse(text) as readonly JournalRecord[])
  return E.isRight(records) ? records.right : undefined
}
