import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, stop } from 'esbuild'
import { shown } from './code.mjs'

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

/** The texts of a folder's files, in the order of their names. */
const folder = async (path) => {
  const files = (await readdir(here(path), { withFileTypes: true })).filter((each) => each.isFile())
  const names = files.map(({ name }) => name).sort()
  return Promise.all(names.map(async (name) => [name, await text(`${path}/${name}`)]))
}

/** The guides as they are, so that the page's links lead to those of this version. */
const guides = async () => ({
  '/README.md': await text('../../README.md'),
  ...Object.fromEntries((await folder('../../docs')).map(([name, guide]) => [`/docs/${name}`, guide])),
})

/** The files of the page, by their paths. */
const page = async () => {
  const script = await bundled('page/page.ts', {
    format: 'esm',
    platform: 'browser',
    minify: true,
    sourcemap: 'linked',
  })
  const { html: code, lines } = shown(await text('page/room.ts'))
  const said = {
    size: `${Math.round(gzipSync(script['/page.js']).length / 1000)} kB`,
    code,
    lines: `${lines}`,
  }
  const html = await text('page/index.html')
  const styles = await folder('page/style')
  return {
    '/': html.replace(/\{\{(\w+)\}\}/g, (_, name) => said[name]),
    '/style.css': styles.map(([, style]) => style).join('\n'),
    '/icon.svg': await text('page/icon.svg'),
    ...(await guides()),
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
