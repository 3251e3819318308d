import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { checksum } from '../../store/checksum.js'
import { amend } from '../../store/memory.js'
import type { Change, Scope } from '../../store/port.js'

/** The log format that this version writes. */
export const format = 1

/** The first line of a log: its owner and instance. */
export interface Title extends Scope {
  readonly format: number
  /** In ms since 1970. */
  readonly openedAt: number
}

/** The content of a log. */
export interface Reading {
  readonly title: Title | undefined
  readonly records: Map<string, string>
  /** True where whole lines are invalid. An incomplete last line was never acknowledged and is no damage. */
  readonly isDamaged: boolean
}

/** Builds a line: the checksum of the rest, a space, JSON. */
const line = (value: unknown): string => {
  const text = JSON.stringify(value)
  return `${checksum(text)} ${text}\n`
}

/** Encodes a batch as a line. */
export const batchLine = (changes: readonly Change[]): string =>
  line(changes.map(({ key, text }) => (text === undefined ? [key] : [key, text])))

/** Builds a whole log of these records, one line each: later damage to a line affects no other. */
export const wholeLog = (scope: Scope, openedAt: number, records: ReadonlyMap<string, string>): string => {
  const title: Title = { format, url: scope.url, user: scope.user, instance: scope.instance, openedAt }
  return line(title) + [...records].map(([key, text]) => batchLine([{ key, text }])).join('')
}

/** Reads a log with any content. */
export const readLog = (bytes: Buffer): Reading => {
  const lines = bytes.toString('utf8').split('\n').slice(0, -1).map(readLine)
  const title = isTitle(lines[0]) ? lines[0] : undefined
  const records = new Map<string, string>()
  // A log gets its name only after its first line is complete.
  let isDamaged = !title
  for (const batch of title ? lines.slice(1) : lines) {
    if (isBatch(batch))
      amend(
        records,
        batch.map(([key, text]) => (text === undefined ? { key } : { key, text })),
      )
    else isDamaged = true
  }
  return { title, records, isDamaged }
}

/** Reads only the first line. */
export const readTitle = (bytes: Buffer): Title | undefined => {
  const end = bytes.indexOf(10)
  const title = end < 0 ? undefined : readLine(bytes.toString('utf8', 0, end))
  return isTitle(title) ? title : undefined
}

const readLine = (text: string): unknown => {
  const json = text.slice(9)
  if (text[8] !== ' ' || text.slice(0, 8) !== checksum(json)) return undefined
  const read = guard((): unknown => JSON.parse(json))
  return E.isRight(read) ? read.right : undefined
}

const isText = (value: unknown): value is string => typeof value === 'string'

const isTitle = (value: unknown): value is Title => {
  const { format: version, url, user, instance, openedAt } = Object(value) as Partial<Record<keyof Title, unknown>>
  return Number.isInteger(version) && isText(url) && isText(user) && isText(instance) && typeof openedAt === 'number'
}

const isBatch = (value: unknown): value is readonly (readonly [key: string, text?: string])[] =>
  Array.isArray(value) &&
  value.every((change) => Array.isArray(change) && change.length > 0 && change.length < 3 && change.every(isText))
