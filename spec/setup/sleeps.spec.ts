import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(__dirname, '..', '..')
const RULE = 'local/no-sleep'

interface Sample {
  readonly file: string
  readonly text: string
}

/** The rules that each text breaks, where it would be that file. */
const lint = (samples: readonly Sample[]): readonly (readonly string[])[] =>
  JSON.parse(
    execFileSync(process.execPath, ['spec/setup/lint-texts.mjs', RULE], {
      cwd: root,
      encoding: 'utf8',
      input: JSON.stringify(samples),
    }),
  ) as readonly (readonly string[])[]

const SLEEPS: Readonly<Record<string, string>> = {
  'a timer in a promise': 'await new Promise((resolve) => setTimeout(resolve, 50))',
  'a turn of the loop': 'await new Promise((resolve) => setImmediate(resolve))',
  'a timer with another name': 'const later = setTimeout; later(() => {}, 5)',
  'an interval': 'const poll = setInterval(() => {}, 5); clearInterval(poll)',
  'a timer of the platform': 'globalThis.setTimeout(() => {}, 5)',
  'a timer of the platform by its name': "globalThis['setTimeout'](() => {}, 5)",
  'a timer of a page': 'await page.evaluate(() => new Promise((resolve) => window.setTimeout(resolve, 5)))',
  'a frame of a page': 'await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))',
  'what puppeteer had': 'await page.waitForTimeout(500)',
  'a promise of Node': "import { setTimeout as sleep } from 'node:timers/promises'; await sleep(5)",
  'a promise of Node without its scheme': "import { scheduler } from 'timers/promises'; await scheduler.yield()",
  'a promise of Node, imported late':
    "const { setTimeout: sleep } = await import('node:timers/promises'); await sleep(5)",
  'a promise of Node, required': "const { setTimeout: sleep } = require('timers/promises'); sleep(5)",
  'a timer made a promise': "import { promisify } from 'node:util'; await promisify(setTimeout)(5)",
  'a lock that nobody opens': 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)',
  'a command': "import { execSync } from 'node:child_process'; execSync('sleep 1')",
  'a command with arguments': "import { spawnSync } from 'node:child_process'; spawnSync('sleep', ['1'])",
  'a stream': "import { firstValueFrom, timer } from 'rxjs'; await firstValueFrom(timer(50))",
  'a stream that is late':
    "import { delay, lastValueFrom, of } from 'rxjs'; await lastValueFrom(of(1).pipe(delay(50)))",
  'the next tick': 'process.nextTick(() => {})',
  'a condition that is true after a while':
    "import { until } from './until.js'; const end = Date.now() + 50; await until('it is late', () => Date.now() > end)",
}

const SOUND: Readonly<Record<string, string>> = {
  'the limit of a spec': 'jest.setTimeout(60_000)',
  'faked timers': "jest.useFakeTimers({ doNotFake: ['setTimeout'] }); await jest.advanceTimersByTimeAsync(500)",
  'a sleep of virtual time': 'time.sleepFor(500); time.schedule(() => {}, 5)',
  'what is declared here': 'const setTimeout = (task) => task(); setTimeout(() => {})',
  'a stream in virtual time': "import { firstValueFrom, timer } from 'rxjs'; void firstValueFrom(timer(50, time))",
  'a condition': "import { until } from './until.js'; await until('it is so', () => true)",
}

const KINDS = ['spec/core/new.spec.ts', 'spec/support/new.ts', 'spec/setup/new.mjs', 'spec/testing/fixtures/new.mjs']

describe('sleeps in specs', () => {
  let found: ReadonlyMap<string, readonly string[]>
  beforeAll(() => {
    const file = 'spec/core/new.spec.ts'
    const timer = 'setTimeout(() => {}, 5)'
    const samples = [
      ...Object.entries({ ...SLEEPS, ...SOUND }).map(([name, text]) => ({ name, file, text })),
      ...[...KINDS, 'spec/support/until.ts'].map((name) => ({ name, file: name, text: timer })),
    ]
    const said = lint(samples)
    found = new Map(samples.map(({ name }, index) => [name, said[index] ?? []]))
  }, 120_000)

  it.each(Object.keys(SLEEPS))('are found: %s', (name) => {
    expect(new Set(found.get(name))).toEqual(new Set([RULE]))
  })

  it.each(KINDS)('are found in %s', (file) => {
    expect(found.get(file)).toEqual([RULE])
  })

  it.each([...Object.keys(SOUND), 'spec/support/until.ts'])('are not seen in what is none: %s', (name) => {
    expect(found.get(name)).toEqual([])
  })
})
