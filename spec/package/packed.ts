import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(__dirname, '../..')

/** An empty folder in which the packed library is installed as a user would get it. */
export interface Consumer {
  readonly folder: string
  /** The installed package. */
  readonly installed: string
  /** Writes a file there; gives its path. */
  readonly write: (name: string, text: string) => string
  /** Runs Node there on a file; gives what it printed. */
  readonly node: (file: string, ...args: string[]) => string
  readonly remove: () => void
}

/** Everything the manifest promises to be there, and Node's own types. Not @types/ws: users do not have it. */
const LINKED = [
  'rxjs',
  'tslib',
  'fp-ts',
  'io-ts',
  'idb',
  'jwt-decode',
  'ws',
  'isomorphic-ws',
  'commander',
  'ansis',
  '@standard-schema/spec',
  '@types/node',
  'undici-types',
]

const quiet: ExecFileSyncOptionsWithStringEncoding = {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'pipe'],
}

/** Packs the library (built first where dist/ is missing) into a folder; gives the path. */
const pack = (folder: string): string => {
  if (!existsSync(join(root, 'dist/index.js'))) execFileSync(join(root, 'node_modules/.bin/tsdown'), [], quiet)
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], quiet)
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'missing.tgz')
}

/** Installs the packed library in an empty folder, without a network. The whole run packs it once, for all its specs. */
export const consumer = (): Consumer => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rx-rooms-consumer-')))
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'rx-rooms')
  mkdirSync(installed, { recursive: true })
  const tarball = process.env['RX_ROOMS_TARBALL'] ?? pack(folder)
  execFileSync('tar', ['-xzf', tarball, '--strip-components', '1', '-C', installed], quiet)
  for (const name of LINKED) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  return {
    folder,
    installed,
    write: (name, text) => {
      const file = join(folder, name)
      writeFileSync(file, text)
      return file
    },
    node: (file, ...args) => execFileSync(process.execPath, [file, ...args], { ...quiet, cwd: folder }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
