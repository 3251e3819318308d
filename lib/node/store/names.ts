import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Owner, Scope } from '../../store/port.js'

/** Hashes any text to a name that every file system allows. */
const nameOf = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 40)

/** Returns the folder of an owner's partitions. */
export const folderOf = (directory: string, { url, user }: Owner): string => join(directory, nameOf(url, user))

/** Returns the prefix of a partition's file names. */
export const stemOf = ({ instance }: Pick<Scope, 'instance'>): string =>
  /^\0([0-9a-f]{40})$/.exec(instance)?.[1] ?? nameOf(instance)

/** Returns a placeholder for the instance of a partition whose log has no readable title: it has the same stem. */
export const standIn = (stem: string): string => `\0${stem}`

/** `lock`: the holder. `log`: the records. `damaged`: a log that was set aside. */
export type FileKind = 'lock' | 'log' | 'damaged'

/** A file of a partition. Files of higher numbers replace those of lower ones. */
export interface FileName {
  readonly name: string
  readonly stem: string
  readonly number: number
  readonly kind: FileKind | 'tmp' | 'socket'
}

export const fileName = (stem: string, number: number, kind: FileKind): string => `${stem}.${number}.${kind}`

/** Names a socket of one process, which listens as long as it holds the partition or tries to. */
export const socketName = (stem: string, number: number, id: string): string => `${stem}.${number}.${id}.socket`

/** Returns the partition files in a folder, those of higher numbers first. */
export const filesOf = (names: readonly string[]): readonly FileName[] =>
  names
    .flatMap((name) => {
      const [, stem, number, kind, rest, socket] = pattern.exec(name) ?? []
      if (stem === undefined) return []
      return [
        { name, stem, number: Number(number), kind: socket ? 'socket' : rest ? 'tmp' : (kind as FileKind) } as const,
      ]
    })
    .sort((a, b) => b.number - a.number)

const pattern = /^([0-9a-f]{40})\.(\d+)\.(?:(lock|log|damaged)(\..*tmp)?|[\w-]+\.(socket))$/
