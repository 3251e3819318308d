import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { last } from '../../lib/features/history/index.js'
import { recorder } from '../../lib/testing/recorder.js'
import type { Recording } from '../../lib/testing/recording.js'
import { testSource } from '../../lib/testing/test-source.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { type Consumer, consumer, root } from '../package/packed.js'
import { admission } from '../../lib/features/room-life/admission.js'

/** A client that joins rooms with and without a past, sends, loses its link, leaves, and goes offline for a while. */
const recorded = (): Recording => {
  const there = world()
  const tape = recorder(there.network.host('ana').transport, { scheduler: there.time })
  const { scheduler: _same, ...options } = tape.options
  const client = there.client(options)
  const other = there.client()
  for (const number of [1, 2, 3]) void other.room('past', Numbers).post('message', number)
  there.time.advanceBy(100)
  const room = client.room('numbers', Numbers)
  room.join(admission({ password: 'a "quoted" one' })).subscribe()
  client
    .room('past', Numbers)
    .on('message', { from: last(2) })
    .subscribe()
  void room.post('message', 1)
  there.time.advanceBy(1_000)
  there.network.cut()
  void room.post('message', 2)
  there.time.advanceBy(5_000)
  void room.leave()
  there.time.advanceBy(1_000)
  void client.disconnect()
  void room.post('message', 3)
  there.time.advanceBy(10_000)
  void client.connect()
  there.time.advanceBy(2_000)
  const recording = tape.recording()
  there.end()
  return recording
}

/** What a runner says of the fixtures, which are tests as users of the packed library write them. */
describe('other test runners', () => {
  let app: Consumer
  beforeAll(() => {
    app = consumer()
    cpSync(join(root, 'spec/testing/fixtures'), app.folder, { recursive: true })
    cpSync(join(root, 'examples/testing'), join(app.folder, 'examples'), { recursive: true })
  }, 60_000)
  afterAll(() => app.remove())

  const run = (...args: readonly string[]): string =>
    execFileSync(process.execPath, args, {
      cwd: app.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 50_000,
      env: { ...process.env, NO_COLOR: '1' },
    })

  it('[NS10] [NS11] vitest runs a test server in real time and with its faked timers', () => {
    const said = run(join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--dir', 'vitest', '--reporter', 'json')
    expect(JSON.parse(said)).toMatchObject({ success: true, numTotalTests: 2, numPassedTests: 2 })
  }, 60_000)

  it('[NS10] [NS13] node:test runs a test server in real time and in virtual time', () => {
    const said = run('--test', '--test-reporter', 'tap', 'node/chat.test.mjs')
    expect(said).toMatch(/^# pass 2$/m)
    expect(said).toMatch(/^# fail 0$/m)
  }, 60_000)

  describe('of a recording', () => {
    const { length } = recorded().events
    const write = (runner: 'jest' | 'vitest' | 'node:test', folder: string, recording = recorded()): void => {
      mkdirSync(join(app.folder, folder), { recursive: true })
      writeFileSync(join(app.folder, folder, 'recorded.test.mjs'), testSource(recording, { runner }))
    }
    const changed = (): Recording =>
      JSON.parse(JSON.stringify(recorded()).replace('"numbers",', '"others",')) as Recording

    it('[RC7] vitest runs the test that is made of it', () => {
      expect(length).toBeGreaterThan(20)
      write('vitest', 'of-vitest')
      const said = run(join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--dir', 'of-vitest', '--reporter', 'json')
      expect(JSON.parse(said)).toMatchObject({ success: true, numTotalTests: 1, numPassedTests: 1 })
    }, 60_000)

    it('[RC7] node:test runs the test that is made of it, and fails where the client says something else', () => {
      write('node:test', 'of-node')
      expect(run('--test', '--test-reporter', 'tap', 'of-node/recorded.test.mjs')).toMatch(/^# pass 1$/m)
      write('node:test', 'of-another', changed())
      expect(() => run('--test', '--test-reporter', 'tap', 'of-another/recorded.test.mjs')).toThrow()
    }, 60_000)

    it('[RC7] jest runs the test that is made of it', () => {
      write('jest', 'of-jest')
      const jestBin = join(root, 'node_modules/jest/bin/jest.js')
      const said = run(
        '--experimental-vm-modules',
        jestBin,
        '--rootDir',
        'of-jest',
        '--testMatch',
        '**/*.test.mjs',
        '--json',
      )
      expect(JSON.parse(said)).toMatchObject({ success: true, numTotalTests: 1, numPassedTests: 1 })
    }, 60_000)
  })

  it('[TE20] vitest runs the chat of the guide', () => {
    const said = run(
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--dir',
      'examples/vitest',
      '--reporter',
      'json',
    )
    expect(JSON.parse(said)).toMatchObject({ success: true, numTotalTests: 3, numPassedTests: 3 })
  }, 60_000)

  it('[TE20] node:test runs the chat of the guide', () => {
    buildSync({
      entryPoints: [join(app.folder, 'examples/node/chat-view.test.ts')],
      outfile: join(app.folder, 'examples/node/chat-view.test.mjs'),
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    })
    const said = run('--test', '--test-reporter', 'tap', 'examples/node/chat-view.test.mjs')
    expect(said).toMatch(/^# pass 3$/m)
    expect(said).toMatch(/^# fail 0$/m)
  }, 60_000)
})
