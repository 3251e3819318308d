// Draws the tables into the documents: `npm run draw`.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const bundle = join('node_modules', '.drawings.mjs')
await build({
  entryPoints: ['spec/support/drawings.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundle,
})
try {
  const { drawn, page } = await import(pathToFileURL(bundle).href)
  writeFileSync(page, drawn(readFileSync(page, 'utf8')))
} finally {
  rmSync(bundle)
}
