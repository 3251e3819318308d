import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs the source of a test of this library here and now, with what it imports given by name. */
export const runSource = (source: string, given: Readonly<Record<string, unknown>>): void => {
  const folder = mkdtempSync(join(tmpdir(), 'rx-rooms-source-'))
  const file = join(folder, 'source.cjs')
  const body = source.replaceAll(/^import .*$/gm, '')
  writeFileSync(file, `module.exports = ({ ${Object.keys(given).join(', ')} }) => {\n${body}\n}\n`)
  try {
    jest.requireActual<(given: object) => void>(file)(given)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
