import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type Consumer, consumer, root } from '../package/packed.js'

/** What a runner says of the fixtures, which are tests as users of the packed library write them. */
describe('other test runners', () => {
  let app: Consumer
  beforeAll(() => {
    app = consumer()
    cpSync(join(root, 'spec/testing/fixtures'), app.folder, { recursive: true })
  }, 60_000)
  afterAll(() => app.remove())

  const run = (...args: readonly string[]): string =>
    execFileSync(process.execPath, args, {
      cwd: app.folder,
      encoding: 'utf8',
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
})
