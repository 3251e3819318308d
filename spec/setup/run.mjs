// The whole check: `npm test`. Some of it: `npm test -- lint types`. Specs by path: `npm test -- specs spec/core`.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-test-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const report = join(scratch, 'jest.json')
const bin = (name) => join('node_modules', '.bin', name)
const tarball = () => join(scratch, readdirSync(scratch).find((name) => name.endsWith('.tgz')) ?? 'missing.tgz')

const npmPack = ['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', scratch]
const stages = {
  machine: () => [[process.execPath, 'spec/setup/chromium.mjs']],
  format: () => [[bin('prettier'), '--check', '--log-level', 'warn', '.']],
  lint: () => [[bin('eslint'), '--max-warnings', '0', '.']],
  layers: () => [[bin('depcruise'), '--config', '.dependency-cruiser.cjs', 'lib']],
  types: () => [[bin('tsc'), '--noEmit', '--pretty', 'false']],
  build: () => [[bin('tsdown'), '--logLevel', 'warn']],
  package: () => [npmPack, [bin('publint'), tarball, '--strict'], [bin('attw'), tarball, '--profile', 'node16']],
  size: () => [[process.execPath, 'spec/setup/size.mjs']],
  specs: (patterns) => [[bin('jest'), '--ci', '--json', `--outputFile=${report}`, ...patterns]],
}

const QUIET = new Set(['layers', 'build', 'package'])

const environment = {
  ...process.env,
  NPM_CONFIG_LOGLEVEL: 'error',
  NO_UPDATE_NOTIFIER: '1',
}

/** Runs a command; of a quiet one, what it said is shown only if it failed. */
const execute = (command, isQuiet) =>
  new Promise((resolve) => {
    const [file, ...args] = command.map((part) => (typeof part === 'function' ? part() : part))
    // jest reports on stderr; its stdout repeats the JSON.
    const isJest = args.includes('--json')
    const stdout = isJest ? 'ignore' : isQuiet ? 'pipe' : 'inherit'
    const child = spawn(file, args, { stdio: ['ignore', stdout, isQuiet ? 'pipe' : 'inherit'], env: environment })
    const said = []
    child.stdout?.on('data', (chunk) => said.push(chunk))
    child.stderr?.on('data', (chunk) => said.push(chunk))
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('close', (code) => {
      if (code !== 0 && isQuiet) process.stdout.write(Buffer.concat(said))
      resolve(code ?? 1)
    })
  })

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

const runStage = async (name, patterns) => {
  console.log(`\n=== ${name}`)
  const start = performance.now()
  for (const command of stages[name](patterns)) {
    if ((await execute(command, QUIET.has(name))) !== 0) {
      console.log(`--- ${name}: failed after ${seconds(start)}`)
      return false
    }
  }
  console.log(`--- ${name}: ok, ${seconds(start)}`)
  return true
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
  let ok = true
  for (const name of named.length > 0
    ? Object.keys(stages).filter((name) => named.includes(name))
    : Object.keys(stages)) {
    ok = ok && (await runStage(name, patterns))
  }
  const { passed, failed } = count(!ok)
  console.log(`\n${ok ? 'done' : 'stopped'} after ${seconds(start)}`)
  console.log(`${passed} passed, ${failed} failed`)
  return ok && failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
