import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

/** A module as it is now, in one file. */
export interface Bundle {
  readonly file: string
  readonly remove: () => void
}

/**
 * By default the library, for `require`. A program that is started often holds its packages too: it then starts in half the
 * time.
 */
export const bundle = (entry = 'lib/index.ts', packages: 'external' | 'bundle' = 'external'): Bundle => {
  const root = resolve(__dirname, '../..')
  // Below node_modules, so that packages are found and the repository stays as it is.
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'rx-rooms-bundle-'))
  const file = join(folder, 'index.cjs')
  const options = { bundle: true, platform: 'node', format: 'cjs', packages, logLevel: 'error' } as const
  buildSync({ ...options, entryPoints: [join(root, entry)], outfile: file })
  return {
    file,
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
