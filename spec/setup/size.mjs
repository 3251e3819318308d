// The size of what an app in production loads of rx-rooms, by what it imports, without rxjs, fp-ts and io-ts:
// `node spec/setup/size.mjs`.
// `--write` writes the table of README.md, `--inputs` lists the parts of each set.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const PEERS = ['rxjs', 'fp-ts', 'io-ts']
const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = `${root}README.md`

/** The size that `createClient` is to have. */
const AIM_BYTES = 26_000

/** Each set of imports: names by entry, beside `createClient` of `rx-rooms`, and the budget in bytes. */
const SETS = [
  { imports: {}, budget: 29_700 },
  { imports: { 'rx-rooms': ['tokens'] }, budget: 32_800 },
  { imports: { 'rx-rooms': ['contract'] }, budget: 32_300 },
  { imports: { 'rx-rooms': ['anything'] }, budget: 30_800 },
  { imports: { 'rx-rooms': '*' }, budget: 36_800 },
  { imports: { 'rx-rooms/history': ['history'] }, budget: 32_000 },
  { imports: { 'rx-rooms/history': ['last'] }, budget: 35_500 },
  { imports: { 'rx-rooms/history': '*' }, budget: 37_900 },
  { imports: { 'rx-rooms/signals': '*' }, budget: 30_700 },
  { imports: { 'rx-rooms/conflation': '*' }, budget: 30_300 },
  { imports: { 'rx-rooms/observe': ['metrics'] }, budget: 30_500 },
  { imports: { 'rx-rooms/observe': ['health'] }, budget: 31_200 },
  { imports: { 'rx-rooms/observe': '*' }, budget: 32_500 },
  { imports: { 'rx-rooms/bulk': '*' }, budget: 30_400 },
  { imports: { 'rx-rooms/presence': ['presence'] }, budget: 35_200 },
  { imports: { 'rx-rooms/presence': '*' }, budget: 36_900 },
  { imports: { 'rx-rooms/shared': '*' }, budget: 35_500 },
  { imports: { 'rx-rooms/room-life': '*' }, budget: 34_600 },
  { imports: { 'rx-rooms/leader': '*' }, budget: 33_200 },
  { imports: { 'rx-rooms/otel': ['tracing'] }, budget: 31_100 },
  { imports: { 'rx-rooms/calls': ['calls'] }, budget: 33_300 },
  { imports: { 'rx-rooms/calls': '*' }, budget: 41_000 },
  { imports: { 'rx-rooms/directory': '*' }, budget: 34_100 },
  { imports: { 'rx-rooms/events': '*' }, budget: 30_500 },
  { imports: { 'rx-rooms/endpoints': '*' }, budget: 33_300 },
  { imports: { 'rx-rooms/pool': '*' }, budget: 46_200 },
  { imports: { 'rx-rooms/sharing': '*' }, budget: 31_500 },
  { imports: { 'rx-rooms/interceptors': '*' }, budget: 30_500 },
  { imports: { 'rx-rooms/jwt': '*' }, budget: 30_400 },
  { imports: { 'rx-rooms/explain': '*' }, budget: 37_800 },
  { imports: { 'rx-rooms/operators': '*' }, budget: 32_100 },
  { imports: { 'rx-rooms/stores': '*' }, budget: 40_800 },
]

const statement = (entry, names) =>
  names === '*'
    ? `export * as ${entry.replace(/\W/g, '_')} from '${entry}'`
    : `export { ${names.join(', ')} } from '${entry}'`

const measure = async (imports) => {
  const contents = [['rx-rooms', ['createClient']], ...Object.entries(imports)].map(([entry, names]) =>
    statement(entry, names),
  )
  const { outputFiles, metafile } = await build({
    stdin: { contents: contents.join('\n'), resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: PEERS,
    conditions: ['production'],
    // The built package, not its sources.
    tsconfigRaw: {},
    logLevel: 'error',
  })
  const [{ contents: code }] = outputFiles
  const [{ inputs }] = Object.values(metafile.outputs)
  return { minified: code.length, gzip: gzipSync(code, { level: 9 }).length, inputs }
}

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

const nameOf = (imports) => {
  const [entry, names] = Object.entries(imports)[0] ?? []
  if (entry === undefined) return '`createClient`'
  if (names === '*') return `+ all of \`${entry}\``
  const of = entry === 'rx-rooms' ? '' : ` of \`${entry}\``
  return names.map((name) => `+ \`${name}\`${of}`).join(', ')
}

const rows = []
for (const { imports, budget } of SETS) {
  const { minified, gzip, inputs } = await measure(imports)
  rows.push([nameOf(imports), kB(gzip), kB(minified), kB(budget)])
  if (gzip > budget) {
    console.error(`${nameOf(imports)}: over the budget by ${gzip - budget} bytes`)
    process.exitCode = 1
  }
  if (process.argv.includes('--inputs'))
    for (const [file, { bytesInOutput }] of Object.entries(inputs))
      console.log(`  ${file}: ${kB(bytesInOutput)} minified`)
}

const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column].length)))
for (const row of rows) {
  const [name, gzip, minified, budget] = row.map((cell, column) => cell.padEnd(widths[column]))
  console.log(`${name}  ${gzip} gzip, ${minified} minified, budget ${budget}`)
}
console.log(`aim of createClient: ${kB(AIM_BYTES)}`)

// README.md gives the budgets: they change less often than the sizes.
const table = [
  '| an app that imports | loads at most |',
  '|---|---|',
  ...rows.map(([name, , , budget]) => `| ${name} | ${budget} |`),
].join('\n')
const text = readFileSync(readme, 'utf8')
const fresh = text.replace(/(<!-- sizes -->\n\n)[^]*?(\n\n<!-- end of the sizes -->)/, `$1${table}$2`)
if (process.argv.includes('--write')) writeFileSync(readme, fresh)
else if (fresh !== text || !text.includes(table)) {
  console.error('README.md has another table of sizes: node spec/setup/size.mjs --write')
  process.exitCode = 1
}
