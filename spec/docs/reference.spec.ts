import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { entriesOf } from '../setup/reference.cjs'

const root = resolve(__dirname, '../..')
const entries = entriesOf(root)
const UNCLEAR = /^(What|Whether|Who|Whom|Whose|Whoever|Whatever)\b/
/** A sentence begins with a capital or with code, and ends. */
const SENTENCE = /^[A-Z`"][^]*?[.:](\s|$)/

interface Exported {
  readonly entry: string
  readonly name: string
  readonly comment: string
}

/** The exports of all entries with their comments, as the compiler gives them to editors. */
const exportsOf = (): readonly Exported[] => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name)) as {
    config: { compilerOptions: object }
  }
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const files = entries.map(({ file }) => join(root, file))
  const program = ts.createProgram(files, { ...options, noCheck: true })
  const checker = program.getTypeChecker()
  return entries.flatMap(({ name: entry }, index) => {
    const file = program.getSourceFile(files[index] ?? '')
    const module = file && checker.getSymbolAtLocation(file)
    return (module ? checker.getExportsOfModule(module) : []).map((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return {
        entry,
        name: symbol.name,
        comment: ts.displayPartsToString(target.getDocumentationComment(checker)).trim(),
      }
    })
  })
}

describe('the reference', () => {
  const all = exportsOf()

  it('[DC31] every public export has a comment that begins with a sentence', () => {
    expect(all.length).toBeGreaterThan(500)
    const bad = all.filter(({ comment }) => !SENTENCE.test(comment) || UNCLEAR.test(comment))
    expect(bad.map(({ entry, name, comment }) => `${entry} ${name}: ${comment}`)).toEqual([])
  })

  it('[DC32] has each entry of the package, under a name of its own', () => {
    expect(entries.filter(({ file }) => file === '')).toEqual([])
    expect(new Set(entries.map(({ module }) => module)).size).toBe(entries.length)
    const found = new Set(all.map(({ entry }) => entry))
    expect(entries.filter(({ name }) => !found.has(name))).toEqual([])
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    expect(scripts['reference']).toBe('node spec/setup/reference.mjs')
  })
})
