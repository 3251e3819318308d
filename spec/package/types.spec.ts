import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { type Consumer, consumer, root } from './packed.js'

const ALLOWED = /^(\.\/|rxjs$|rxjs\/testing$|fp-ts\/lib\/\w+\.js$|io-ts$|@standard-schema\/spec$)/
const ALLOWED_IN_SERVER = /^node:(https?|net|tls|stream|buffer|events)$/

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  // The compiler's own libraries are not ours to check.
  skipDefaultLibCheck: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
} satisfies ts.CompilerOptions
const NODE = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
const BUNDLER = { module: ts.ModuleKind.Preserve, moduleResolution: ts.ModuleResolutionKind.Bundler }
const WEB = { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [] }
const SERVER = { lib: ['lib.es2022.d.ts'], types: ['node'] }

const PAGE = `
import { anything, contract, createClient, type Client, type TokenProvider } from 'rx-rooms'
import * as operators from 'rx-rooms/operators'
import { explain } from 'rx-rooms/explain'
import { jwt } from 'rx-rooms/jwt'
import * as stores from 'rx-rooms/stores'
import * as testing from 'rx-rooms/testing'
import { cached, history, last, stored } from 'rx-rooms/history'
import { latestBy } from 'rx-rooms/conflation'
import { signals } from 'rx-rooms/signals'
import * as observe from 'rx-rooms/observe'
import { manyRooms } from 'rx-rooms/bulk'
export const client: Client = createClient({ url: 'wss://rooms.example.com' })
export const used = [contract, explain, jwt(() => 'token'), operators, stores, testing, observe]
// @ts-expect-error: url is a text
createClient({ url: 1 })
// [RT14] An option that is undefined is not given.
const token: TokenProvider | undefined = undefined as TokenProvider | undefined
const ms: number | undefined = undefined as number | undefined
createClient({ url: 'wss://rooms.example.com', token, settleMs: ms, backoff: { floorMs: ms }, hints$: undefined })
  .room('lobby', anything)
  .send('message', 1, { withinMs: ms })
const lobby = client.room('lobby', anything).with(history, cached(50), signals)
lobby.on('message', { from: last(50, { window: ms }), policy: latestBy(({ id }) => id, { everyMs: ms }) })
lobby.messages({ from: stored({ commit: undefined, window: ms }) })
lobby.signal('typing', 1)
manyRooms(client, ['a', 'b'], anything).messages({ from: undefined, policy: undefined })
operators.retryLeft({ count: ms, floorMs: ms })
`
const SERVICE = `${PAGE}
import * as server from 'rx-rooms/server'
export const serve: Function = server.serve
server.serve({ port: ms, limits: { rooms: ms } })
`

describe('the declarations of the packed library', () => {
  let app: Consumer
  beforeAll(() => {
    app = consumer()
  }, 60_000)
  afterAll(() => app.remove())

  const declarations = (): ts.SourceFile[] =>
    readdirSync(join(app.installed, 'dist'))
      .filter((name) => /\.d\.c?ts$/.test(name))
      .map((name) =>
        ts.createSourceFile(
          name,
          readFileSync(join(app.installed, 'dist', name), 'utf8'),
          ts.ScriptTarget.ES2022,
          true,
        ),
      )

  const compiled = (file: string, text: string, options: ts.CompilerOptions) => {
    const written = app.write(file, text)
    const types = options.types?.map((name) => join(root, 'node_modules/@types', name)) ?? []
    const program = ts.createProgram([written], { ...STRICT, ...options, types })
    // Those of other packages are not ours to check either: they take most of the time.
    const own = program.getSourceFiles().filter(({ fileName }) => !/node_modules\/(?!rx-rooms\/)/.test(fileName))
    const messages = own
      .flatMap((each) => ts.getPreEmitDiagnostics(program, each))
      .map(({ file: at, messageText }) => {
        return `${at?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      })
    expect(own.length).toBeGreaterThan(20)
    const named = program.getSourceFiles().flatMap(({ fileName }) => /@types\/[^/]+/.exec(fileName) ?? [])
    return { messages, typePackages: [...new Set(named)] }
  }

  it('name only packages that every consumer has', () => {
    const strange = declarations().flatMap((file) =>
      ts
        .preProcessFile(file.text)
        .importedFiles.map(({ fileName }) => fileName)
        .filter((name) => !ALLOWED.test(name) && !(file.fileName.startsWith('server') && ALLOWED_IN_SERVER.test(name)))
        .map((name) => `${file.fileName}: ${name}`),
    )
    expect(strange).toEqual([])
  })

  it('contain no #fp and no any', () => {
    const found: string[] = []
    for (const file of declarations()) {
      if (file.text.includes('#fp')) found.push(`${file.fileName}: #fp`)
      const visit = (node: ts.Node): void => {
        if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${file.fileName}: ${node.parent.getText()}`)
        ts.forEachChild(node, visit)
      }
      visit(file)
    }
    expect(found).toEqual([])
  })

  it('[RT14] are found by every way to resolve modules', () => {
    const subpaths = Object.keys(
      (JSON.parse(readFileSync(join(app.installed, 'package.json'), 'utf8')) as { exports: object }).exports,
    ).filter((path) => path !== './package.json')
    expect(subpaths).toHaveLength(24)
    for (const kind of ['Node10', 'Node16', 'NodeNext', 'Bundler'])
      for (const path of subpaths) {
        const moduleResolution = Reflect.get(ts.ModuleResolutionKind, kind) as ts.ModuleResolutionKind
        const options: ts.CompilerOptions = { ...(kind === 'Bundler' ? BUNDLER : NODE), moduleResolution }
        const { resolvedModule } = ts.resolveModuleName(
          path.replace('.', 'rx-rooms'),
          join(app.folder, 'app.ts'),
          options,
          ts.sys,
        )
        expect([path, kind, resolvedModule?.extension]).toEqual([path, kind, expect.stringMatching(/^\.d\.c?ts$/)])
      }
  })

  it.each([
    ['a page with a bundler', 'page.ts', PAGE, { ...BUNDLER, ...WEB }],
    ['an ESM service', 'service.mts', SERVICE, { ...NODE, ...SERVER }],
    ['a CommonJS service', 'service.cts', SERVICE, { ...NODE, ...SERVER }],
  ])(
    '[RT17] compile without skipLibCheck in %s',
    (_name, file, text, options) => {
      const { messages, typePackages } = compiled(file, text, options)
      expect(messages).toEqual([])
      expect(typePackages).toEqual(options.types.map((name) => `@types/${name}`))
    },
    60_000,
  )

  it('[RT17] of the server alone need the types of Node', () => {
    const { messages } = compiled('untyped.mts', SERVICE, { ...NODE, ...WEB })
    expect(messages).toEqual([expect.stringMatching(/\/dist\/server\.d\.ts: Cannot find .*'node:http'/)])
  }, 60_000)
})
