import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const here = (name) => new URL(name, import.meta.url)
const text = (name) => readFile(here(name), 'utf8')

const bundled = async (entry, options) => {
  const { outputFiles } = await build({
    entryPoints: [here(entry).pathname],
    outdir: '/',
    bundle: true,
    write: false,
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  })
  return Object.fromEntries(outputFiles.map(({ path, text }) => [path, text]))
}

/** The files of the page, by their paths. */
export const page = async () => {
  const script = await bundled('page/page.ts', {
    format: 'esm',
    platform: 'browser',
    minify: true,
    sourcemap: 'linked',
  })
  const gzip = gzipSync(script['/page.js']).length
  const html = await text('page/index.html')
  return {
    '/': html.replace('{{size}}', `${Math.round(gzip / 1000)} kB`),
    '/style.css': await text('page/style.css'),
    '/icon.svg': await text('page/icon.svg'),
    ...script,
  }
}

/** The source of the worker, for `new Worker(source, { eval: true })`. */
export const worker = async () => {
  const script = await bundled('worker/worker.ts', { format: 'cjs', platform: 'node' })
  return script['/worker.js']
}
