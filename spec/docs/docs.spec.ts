import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'

const root = resolve(__dirname, '../..')
const frameworks = join(__dirname, 'frameworks/node_modules')

interface Fence {
  /** What follows the three backticks. */
  readonly info: string
  /** The line of the opening backticks, counted from 1. */
  readonly line: number
  readonly document: string
  readonly code: string
}

const documents = [
  'README.md',
  ...(existsSync(join(root, 'docs'))
    ? readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.md'))
        .map((name) => join('docs', name))
        .sort()
    : []),
].filter((name) => existsSync(join(root, name)))

const fencesOf = (document: string): Fence[] => {
  const fences: Fence[] = []
  let open: { readonly info: string; readonly line: number; readonly mark: string; readonly code: string[] } | undefined
  for (const [index, text] of readFileSync(join(root, document), 'utf8').split('\n').entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text)
    if (open === undefined) {
      if (fence) open = { info: fence[2] ?? '', line: index + 1, mark: fence[1] ?? '', code: [] }
    } else if (fence?.[1]?.startsWith(open.mark) && fence[2] === '') {
      fences.push({ info: open.info, line: open.line, document, code: open.code.join('\n') })
      open = undefined
    } else open.code.push(text)
  }
  return fences
}

const fences = documents.flatMap(fencesOf)
const isTypeScript = ({ info }: Fence): boolean => /^(ts|tsx|mts|cts|typescript)\b/i.test(info)
const isChecked = ({ info }: Fence): boolean => info === 'ts'

/**
 * A file that exists in memory only, with the line numbers of its document: the file of the repository, or beside the
 * document, that its first line names, or one of its own.
 */
const fileOf = ({ document, line, code }: Fence): string => {
  const named = /^\/\/ (\S+\.ts)\b/.exec(code.split('\n', 1)[0] ?? '')?.[1]
  if (named === undefined) return join(root, `${document}.${String(line)}.ts`)
  return named.includes('/') ? join(root, named) : join(root, dirname(document), named)
}
const textOf = ({ line, code }: Fence): string => '\n'.repeat(line) + code

const options = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name)) as {
    config: { compilerOptions: object }
  }
  const converted = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  return {
    ...converted.options,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noUnusedLocals: false,
    noUnusedParameters: false,
    types: [join(root, 'node_modules/@types/node'), join(root, 'node_modules/@types/jest')],
    paths: {
      '#fp/Either': [join(root, 'lib/core/either.ts')],
      '#texts': [join(root, 'lib/core/texts/full.ts')],
      'rx-rooms': [join(root, 'lib/index.ts')],
      'rx-rooms/history': [join(root, 'lib/features/history/index.ts')],
      'rx-rooms/conflation': [join(root, 'lib/features/conflation/index.ts')],
      'rx-rooms/signals': [join(root, 'lib/features/signals/index.ts')],
      'rx-rooms/observe': [join(root, 'lib/features/observe/index.ts')],
      'rx-rooms/bulk': [join(root, 'lib/features/bulk/index.ts')],
      'rx-rooms/room-life': [join(root, 'lib/features/room-life/index.ts')],
      'rx-rooms/presence': [join(root, 'lib/features/presence/index.ts')],
      'rx-rooms/shared': [join(root, 'lib/features/shared/index.ts')],
      'rx-rooms/leader': [join(root, 'lib/features/leader/index.ts')],
      'rx-rooms/calls': [join(root, 'lib/features/calls/index.ts')],
      'rx-rooms/events': [join(root, 'lib/features/events/index.ts')],
      'rx-rooms/endpoints': [join(root, 'lib/features/endpoints/index.ts')],
      'rx-rooms/pool': [join(root, 'lib/pool/index.ts')],
      'rx-rooms/sharing': [join(root, 'lib/sharing/index.ts')],
      'rx-rooms/interceptors': [join(root, 'lib/features/interceptors/index.ts')],
      'rx-rooms/otel': [join(root, 'lib/features/otel/index.ts')],
      'rx-rooms/directory': [join(root, 'lib/features/directory/index.ts')],
      'rx-rooms/stores': [join(root, 'lib/stores/index.ts')],
      'rx-rooms/operators': [join(root, 'lib/operators/index.ts')],
      'rx-rooms/testing': [join(root, 'lib/testing/index.ts')],
      'rx-rooms/jwt': [join(root, 'lib/token/jwt.ts')],
      'rx-rooms/explain': [join(root, 'lib/core/texts/explain.ts')],
      'rx-rooms/server': [join(root, 'lib/node/index.ts')],
      express: [join(frameworks, '@types/express')],
      fastify: [join(frameworks, 'fastify')],
      '@opentelemetry/api': [join(root, 'spec/otel/sdk/node_modules/@opentelemetry/api')],
    },
  }
}

/** The compiler's complaints about all fences, by the file of the fence. */
const check = (checked: readonly Fence[]): Map<string, string[]> => {
  const texts = new Map(checked.map((fence) => [fileOf(fence), textOf(fence)]))
  const settings = options()
  const host = ts.createCompilerHost(settings)
  const folders = new Set([...texts.keys()].map((name) => dirname(name)))
  const { getSourceFile, fileExists, readFile, directoryExists } = host
  host.directoryExists = (name) => folders.has(name) || directoryExists?.call(host, name) === true
  host.fileExists = (name) => texts.has(name) || fileExists.call(host, name)
  host.readFile = (name) => texts.get(name) ?? readFile.call(host, name)
  host.getSourceFile = (name, language, ...rest) => {
    const text = texts.get(name)
    return text === undefined
      ? getSourceFile.call(host, name, language, ...rest)
      : ts.createSourceFile(name, text, language, true)
  }
  const program = ts.createProgram([...texts.keys()], settings, host)
  const found = new Map<string, string[]>()
  for (const name of texts.keys()) {
    const file = program.getSourceFile(name)
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    found.set(
      name,
      diagnostics.map(({ start, messageText }) => {
        const line = (file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0) + 1
        return `line ${String(line)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      }),
    )
  }
  return found
}

describe('the documents', () => {
  let complaints = new Map<string, string[]>()
  beforeAll(() => {
    complaints = check(fences.filter(isChecked))
  }, 120_000)

  it('leave no TypeScript unchecked', () => {
    const loose = fences.filter((fence) => isTypeScript(fence) && !isChecked(fence))
    expect(loose.map(({ document, line, info }) => `${document}:${String(line)}: ${info}`)).toEqual([])
  })

  for (const document of documents) {
    it(`compile as they stand: ${document}`, () => {
      const found = fences
        .filter((fence) => fence.document === document && isChecked(fence))
        .flatMap((fence) => complaints.get(fileOf(fence)) ?? ['was not checked'])
      expect(found).toEqual([])
    })
  }
})
