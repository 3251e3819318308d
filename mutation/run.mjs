// Mutation testing, by hand: `npm run mutation`, or `npm run mutation -- token rooms`. Mutants of a folder of lib/ are run
// against the specs of that folder, in a process that evaluates mutant and specs anew each time: a mutant takes as long as
// its first failing spec.
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { build } from 'esbuild'

const FOLDERS = ['core', 'connection', 'token', 'rooms']
/** Specs that take long, and whose subject others show too. */
const SLOW = /herd|walk/
const WORKERS = 2

const root = resolve(import.meta.dirname, '..')
const cache = mkdtempSync(join(tmpdir(), 'rx-rooms-mutation-'))
process.on('exit', () => rmSync(cache, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))

const filesOf = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))

const quiet = new Proxy({}, { get: (_, name) => (name.startsWith('is') ? () => false : () => undefined) })

/** Copies sources and specs, with every mutant of the folder in its place behind a switch. */
const instrumented = async (folder) => {
  rmSync(cache, { recursive: true, force: true })
  const files = [...filesOf('lib'), ...filesOf('spec')].map((name) => ({
    name,
    mutate: name.startsWith(`lib/${folder}/`),
    content: readFileSync(join(root, name), 'utf8'),
  }))
  const options = { plugins: null, excludedMutations: [], ignorers: [] }
  const mutated = files.filter(({ mutate }) => mutate)
  const { files: made, mutants } = await new Instrumenter(quiet).instrument(mutated, options)
  for (const { name, content } of [...files.filter(({ mutate }) => !mutate), ...made]) {
    mkdirSync(dirname(join(cache, name)), { recursive: true })
    writeFileSync(join(cache, name), content)
  }
  return mutants
}

/** The specs of a folder and all that they need of lib/, as one script. */
const bundled = async (folder) => {
  const specs = filesOf(`spec/${folder}`).filter((name) => name.endsWith('.spec.ts') && !SLOW.test(name))
  const { outputFiles } = await build({
    stdin: { contents: specs.map((name) => `import './${name}'`).join('\n'), resolveDir: cache },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    external: ['#fp/*'],
    // The specs are imported for what they do.
    ignoreAnnotations: true,
    logLevel: 'error',
  })
  const file = join(cache, 'specs.cjs')
  writeFileSync(file, outputFiles[0].text)
  return file
}

/** Runs mutants in workers; one that hangs is ended with its worker. Answers who said what of whom. */
const judged = (bundle, ids, workers, timeoutMs, told) => {
  const queue = [...ids]
  const verdicts = new Map()
  const work = () =>
    new Promise((done) => {
      let worker
      let timer
      let current
      const start = () => {
        worker = fork(join(import.meta.dirname, 'worker.mjs'), [bundle], { stdio: 'ignore' })
        worker.on('message', settle)
        worker.once('exit', () => settle({ verdict: 'timeout' }))
        next()
      }
      const next = () => {
        if (queue.length === 0) {
          worker.removeAllListeners()
          worker.kill()
          done()
          return
        }
        current = queue.shift()
        timer = setTimeout(() => worker.kill('SIGKILL'), timeoutMs)
        worker.send({ id: current })
      }
      const settle = ({ verdict, by }) => {
        clearTimeout(timer)
        verdicts.set(current, verdict)
        told({ count: verdicts.size, verdict, by })
        if (verdict === 'timeout') start()
        else next()
      }
      start()
    })
  return Promise.all(Array.from({ length: workers }, work)).then(() => verdicts)
}

const line = (text) => text.replaceAll(/\s+/g, ' ').slice(0, 90)

const run = async (folder) => {
  const mutants = await instrumented(folder)
  const bundle = await bundled(folder)
  const begun = performance.now()
  await judged(bundle, [undefined], 1, 120_000, ({ verdict, by }) => {
    if (verdict !== 'survived') throw new Error(`the specs fail without a mutant: ${by ?? verdict}`)
  })
  const timeoutMs = 2_000 + 4 * (performance.now() - begun)
  const ids = mutants.map(({ id }) => id)
  const verdicts = await judged(bundle, ids, WORKERS, timeoutMs, ({ count }) => {
    if (count % 50 === 0) console.log(`${folder}: ${count} of ${mutants.length}`)
  })
  const survivors = mutants.filter(({ id }) => verdicts.get(id) === 'survived')
  for (const { fileName, location, mutatorName, replacement } of survivors)
    console.log(
      `${fileName}:${location.start.line + 1}:${location.start.column + 1} ${mutatorName}: ${line(replacement)}`,
    )
  const killed = mutants.length - survivors.length
  console.log(`${folder}: ${killed} of ${mutants.length} killed, ${((100 * killed) / mutants.length).toFixed(1)} %`)
}

const asked = process.argv.slice(2)
const unknown = asked.filter((folder) => !FOLDERS.includes(folder))
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(' ')}. Folders: ${FOLDERS.join(' ')}.`)
  process.exit(2)
}
for (const folder of asked.length > 0 ? asked : FOLDERS) await run(folder)
