// The siege: `npm run siege -- --attack NAMES --seconds N`. Builds it from the sources as they are, and runs it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
// Below node_modules, so that packages are found and the repository stays as it is.
const cache = join(here, '../node_modules/.cache')
mkdirSync(cache, { recursive: true })
const outdir = mkdtempSync(join(cache, 'rx-rooms-siege-'))
process.on('exit', () => rmSync(outdir, { recursive: true, force: true }))
// Its processes end when it has gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))
buildSync({
  entryPoints: {
    main: join(here, 'main.ts'),
    server: join(here, 'server/main.ts'),
    good: join(here, 'good/main.ts'),
    attacker: join(here, 'attack/main.ts'),
  },
  outdir,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // With their packages in them, the processes start in half the time.
  packages: 'bundle',
  logLevel: 'error',
})
const { default: siege } = await import(pathToFileURL(join(outdir, 'main.cjs')))
const programs = Object.fromEntries(['server', 'good', 'attacker'].map((name) => [name, join(outdir, `${name}.cjs`)]))
process.exit(await siege.main(process.argv.slice(2), programs))
