import { type Consumer, consumer } from './packed.js'

/** Suites of the packed library under the runner of Node, which knows nothing of jest. */
const SUITES = `
import { describe, it } from 'node:test'
import { codecSuite, engineSuite, jsonCodec, memoryEngine, tokenSourceSuite } from 'rx-rooms/testing'

const all = (name, suite) => describe(name, () => { for (const { name, run } of suite) it(name, run) })
all('engine', engineSuite(({ messages }) => ({ engine: memoryEngine({ messages }) })))
all('codec', codecSuite(jsonCodec))
all('codec that drops absence', codecSuite({ ...jsonCodec, payload: (raw) => jsonCodec.payload(raw) ?? null }))
let count = 0
all('token source', tokenSourceSuite(() => ({ source: () => 'token ' + ++count }), { refreshes: true }))
`

describe('the suites of the packed library, under node:test', () => {
  let app: Consumer
  beforeAll(() => {
    app = consumer()
  }, 120_000)
  afterAll(() => app.remove())

  const report = (file: string): string => {
    try {
      return app.node('--test', '--test-reporter=tap', file)
    } catch (failed) {
      return (failed as { readonly stdout: string }).stdout
    }
  }

  it('[CF1] pass what is sound and fail what is not, in words of their own', () => {
    const text = report(app.write('suites.test.mjs', SUITES))
    const lines = text.split('\n').map((line) => line.trim())
    const of = (form: RegExp): readonly string[] => lines.filter((line) => form.test(line))
    expect(of(/^ok \d+ - \[EN\d+\]/).length).toBeGreaterThan(25)
    expect(of(/^ok \d+ - \[TK\d+\]/).length).toBeGreaterThan(3)
    expect(of(/^ok \d+ - (engine|codec|token source)$/)).toHaveLength(3)
    expect(of(/^not ok \d+ - codec that drops absence$/)).toHaveLength(1)
    expect(of(/^not ok \d+ - \[PR18\] brings any payload back, from sender to receiver/)).toHaveLength(1)
    expect(text).toMatch(/error: .*expected .*undefined.*got .*null/s)
  }, 60_000)
})
