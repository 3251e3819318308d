import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, stop } from 'esbuild'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const text = (name) => readFile(here(name), 'utf8')

const bundled = async (entry, options) => {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    outdir: here('.'),
    bundle: true,
    write: false,
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  })
  return Object.fromEntries(outputFiles.map(({ path, text }) => [`/${basename(path)}`, text]))
}

/** The files of the page, by their paths. */
const page = async () => {
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
const worker = async () => {
  const script = await bundled('worker/worker.ts', { format: 'cjs', platform: 'node' })
  return script['/worker.js']
}

/** Everything that is built at the start, in memory: the page's files and the worker's source. */
export const bundle = async () => {
  const [files, source] = await Promise.all([page(), worker()])
  await stop()
  return { files, source }
}
