import type { Either } from 'fp-ts/lib/Either.js'
import { defer, of } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { checksum } from './checksum.js'
import { failure } from './failure.js'
import { leased, nameOf } from './leased.js'
import { amend } from './memory.js'
import { type LeaseOptions, platformLeases } from './platform.js'
import type { Owner, Scope, Store, Stored, StoreFailure } from './port.js'
import { type Header, isHeader, type Judge, type KeyValueBackend } from './key-value-backend.js'

/** The part of the Web Storage API that this module uses. */
export interface WebStorage {
  readonly length: number
  readonly key: (index: number) => string | null
  readonly getItem: (key: string) => string | null
  readonly setItem: (key: string, text: string) => void
  readonly removeItem: (key: string) => void
}

/** Options of a store in Web Storage. All are optional. */
export interface WebStorageOptions extends LeaseOptions {
  /** Returns the storage; called at each use, as the platform may forbid it. Default: `localStorage`. */
  readonly storage?: (() => WebStorage) | undefined
}

/** Makes a store in Web Storage: each write writes the whole partition. */
export const webStorage = ({ storage = () => localStorage, ...options }: WebStorageOptions = {}): Store =>
  leased(platformLeases(webStorageShelf(storage), 'Web Storage', options))

/** The format of this version: the first line begins with it. */
const format = 2
const prefix = 'rx-rooms:'
const damagedPrefix = 'rx-rooms-damaged:'

interface Kept {
  readonly header: Header | undefined
  readonly records: ReadonlyMap<string, string>
  /** The key of the damaged data set aside at this opening. */
  readonly damaged: string | undefined
}
/** The readable part of a text, with a flag if that is all of it. */
interface Reading extends Kept {
  readonly isWhole: boolean
}
const blank: Reading = { header: undefined, records: new Map(), damaged: undefined, isWhole: true }
const later = failure('version', `A later version of rx-rooms wrote this partition: this one reads format ${format}.`)

export const webStorageShelf = (storage: () => WebStorage): KeyValueBackend => {
  const act = <T>(work: (at: WebStorage) => Either<StoreFailure, T>): Stored<T> => defer(() => of(work(storage())))

  const amended = (at: WebStorage, scope: Scope, key: string, judge: Judge): boolean => {
    const text = at.getItem(key)
    const { header, records, damaged, isWhole } = text === null ? blank : parse(text)
    const verdict = judge(header)
    if (verdict._tag === 'Refuse') return false
    if (verdict._tag === 'Remove') {
      at.removeItem(key)
      return true
    }
    const aside = damagedPrefix + nameOf(scope)
    if (!isWhole) at.setItem(aside, text ?? '')
    const next = new Map(records)
    amend(next, verdict.changes)
    const isSame = verdict.header === undefined || verdict.header.token === header?.token
    const told = isSame ? damaged : undefined
    at.setItem(key, print({ header: verdict.header ?? header, records: next, damaged: isWhole ? told : aside }))
    return true
  }

  return {
    step: (scope, judge) =>
      act((at) => {
        const key = prefix + nameOf(scope)
        return isLater(at.getItem(key)) ? E.left(later) : E.right(amended(at, scope, key, judge))
      }),
    read: (scope) =>
      act((at) => {
        const { records, damaged } = parse(at.getItem(prefix + nameOf(scope)) ?? '')
        return E.right({ records, damaged: damaged === undefined ? [] : [damaged] })
      }),
    list: (owner) =>
      act((at) =>
        E.right(
          keysOf(at, prefix, owner).flatMap((key) => {
            const instance = instanceOf(key)
            const openedAt = parse(at.getItem(key) ?? '').header?.openedAt ?? 0
            return instance === undefined ? [] : [{ instance, openedAt }]
          }),
        ),
      ),
    erase: (owner) =>
      act((at) => {
        for (const key of [...keysOf(at, prefix, owner), ...keysOf(at, damagedPrefix, owner)]) at.removeItem(key)
        return E.right(undefined)
      }),
  }
}

const keysOf = (at: WebStorage, start: string, { url, user }: Owner): readonly string[] => {
  const keys = Array.from({ length: at.length }, (_, index) => at.key(index) ?? '')
  return keys.filter((key) => key.startsWith(`${start}${JSON.stringify([url, user]).slice(0, -1)},`))
}

const instanceOf = (key: string): string | undefined => {
  const scope = guard((): unknown => JSON.parse(key.slice(prefix.length)))
  const [, , instance] = E.isRight(scope) && Array.isArray(scope.right) ? (scope.right as unknown[]) : []
  return typeof instance === 'string' ? instance : undefined
}

/** Prints a line for the partition and one for each record, each with its checksum: damage affects single lines. */
const print = ({ header, records, damaged }: Kept): string => {
  const first = `${format} ${JSON.stringify({ header, damaged })}`
  return [first, ...[...records].map((record) => JSON.stringify(record))].map(summed).join('\n')
}
const summed = (line: string): string => `${checksum(line)} ${line}`

/** Returns the content of a line with a valid checksum. */
const unsummed = (line: string): string | undefined => {
  const content = line.slice(9)
  return line[8] === ' ' && line.slice(0, 8) === checksum(content) ? content : undefined
}

/** Requires a first line with a valid checksum: damage does not look like a later format. */
const isLater = (text: string | null): boolean =>
  Number(/^(\d+) /.exec(unsummed((text ?? '').split('\n', 1)[0] ?? '') ?? '')?.[1] ?? 0) > format

const parse = (text: string): Reading => {
  const [first = '', ...rest] = text.split('\n')
  const title = titleOf(unsummed(first) ?? '')
  const records = rest.map((line) => recordOf(unsummed(line) ?? ''))
  return {
    header: title?.header,
    damaged: title?.damaged,
    records: new Map(records.filter((record) => record !== undefined)),
    isWhole: title !== undefined && !records.includes(undefined),
  }
}

const parsed = (json: string): unknown => {
  const read = guard((): unknown => JSON.parse(json))
  return E.isRight(read) ? read.right : undefined
}

const titleOf = (line: string): Pick<Kept, 'header' | 'damaged'> | undefined => {
  if (!line.startsWith(`${format} `)) return undefined
  const { header, damaged } = Object(parsed(line.slice(2))) as { readonly header?: unknown; readonly damaged?: unknown }
  return { header: isHeader(header) ? header : undefined, damaged: typeof damaged === 'string' ? damaged : undefined }
}

const recordOf = (line: string): readonly [key: string, text: string] | undefined => {
  const record = parsed(line)
  return Array.isArray(record) && record.length === 2 && record.every((part) => typeof part === 'string')
    ? (record as unknown as readonly [string, string])
    : undefined
}
