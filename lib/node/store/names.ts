import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Owner, Scope } from '../../store/port.js'

/** Any text as a name that every file system takes. */
const nameOf = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 40)

/** Where an owner's partitions are. */
export const folderOf = (directory: string, { url, user }: Owner): string => join(directory, nameOf(url, user))

/** What the names of a partition's files begin with. */
export const stemOf = ({ instance }: Pick<Scope, 'instance'>): string =>
  /^\0([0-9a-f]{40})$/.exec(instance)?.[1] ?? nameOf(instance)

/** Stands for the instance of a partition whose log does not say it any more: it has the same stem. */
export const standIn = (stem: string): string => `\0${stem}`

/** `lock`: who holds it. `log`: what it holds. `damaged`: a log that was set aside. */
export type FileKind = 'lock' | 'log' | 'damaged'

/** A file of a partition. Files of higher numbers replace those of lower ones. */
export interface FileName {
  readonly name: string
  readonly stem: string
  readonly number: number
  readonly kind: FileKind | 'tmp' | 'socket'
}

export const fileName = (stem: string, number: number, kind: FileKind): string => `${stem}.${number}.${kind}`

/** A socket of one process, which listens as long as it holds the partition or tries to. */
export const socketName = (stem: string, number: number, id: string): string => `${stem}.${number}.${id}.socket`

/** The files of partitions among those of a folder, those of higher numbers first. */
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
