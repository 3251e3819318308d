// Evaluates specs as often as it is told: without a mutant, to see what covers what, or with one, until a spec fails.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Script } from 'node:vm'
import { expect } from 'expect'
import { ModuleMocker } from 'jest-mock'

const [, , bundle] = process.argv
const require = createRequire(import.meta.url)
const jest = new ModuleMocker(globalThis)
const parameters = 'require, module, exports, describe, it, expect, jest'
const evaluate = new Script(`(${parameters}) => {${readFileSync(bundle, 'utf8')}\n}`).runInThisContext()

/** All sources and specs anew, with a mutant switched on or none. A spec file is loaded when it is asked for. */
const world = (activeMutant) => {
  const switches = { activeMutant, mutantCoverage: { static: {}, perTest: {} } }
  globalThis.__stryker__ = switches
  let specs = []
  let path = []
  const each = (register) => (table) => (name, body) => {
    for (const row of table) register(name, () => (Array.isArray(row) ? body(...row) : body(row)))
  }
  const it = (name, test) => specs.push({ name: [...path, name].join(' '), test })
  const describe = (name, body) => {
    path = [...path, name]
    body()
    path = path.slice(0, -1)
  }
  it.each = each(it)
  describe.each = each(describe)
  const module = { exports: {} }
  evaluate(require, module, module.exports, describe, it, expect, jest)
  const files = new Map()
  const specsOf = (file) => {
    if (!files.has(file)) {
      specs = []
      module.exports[file]()
      files.set(file, specs)
    }
    return files.get(file)
  }
  return { switches, specsOf }
}

const worth = (thrown) => String(thrown?.message ?? thrown).slice(0, 300)

/** The specs of a file: what each takes, what it hits of which mutant, or why it cannot be used. */
const survey = async (file) => {
  const { switches, specsOf } = world(undefined)
  const specs = []
  let loaded = []
  try {
    loaded = specsOf(file)
  } catch (thrown) {
    specs.push({ name: 'all', failed: worth(thrown) })
  }
  for (const [index, { name, test }] of loaded.entries()) {
    switches.currentTestId = `${index}`
    const [begun, used] = [performance.now(), process.cpuUsage()]
    let failed
    try {
      await test()
    } catch (thrown) {
      failed = worth(thrown)
    }
    jest.restoreAllMocks()
    const hits = switches.mutantCoverage.perTest[index] ?? {}
    const { user, system } = process.cpuUsage(used)
    const [ms, cpuMs] = [performance.now() - begun, (user + system) / 1_000]
    specs.push({ name, index, ms, cpuMs, hits, failed })
    process.send({ beat: name })
  }
  return { file, loading: switches.mutantCoverage.static, specs }
}

const passed = async (specsOf, { file, index }) => {
  try {
    await specsOf(file)[index].test()
  } finally {
    jest.restoreAllMocks()
  }
}

/** Runs specs without a mutant as they are to judge one: those that fail. */
const rehearse = async (specs) => {
  const { specsOf } = world(undefined)
  const failed = []
  for (const spec of specs) {
    process.send({ beat: spec.key })
    await passed(specsOf, spec).catch((thrown) => failed.push({ key: spec.key, why: worth(thrown) }))
  }
  return { failed }
}

/** Runs specs with a mutant, up to the first that fails. What loops is stopped by its hits. */
const judge = async (mutant, specs) => {
  const { switches, specsOf } = world(mutant)
  for (const { key, hitLimit, ...spec } of specs) {
    process.send({ beat: key })
    switches.hitCount = 0
    switches.hitLimit = hitLimit
    try {
      await passed(specsOf, spec)
    } catch (thrown) {
      return { verdict: switches.hitCount > hitLimit ? 'looped' : 'killed', by: key, why: worth(thrown) }
    }
    if (switches.hitCount > hitLimit) return { verdict: 'looped', by: key }
  }
  return { verdict: 'survived' }
}

// What is thrown beside a spec may be what an earlier one had left: it is no verdict.
process.on('uncaughtException', () => undefined)
process.on('message', async ({ file, rehearsal, mutant, specs }) => {
  if (file) process.send(await survey(file))
  else process.send(rehearsal ? await rehearse(rehearsal) : await judge(mutant, specs))
})
