// Evaluates the specs with one mutant switched on, as often as it is told, and says whether one of them failed.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Script } from 'node:vm'
import { expect } from 'expect'

const [, , bundle] = process.argv
const require = createRequire(import.meta.url)
const script = new Script(`(require, module, exports, describe, it, expect) => {${readFileSync(bundle, 'utf8')}\n}`)
const evaluate = script.runInThisContext()

/** What the specs register, in order. */
const collected = () => {
  const specs = []
  const it = (name, test) => specs.push({ name, test })
  const describe = (_, body) => body()
  it.each = (table) => (name, test) => {
    for (const row of table) specs.push({ name, test: () => (Array.isArray(row) ? test(...row) : test(row)) })
  }
  evaluate(require, { exports: {} }, {}, describe, it, expect)
  return specs
}

const judge = async () => {
  try {
    for (const { name, test } of collected()) {
      try {
        await test()
      } catch (thrown) {
        return { verdict: 'killed', by: `${name}: ${String(thrown?.message).slice(0, 300)}` }
      }
    }
    return { verdict: 'survived' }
  } catch (thrown) {
    return { verdict: 'killed', by: String(thrown?.message) }
  }
}

// What is thrown beside a spec ends the process, which counts as found.
process.on('uncaughtException', () => process.exit(1))
process.on('message', ({ id }) => {
  globalThis.__stryker__ = { activeMutant: id }
  judge().then((told) => process.send(told))
})
