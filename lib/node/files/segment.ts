import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { type Block, blockOf, blocksOf } from './block.js'
import { type Header, type JournalRecord, version } from './record.js'

/** A file of the journal. They are numbered from 1, and those before some number are gone. */
export const segmentName = (segment: number): string => `journal-${String(segment).padStart(9, '0')}`

/** What a file that cannot be used any more is called. */
export const damagedName = (name: string): string => `damaged-${name}`

/** The number of a segment by its file's name. */
export const segmentOf = (name: string): number | undefined => {
  const digits = /^journal-(\d{9,15})$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The most bytes that a header takes. */
export const headerBytes = 1024

/** A segment's first bytes: its header, and the records that it begins with. */
export const beginning = (header: Omit<Header, 'format' | 'version'>, records: string): Buffer => {
  const head = blockOf(JSON.stringify([['h', { format: 'rx-rooms', version, ...header }]]), 0, 0)
  return records === '' ? head : Buffer.concat([head, blockOf(`[${records}]`, head.length, 0)])
}

/** The header in a segment's first block. */
export const headerIn = (bytes: Buffer): Header | undefined => {
  const [first] = blocksOf(bytes)
  const record = first?.position === 0 ? recordsIn(first)?.[0] : undefined
  return record?.[0] === 'h' ? record[1] : undefined
}

/** Whether a segment has all that it begins with, or had it when something was appended. */
export const hasBegun = (bytes: Buffer): boolean => {
  const [first, second] = blocksOf(bytes)
  const header = headerIn(bytes)
  if (header && (!header.carries || second?.position === first?.end)) return true
  for (const { synced } of blocksOf(bytes)) if (synced > 0) return true
  return false
}

/** The records of a block; `undefined` if they cannot be read. */
export const recordsIn = ({ text }: Block): readonly JournalRecord[] | undefined => {
  const records = guard(() => JSON.parse(text) as readonly JournalRecord[])
  return E.isRight(records) ? records.right : undefined
}
