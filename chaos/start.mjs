// The campaign: `npm run chaos -- --seed S --minutes M`. Builds it from the sources as they are, and runs it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
// Below node_modules, so that packages are found and the repository stays as it is.
const cache = join(here, '../node_modules/.cache')
mkdirSync(cache, { recursive: true })
const outdir = mkdtempSync(join(cache, 'rx-rooms-chaos-'))
process.on('exit', () => rmSync(outdir, { recursive: true, force: true }))
buildSync({
  entryPoints: {
    main: join(here, 'main.ts'),
    server: join(here, 'server/main.ts'),
    client: join(here, 'client/main.ts'),
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
const { default: chaos } = await import(pathToFileURL(join(outdir, 'main.cjs')))
const programs = { server: join(outdir, 'server.cjs'), client: join(outdir, 'client.cjs') }
process.exit(await chaos.main(process.argv.slice(2), programs))
