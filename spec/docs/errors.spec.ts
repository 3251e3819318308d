import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const areas = 'auth|call|config|connection|crypto|decode|delivery|protocol|room|server|session|stream|work'
const isCode = new RegExp(`^(${areas})/[a-z0-9-]*[a-z0-9]$`)

/** The ends of codes that are made of parts, by how the code is written there. */
const madeOfParts: Readonly<Record<string, readonly string[]>> = {
  'server/directory-${name}': [...source('lib/node/files/failure.ts').matchAll(/\['([a-z]+)', '/g)]
    .map(([, end = '']) => end)
    .concat('unusable'),
  'connection/${cause}': ['aborted', 'timeout'],
  'room/commit-${cause}': ['aborted', 'timeout'],
  'server/${cause}': ['aborted', 'timeout'],
  // A code of the server under the area of the error that carries it.
  "call/${code.replaceAll('/', '-')}": [],
  "delivery/${code.replaceAll('/', '-')}": [],
  "server/${code.replaceAll('/', '-')}": [],
}

function source(path: string): string {
  return readFileSync(join(__dirname, '../..', path), 'utf8')
}

const files = (folder: string): readonly string[] =>
  readdirSync(join(__dirname, '../..', folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return path === 'lib/testing' ? [] : files(path)
    return path.endsWith('.ts') ? [path] : []
  })

/** Every code in the source, and every code that is made of parts in a way that is not known here. */
const found = (): { readonly codes: ReadonlySet<string>; readonly unknown: readonly string[] } => {
  const codes = new Set<string>()
  const unknown: string[] = []
  const visit = (node: ts.Node, file: ts.SourceFile, path: string): void => {
    if (ts.isStringLiteral(node) && isCode.test(node.text)) codes.add(node.text)
    if (ts.isTemplateExpression(node) && new RegExp(`^(${areas})/`).test(node.head.text) && !isPath(node)) {
      const written = node.getText(file).slice(1, -1)
      const ends = madeOfParts[written]
      if (!ends) unknown.push(`${path}: ${written}`)
      for (const end of ends ?? []) codes.add(written.replace(/\$\{.*\}/, end))
    }
    ts.forEachChild(node, (child) => {
      visit(child, file, path)
    })
  }
  for (const path of files('lib')) {
    const file = ts.createSourceFile(path, source(path), ts.ScriptTarget.Latest, true)
    visit(file, file, path)
  }
  return { codes, unknown }
}

/** Only what is a code as a whole: no sentence begins with an area and a slash. */
const isPath = (node: ts.TemplateExpression): boolean => /\s/.test(node.head.text)

const documented = [...source('docs/errors.md').matchAll(/^\| `([a-z]+\/[a-z0-9-]+)` \| (.+) \| (.+) \|$/gm)].map(
  ([, code = '']) => code,
)

describe('docs/errors.md', () => {
  it('[ER1] has a row for every error code of the library', () => {
    const missing = [...found().codes].filter((code) => !documented.includes(code)).sort()
    expect(
      missing.map((code) => `Add to docs/errors.md, in its section and in order: | \`${code}\` | cause | action |`),
    ).toEqual([])
  })

  it('[ER1] has no row for a code that the library does not have', () => {
    const { codes } = found()
    const left = documented.filter((code) => !codes.has(code))
    expect(left.map((code) => `Remove from docs/errors.md, or mend the code: ${code}`)).toEqual([])
  })

  it('[ER1] has each code once, in the order of the alphabet', () => {
    expect(documented).toEqual([...new Set(documented)].sort())
  })

  it('[ER1] knows every way in which a code is made of parts', () => {
    expect(found().unknown.map((where) => `Write the code as one text, or add to madeOfParts: ${where}`)).toEqual([])
  })
})
