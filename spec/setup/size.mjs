// The size of what a browser loads for `rx-rooms`, without its peers: `node spec/setup/size.mjs`.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

// What it is, so that growth is noticed; what it is to become.
const BUDGET_BYTES = 54_500
const AIM_BYTES = 14_000
const PEERS = ['rxjs', 'fp-ts', 'io-ts']

const measure = async (entry) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: PEERS,
    logLevel: 'error',
  })
  const [{ contents }] = outputFiles
  const [output] = Object.values(metafile.outputs)
  return { minified: contents.length, gzip: gzipSync(contents, { level: 9 }).length, inputs: output.inputs }
}

const kB = (bytes) => `${(bytes / 1000).toFixed(2)} kB`

for (const name of ['operators', 'stores', 'testing']) {
  const { minified, gzip } = await measure(`dist/${name}.js`)
  console.log(`dist/${name}.js: ${kB(gzip)} gzip, ${kB(minified)} minified`)
}
const { minified, gzip, inputs } = await measure('dist/index.js')
console.log(
  `dist/index.js: ${kB(gzip)} gzip, ${kB(minified)} minified, budget ${kB(BUDGET_BYTES)}, aim ${kB(AIM_BYTES)}`,
)
if (process.argv.includes('--inputs')) {
  for (const [file, { bytesInOutput }] of Object.entries(inputs))
    console.log(`  ${file}: ${kB(bytesInOutput)} minified`)
}
if (gzip > BUDGET_BYTES) {
  console.error(`over the budget by ${gzip - BUDGET_BYTES} bytes`)
  process.exitCode = 1
}
