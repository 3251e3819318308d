import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMPTY } from 'rxjs'
import { fileStoreOn } from '../../lib/node/store/files.js'
import { folderOf } from '../../lib/node/store/names.js'
import { storeSuite } from '../../lib/testing/conformance/store.js'
import { asking } from './disks.js'
import { interruptions } from './interruptions.js'

const directory = (): string => mkdtempSync(join(tmpdir(), 'rx-rooms-store-'))
const filesOf = (folder: string, kind: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(kind))
    .map((name) => join(folder, name))

describe('the store on files', () => {
  const suite = storeSuite(
    () => {
      const at = directory()
      const steps = interruptions(() => {
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      })
      const disk = asking((_, __, go) => steps.counted(go)())
      return {
        store: () => fileStoreOn({ disk, wall: () => Date.now(), every: () => EMPTY }, { directory: at }),
        interrupt: steps.interrupt,
        freeze: ({ scope }) => {
          for (const lock of filesOf(folderOf(at, scope), '.lock')) utimesSync(lock, 0, 0)
          for (const socket of filesOf(folderOf(at, scope), '.socket')) rmSync(socket)
        },
        damage: (scope, key) => {
          for (const log of filesOf(folderOf(at, scope), '.log')) {
            const lines = readFileSync(log, 'utf8').split('\n')
            writeFileSync(log, lines.map((line) => (line.includes(`["${key}"`) ? line.toUpperCase() : line)).join('\n'))
          }
        },
        end: () => rmSync(at, { recursive: true }),
      }
    },
    { freezes: true, damages: true, interrupts: true },
  )
  for (const { name, run } of suite) it(name, run)
})
