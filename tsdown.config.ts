import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type UserConfig } from 'tsdown'

const library = {
  index: 'lib/index.ts',
  operators: 'lib/operators/index.ts',
  testing: 'lib/testing/index.ts',
  history: 'lib/features/history/index.ts',
  conflation: 'lib/features/conflation/index.ts',
  signals: 'lib/features/signals/index.ts',
  observe: 'lib/features/observe/index.ts',
  bulk: 'lib/features/bulk/index.ts',
  presence: 'lib/features/presence/index.ts',
  shared: 'lib/features/shared/index.ts',
  'room-life': 'lib/features/room-life/index.ts',
  leader: 'lib/features/leader/index.ts',
  calls: 'lib/features/calls/index.ts',
  otel: 'lib/features/otel/index.ts',
  directory: 'lib/features/directory/index.ts',
  events: 'lib/features/events/index.ts',
  endpoints: 'lib/features/endpoints/index.ts',
  interceptors: 'lib/features/interceptors/index.ts',
  pool: 'lib/pool/index.ts',
  sharing: 'lib/sharing/index.ts',
  stores: 'lib/stores/index.ts',
  jwt: 'lib/token/jwt.ts',
  explain: 'lib/core/texts/explain.ts',
  server: 'lib/node/index.ts',
}

/** Shared code and helpers stay out of the entries: else `operators` would import `index`, and with it the socket. */
const apart = { experimental: { chunkOptimization: false } }

const shared: UserConfig = {
  platform: 'neutral',
  target: 'es2022',
  tsconfig: 'tsconfig.json',
  sourcemap: true,
  dts: { entry: Object.values(library), sourcemap: true },
  clean: true,
  inputOptions: apart,
  outputOptions: { codeSplitting: { groups: [{ name: 'runtime', test: /rolldown[\\/]runtime/ }] } },
  report: false,
  failOnWarn: true,
  // Dependencies and peers stay external by themselves.
  deps: { neverBundle: [/^node:/] },
}

const shortTexts = fileURLToPath(new URL('lib/core/texts/short.ts', import.meta.url))

/** Takes `name.production.ts` (or `name.node.ts`) for `name.ts` where there is one; in production also short texts of errors. */
const variants = (of: 'production' | 'node') => ({
  name: `variants-${of}`,
  resolveId: (id: string, importer?: string) => {
    if (id === '#texts' && of === 'production') return shortTexts
    if (importer === undefined || !id.startsWith('.')) return undefined
    const variant = join(dirname(importer), id.replace(/\.js$/, `.${of}.ts`))
    return existsSync(variant) ? variant : undefined
  },
})

/** The folders of every client are one chunk: each chunk repeats the imports of its peers. */
const ofEveryClient = /lib\/(core\/(?!texts|retry)|connection|kernel|outbox|rooms|client|transport\/(?!memory|network))/

/** Shorter code for pages in production. The app's bundler shortens the names, which are better left to one tool. */
const compressed: UserConfig = {
  minify: { compress: true, mangle: false, codegen: false },
  inputOptions: { ...apart, optimization: { inlineConst: { mode: 'all', pass: 3 } } },
  outputOptions: { codeSplitting: { groups: [{ name: 'client', test: ofEveryClient }] } },
}

// A pass for each format, so that it shares its chunks and the command line exists as ESM only; one for pages in
// production, whose errors have no words and which load no code for other platforms; and one for Node. Each is chosen by
// its condition in `exports` of package.json.
export default defineConfig([
  { ...shared, format: 'esm', entry: { ...library, cli: 'lib/cli/main.ts' } },
  { ...shared, format: 'cjs', entry: library },
  ...(['production', 'node'] as const).map((of): UserConfig => ({
    ...shared,
    format: 'esm',
    entry: library,
    outDir: `dist/${of}`,
    dts: false,
    plugins: [variants(of)],
    ...(of === 'production' && compressed),
  })),
])
