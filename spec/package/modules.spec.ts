import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type Consumer, consumer } from './packed.js'

const SUBPATHS = [
  'rx-rooms',
  'rx-rooms/operators',
  'rx-rooms/testing',
  'rx-rooms/stores',
  'rx-rooms/jwt',
  'rx-rooms/explain',
  'rx-rooms/history',
  'rx-rooms/conflation',
  'rx-rooms/signals',
  'rx-rooms/observe',
  'rx-rooms/bulk',
  'rx-rooms/presence',
  'rx-rooms/shared',
  'rx-rooms/room-life',
  'rx-rooms/leader',
  'rx-rooms/otel',
  'rx-rooms/directory',
  'rx-rooms/events',
  'rx-rooms/endpoints',
  'rx-rooms/pool',
  'rx-rooms/sharing',
  'rx-rooms/interceptors',
  'rx-rooms/server',
] as const
const BROWSER = [
  'index',
  'operators',
  'testing',
  'stores',
  'jwt',
  'explain',
  'history',
  'conflation',
  'signals',
  'observe',
  'bulk',
  'presence',
  'shared',
  'room-life',
  'events',
  'endpoints',
] as const

/** Prints what each subpath exports and which pairs of subpaths export the same value under one name. */
const REPORT = `
const kinds = (module) => Object.fromEntries(Object.keys(module).filter((name) => name !== 'default' && name !== 'module.exports').sort().map((name) => [name, typeof module[name]]))
const report = (modules) => {
  const split = []
  for (const [one, a] of Object.entries(modules)) for (const [other, b] of Object.entries(modules))
    for (const name of Object.keys(kinds(a))) if (name in b && a[name] !== b[name]) split.push([name, one, other])
  console.log(JSON.stringify({ split, exports: Object.fromEntries(Object.entries(modules).map(([path, module]) => [path, kinds(module)])) }))
}
`
const ESM = `${SUBPATHS.map((path, i) => `import * as m${String(i)} from '${path}'`).join('\n')}
${REPORT}
report({ ${SUBPATHS.map((path, i) => `'${path}': m${String(i)}`).join(', ')} })`
const CJS = `${REPORT}
report({ ${SUBPATHS.map((path) => `'${path}': require('${path}')`).join(', ')} })`

const SCENARIO = `
const seen = []
const client = createClient({ url: 'ws://127.0.0.1:1', autoConnect: false })
client.state$.subscribe({ next: (state) => seen.push(state), complete: () => seen.push('complete') })
client.close().subscribe({ next: (result) => seen.push(result), complete: () => console.log(JSON.stringify(seen)) })
`

interface Report {
  readonly split: readonly unknown[]
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
}

