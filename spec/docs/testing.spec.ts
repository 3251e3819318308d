import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as globals from '@jest/globals'
import ts from 'typescript'

// Two weeks and herds are played here, on machines that have other work too.
jest.setTimeout(60_000)

const root = resolve(__dirname, '../..')
const blocksOf = (page: string): readonly { readonly code: string; readonly index: number }[] =>
  [...readFileSync(join(root, 'docs', page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, code = ''], index) => ({ code, index }),
  )

const blocks = blocksOf('testing.md')
const isTest = ({ code }: { readonly code: string }): boolean => code.includes("from '@jest/globals'")

/** What examples import, as it is here. */
const modules: Readonly<Record<string, string>> = {
  'rx-rooms': '../../lib/index.ts',
  'rx-rooms/events': '../../lib/features/events/index.ts',
  'rx-rooms/operators': '../../lib/operators/index.ts',
  'rx-rooms/testing': '../../lib/testing/index.ts',
}

/** Runs an example as the module that it is: its tests register with this runner. */
const execute = (code: string): void => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  const load = (name: string): unknown =>
    name === '@jest/globals' ? globals : jest.requireActual(modules[name] ?? name)
  const run = Reflect.construct(Function, ['require', 'exports', outputText]) as (...given: unknown[]) => void
  run(load, {})
}

describe('the guide to testing', () => {
  it('[TE21] has examples, and all of them run here', () => {
    expect(blocks.length).toBeGreaterThan(10)
    expect(blocks.filter((block) => !isTest(block))).toEqual([])
  })

  for (const { code, index } of blocks) {
    describe(`[TE21] example ${index + 1}`, () => {
      execute(code)
    })
  }

  for (const { code } of blocksOf('events.md').filter(isTest)) {
    describe('[TE21] [NS20] [NS21] the example of the guide to events', () => {
      execute(code)
    })
  }

  for (const { code, index } of blocksOf('observability.md').filter(isTest)) {
    describe(`[TE21] [HE20] example ${index + 1} of the guide to observability`, () => {
      execute(code)
    })
  }

  for (const { code } of blocksOf('leader.md').filter(isTest)) {
    describe('[TE21] [NS18] the example of the guide to leaders', () => {
      execute(code)
    })
  }
})
