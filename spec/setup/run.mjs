// The whole check: `npm test`. Some of it: `npm test -- lint types`. Specs by path: `npm test -- specs spec/core`.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-test-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const report = join(scratch, 'jest.json')
const bin = (name) => join('node_modules', '.bin', name)
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
const tarball = join(scratch, `${name}-${version}.tgz`)
const isPacked = () => existsSync(tarball)
const npmPack = ['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', scratch]
const stages = {
  machine: () => [
    [process.execPath, 'spec/setup/chromium.mjs'],
    [process.execPath, 'spec/setup/nginx.mjs'],
    [process.execPath, 'spec/setup/frameworks.mjs'],
    [process.execPath, 'spec/setup/otel.mjs'],
    [process.execPath, 'spec/setup/codec.mjs'],
  ],
  format: () => [[bin('oxfmt'), '--check', '.']],
  // The types too.
  lint: () => [[bin('oxlint')], [process.execPath, 'spec/setup/lint.mjs']],
  layers: () => [[bin('depcruise'), '--config', '.dependency-cruiser.cjs', 'lib']],
  types: () => [[bin('tsc'), '--noEmit', '--pretty', 'false']],
  // Packed once, for the stage `package` and for the specs that install it.
  build: () => [[bin('tsdown'), '--logLevel', 'warn'], npmPack],
  package: () => [...(isPacked() ? [] : [npmPack]), [bin('publint'), tarball, '--strict'], [bin('attw'), tarball]],
  packages: () => [[process.execPath, 'spec/setup/packages.mjs']],
  size: () => [[process.execPath, 'spec/setup/size.mjs']],
  specs: (patterns) => [[bin('jest'), '--ci', '--json', `--outputFile=${report}`, ...patterns]],
}

/** Run side by side, each one after the other. `machine` and `packages` wait for the network most of their time. */
const LANES = [
  ['machine'],
  ['packages'],
  ['lint'],
  ['build', 'package', 'size', 'layers', 'types', 'format'],
  ['specs'],
]
/** The specs start once these are done, beside the rest: some of them wait for processes, which leaves a processor free. */
const BEFORE_SPECS = ['machine', 'packages', 'build']
/** Runs only by its name, as `lint` does the same. */
const ONLY_NAMED = new Set(['types'])
/** What is said of these only if they failed. */
const QUIET = new Set(['format', 'lint', 'layers', 'build', 'package'])

const environment = () => ({
  ...process.env,
  NPM_CONFIG_LOGLEVEL: 'error',
  NO_UPDATE_NOTIFIER: '1',
  ...(isPacked() && { RX_ROOMS_TARBALL: tarball }),
})

/** Runs a command; answers its exit code and what it said, unless that is shown as it comes. */
const execute = (command, isShown) =>
  new Promise((resolve) => {
    const [file, ...args] = command
    // jest reports on stderr; its stdout repeats the JSON.
    const stdio = isShown ? ['ignore', 'ignore', 'inherit'] : ['ignore', 'pipe', 'pipe']
    const child = spawn(file, args, { stdio, env: environment() })
    const said = []
    child.stdout?.on('data', (chunk) => said.push(chunk))
    child.stderr?.on('data', (chunk) => said.push(chunk))
    child.on('error', (error) => {
      resolve({ code: 1, said: `${error.message}\n` })
    })
    child.on('close', (code) => {
      resolve({ code: code ?? 1, said: Buffer.concat(said).toString() })
    })
  })

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

const runStage = async (name, patterns) => {
  const isShown = name === 'specs'
  if (isShown) console.log(`\n=== ${name}`)
  const start = performance.now()
  let text = ''
  let failed = false
  for (const command of stages[name](patterns)) {
    const { code, said } = await execute(command, isShown)
    failed = code !== 0
    if (failed || !QUIET.has(name)) text += said
    if (failed) break
  }
  if (!isShown) console.log(`\n=== ${name}`)
  process.stdout.write(text)
  console.log(failed ? `--- ${name}: failed after ${seconds(start)}` : `--- ${name}: ok, ${seconds(start)}`)
  return !failed
}

/** Runs stages in lanes, each lane until one of its stages fails. Answers whether none did. */
const runLanes = async (lanes, patterns) => {
  const stopped = new Map()
  const done = (name) =>
    lanes.some((names) => names.includes(name)) ? new Promise((answer) => stopped.set(name, answer)) : true
  const ready = Promise.all(BEFORE_SPECS.map(done))
  const runLane = async (names) => {
    let ok = true
    for (const name of names) {
      if (ok && name === 'specs') ok = (await ready).every(Boolean)
      if (ok) ok = await runStage(name, patterns)
      stopped.get(name)?.(ok)
    }
    return ok
  }
  return (await Promise.all(lanes.map(runLane))).every(Boolean)
}

const readReport = () => {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return undefined
  }
}

/** The specs that ran. A suite that did not start, a stage that failed and a spec that did not run count as failed. */
const count = (stageFailed) => {
  const found = readReport()
  if (!found) return { passed: 0, failed: stageFailed ? 1 : 0 }
  const left = found.numPendingTests + found.numTodoTests
  if (left > 0) console.log(`${left} specs did not run: skipped or todo`)
  const failed = found.numFailedTests + found.numRuntimeErrorTestSuites + left
  return { passed: found.numPassedTests, failed: stageFailed && failed === 0 ? 1 : failed }
}

const main = async (args) => {
  const named = args.filter((arg) => arg in stages)
  const patterns = args.filter((arg) => !(arg in stages))
  if (patterns.length > 0 && !named.includes('specs')) {
    console.error(
      `Unknown: ${patterns.join(' ')}. Stages: ${Object.keys(stages).join(' ')}; after \`specs\`, arguments of jest.`,
    )
    return 2
  }
  const start = performance.now()
  const chosen = (names) => names.filter((name) => (named.length === 0 ? !ONLY_NAMED.has(name) : named.includes(name)))
  const ok = await runLanes(LANES.map(chosen), patterns)
  const { passed, failed } = count(!ok)
  console.log(`\n${ok ? 'done' : 'stopped'} after ${seconds(start)}`)
  console.log(`${passed} passed, ${failed} failed`)
  return ok && failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