describe('the packed library', () => {
  let app: Consumer
  beforeAll(() => {
    app = consumer()
  }, 60_000)
  afterAll(() => app.remove())

  const report = (file: string, text: string): Report => JSON.parse(app.node(app.write(file, text))) as Report

  it('exports the same names of the same kinds from ESM and CommonJS', () => {
    const esm = report('names.mjs', ESM)
    expect(report('names.cjs', CJS).exports).toEqual(esm.exports)
    expect(esm.exports['rx-rooms']).toMatchObject({ createClient: 'function', contract: 'function' })
    for (const path of SUBPATHS) expect(Object.keys(esm.exports[path] ?? {})).not.toHaveLength(0)
  })

  it('[RT10] loads nothing by a name that only some bundlers resolve', () => {
    const manifest = JSON.parse(readFileSync(join(app.installed, 'package.json'), 'utf8')) as object
    expect(manifest).not.toHaveProperty('imports')
    const dist = join(app.installed, 'dist')
    const loaded = readdirSync(dist)
      .filter((name) => /\.c?js$/.test(name))
      .flatMap((name) => [...readFileSync(join(dist, name), 'utf8').matchAll(/(?:from|import|require\()\s*"([^"]+)"/g)])
      .map(([, name]) => name ?? '')
    expect(loaded).toContain('rxjs')
    expect(loaded.filter((name) => /^(#|fp-ts)/.test(name))).toEqual([])
  })

  it('holds one copy of everything, whichever subpath it is imported from', () => {
    expect(report('copies.mjs', ESM).split).toEqual([])
    expect(report('copies.cjs', CJS).split).toEqual([])
  })

  it('does the same in ESM and CommonJS', () => {
    const esm = app.node(app.write('do.mjs', `import { createClient } from 'rx-rooms'\n${SCENARIO}`))
    const cjs = app.node(app.write('do.cjs', `const { createClient } = require('rx-rooms')\n${SCENARIO}`))
    expect(esm).toContain('complete')
    expect(cjs).toBe(esm)
  })

  it('resolves every subpath in both module systems, and no other', () => {
    const paths = [...SUBPATHS, 'rx-rooms/package.json']
    const text = `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
for (const path of ${JSON.stringify(paths)}) { import.meta.resolve(path); require.resolve(path) }
try { require.resolve('rx-rooms/dist/index.js') } catch (error) { console.log(error.code) }`
    expect(app.node(app.write('resolve.mjs', text)).trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  it('contains what is to be published and nothing else', () => {
    const top = readdirSync(app.installed)
    const allowed = ['LICENSE', 'README.md', 'dist', 'docs', 'package.json']
    expect(top.filter((name) => !allowed.includes(name))).toEqual([])
    expect(top).toEqual(expect.arrayContaining(['LICENSE', 'dist', 'package.json']))
    const dist = readdirSync(join(app.installed, 'dist'))
    expect(dist.filter((name) => /^cli\.(cjs|d\.)/.test(name))).toEqual([])
  })

  it('bundles for browsers with neither ws nor CommonJS copies of fp-ts and io-ts', async () => {
    const entry = app.write('page.mjs', `import * as rooms from 'rx-rooms'\nglobalThis.rooms = rooms`)
    const bundle = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    })
    expect([...bundle.errors, ...bundle.warnings]).toEqual([])
    const inputs = Object.keys(bundle.metafile.inputs)
    expect(inputs.filter((file) => /node_modules\/(ws|fp-ts\/lib|io-ts\/lib)\//.test(file))).toEqual([])
    // Angular warns of each.
    expect(Object.entries(bundle.metafile.inputs).filter(([, { format }]) => format === 'cjs')).toEqual([])
  })

  it('brings no library of validators and no parser of tokens with createClient', async () => {
    const entry = app.write('small.mjs', `export { createClient } from 'rx-rooms'`)
    const bundle = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      platform: 'browser',
      format: 'esm',
      external: ['rxjs', 'fp-ts', 'io-ts', 'isomorphic-ws', 'jwt-decode'],
    })
    const [{ imports, inputs } = { imports: [], inputs: {} }] = Object.values(bundle.metafile.outputs)
    expect([...new Set(imports.map(({ path }) => path))].sort()).toEqual(['isomorphic-ws', 'rxjs'])
    expect(
      Object.keys(inputs).filter((file) => file.includes('node_modules/') && !file.includes('/rx-rooms/')),
    ).toEqual([])
    expect(bundle.outputFiles[0]?.text).not.toContain('~standard')
  })

  it.each([
    // What only `ws` reports is not loaded by pages, nor is `isomorphic-ws`, which is CommonJS for servers.
    ['a page in production', 'browser', ['production'], ['rxjs'], false],
    ['a server, also of Angular', 'node', ['production'], ['rxjs', 'ws'], true],
  ] as const)('loads for %s its own kind of sockets', async (_, platform, conditions, packages, hasDetails) => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: `export { createClient } from 'rx-rooms'`, resolveDir: app.folder },
      bundle: true,
      write: false,
      metafile: true,
      platform,
      conditions: [...conditions],
      format: 'esm',
      external: ['rxjs', 'fp-ts', 'io-ts', 'ws', 'isomorphic-ws'],
    })
    const [{ imports } = { imports: [] }] = Object.values(metafile.outputs)
    expect([...new Set(imports.map(({ path }) => path))].sort()).toEqual(packages)
    expect(outputFiles[0]?.text.includes('CERT_HAS_EXPIRED')).toBe(hasDetails)
    // Angular warns of each.
    expect(Object.values(metafile.inputs).filter(({ format }) => format === 'cjs')).toEqual([])
  })

  it('[ER3] leaves out the texts of errors under the condition production, in one copy of everything', async () => {
    const entry = app.write(
      'texts.mjs',
      BROWSER.map(
        (name) => `export * as ${name.replace('-', '_')} from 'rx-rooms${name === 'index' ? '' : `/${name}`}'`,
      ).join('\n'),
    )
    const words = ['The token source gave nothing for', 'The outbox is full', 'There is no option', 'are missing:']
    const texts = async (conditions: string[], platform: 'browser' | 'node') => {
      const { outputFiles, metafile } = await build({
        entryPoints: [entry],
        bundle: true,
        write: false,
        metafile: true,
        format: 'esm',
        platform,
        conditions,
        packages: 'bundle',
        external: ['rxjs', 'fp-ts', 'io-ts', 'ws', 'isomorphic-ws', 'jwt-decode', 'idb'],
      })
      const folders = Object.keys(metafile.inputs).map((file) => /dist\/((production|node)\/)?/.exec(file)?.[0])
      const small = await build({
        stdin: { contents: `export { createClient } from 'rx-rooms'`, resolveDir: app.folder },
        bundle: true,
        write: false,
        format: 'esm',
        platform,
        conditions,
        external: ['rxjs', 'fp-ts', 'io-ts', 'ws', 'isomorphic-ws', 'jwt-decode'],
      })
      return {
        folders: [...new Set(folders.filter((folder) => folder !== undefined))],
        hasAll: words.every((text) => outputFiles[0]?.text.includes(text)),
        hasWords: words.some((text) => small.outputFiles[0]?.text.includes(text)),
      }
    }
    expect(await texts(['production'], 'browser')).toEqual({
      folders: ['dist/production/'],
      hasAll: true,
      hasWords: false,
    })
    const full = { folders: ['dist/'], hasAll: true, hasWords: true }
    expect(await texts([], 'browser')).toEqual(full)
    expect(await texts(['development'], 'browser')).toEqual(full)
    expect(await texts(['node', 'production'], 'node')).toEqual({ ...full, folders: ['dist/node/'] })
  })

  it.each(BROWSER)('reaches no Node module from %s, and a socket from index alone', async (name) => {
    for (const file of [`${name}.js`, `${name}.cjs`]) {
      const { metafile } = await build({
        entryPoints: [join(app.installed, 'dist', file)],
        bundle: true,
        write: false,
        metafile: true,
        platform: 'node',
        packages: 'external',
        logLevel: 'error',
      })
      const reached = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))
      expect(reached.filter((path) => path.startsWith('node:') || path === 'ws')).toEqual([])
      if (name !== 'index') expect(reached).not.toContain('isomorphic-ws')
    }
  })

  it('has a command that can be executed and knows its version', () => {
    const file = join(app.installed, 'dist/cli.js')
    const { version } = JSON.parse(readFileSync(join(app.installed, 'package.json'), 'utf8')) as { version: string }
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(statSync(file).mode & 0o111).not.toBe(0)
    expect(execFileSync(file, ['--version'], { encoding: 'utf8' }).trim()).toContain(version)
    expect(app.node(file, '--help')).toContain('rx-rooms')
  })
})
