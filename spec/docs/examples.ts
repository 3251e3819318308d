import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as globals from '@jest/globals'
import ts from 'typescript'

const root = resolve(__dirname, '../..')

/** An example of a page, below a heading. */
interface Block {
  readonly code: string
  readonly index: number
  readonly title: string
}

/** The examples of a page. */
export const blocksOf = (page: string): readonly Block[] =>
  readFileSync(join(root, 'docs', page), 'utf8')
    .split(/^## /m)
    .flatMap((section) =>
      [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => ({
        code,
        title: section.split('\n', 1)[0] ?? '',
      })),
    )
    .map((block, index) => ({ ...block, index }))

/** True for an example that is a test. */
export const isTest = ({ code }: { readonly code: string }): boolean => code.includes("from '@jest/globals'")

/** What examples import, as it is here. */
const modules: Readonly<Record<string, string>> = {
  'rx-rooms': '../../lib/index.ts',
  'rx-rooms/interceptors': '../../lib/features/interceptors/index.ts',
  'rx-rooms/events': '../../lib/features/events/index.ts',
  'rx-rooms/operators': '../../lib/operators/index.ts',
  'rx-rooms/room-life': '../../lib/features/room-life/index.ts',
  'rx-rooms/stores': '../../lib/stores/index.ts',
  'rx-rooms/testing': '../../lib/testing/index.ts',
}

/** Runs an example as the module that it is: its tests register with this runner. */
export const execute = (code: string): void => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  const load = (name: string): unknown =>
    name === '@jest/globals' ? globals : jest.requireActual(modules[name] ?? name)
  const run = Reflect.construct(Function, ['require', 'exports', outputText]) as (...given: unknown[]) => void
  run(load, {})
}
