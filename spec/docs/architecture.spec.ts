import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'

const root = resolve(__dirname, '../..')
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')

/** The files of the page's example, by their paths in the repository. */
const files = new Map(
  [...page.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm)].map(([, path = '', code = '']) => [path, code]),
)
const loaded = new Map<string, object>()

/** Loads a file of the example, with its imports: files of the example, of the repository, and packages. */
const load = (path: string): object => {
  const known = loaded.get(path)
  if (known) return known
  const { outputText } = ts.transpileModule(files.get(path) ?? '', {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  const exported = {}
  loaded.set(path, exported)
  const find = (name: string): unknown => {
    if (!name.startsWith('.')) return jest.requireActual(name)
    const file = relative(root, resolve(root, dirname(path), name)).replace(/\.js$/, '.ts')
    return files.has(file) ? load(file) : jest.requireActual(join(root, file))
  }
  const run = Reflect.construct(Function, ['require', 'exports', outputText]) as (...given: unknown[]) => void
  run(find, exported)
  return exported
}

it('[DC22] the page names files that exist', () => {
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  const named = [...page.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([\w./-]+\.(?:[cm]?js|ts|json|md))`/g)]
  const missing = named
    .map(([, name = '']) => name)
    .filter((name) => !existsSync(join(root, name)) && !existsSync(join(root, 'docs', name)))
    .filter((name) => !sources.some((path) => path === name || path.endsWith(`/${name}`)))
  expect(missing).toEqual([])
  expect(named.length).toBeGreaterThan(50)
})

describe('[DC21] the worked example of a feature', () => {
  it('has a feature, its entry and a spec', () => {
    expect([...files.keys()]).toEqual([
      'lib/features/typing/typing.ts',
      'lib/features/typing/index.ts',
      'spec/features/typing.spec.ts',
    ])
  })

  load('spec/features/typing.spec.ts')
})
