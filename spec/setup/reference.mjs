// Writes the API reference from the doc comments: `npm run reference`, or with the folder to write to. Installs the
// generator in a package of its own where it is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import reference from './reference.cjs'

const folder = resolve('spec/docs/reference')
const main = join(folder, 'node_modules/typedoc/bin/typedoc')
const out = process.argv[2] ?? 'reference'

const run = (command, args, cwd) => spawnSync(command, args, { cwd, stdio: 'inherit' }).status ?? 1

if (!existsSync(main)) run('npm', ['ci', '--ignore-scripts', '--silent'], folder)
const entries = reference.entriesOf('.').flatMap(({ file }) => ['--entryPoints', file])
process.exitCode = run(process.execPath, [
  main,
  ...['--plugin', join(folder, 'node_modules/typedoc-plugin-markdown/dist/index.js')],
  ...['--plugin', resolve('spec/setup/reference-names.mjs')],
  ...['--tsconfig', 'tsconfig.json', '--skipErrorChecking', '--out', out, '--readme', 'none', '--disableSources'],
  ...['--excludeInternal', '--hidePageHeader', '--logLevel', 'Warn'],
  // Types that no entry exports are shown where they are used.
  ...['--validation.notExported', 'false'],
  ...entries,
])
