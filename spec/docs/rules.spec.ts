import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(__dirname, '..', '..')

const files = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() && !entry.parentPath.includes('node_modules') && /\.(spec|types|suite)?\.?ts$/.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name))

/** Ids at the beginning of a line of a rule list. */
const ruled = new Map<string, string>()
const doubled: string[] = []
for (const page of ['docs/behaviour.md', 'docs/protocol.md', 'docs/cli.md']) {
  for (const [, rule] of readFileSync(join(root, page), 'utf8').matchAll(/^- \*\*([A-Z]{1,2}\d+)\*\*/gm)) {
    if (!rule) continue
    if (ruled.has(rule)) doubled.push(`${rule} in ${page} and ${ruled.get(rule)}`)
    ruled.set(rule, page)
  }
}

/** Ids in brackets, as they begin the names of specs, and of the cases that specs run. */
const named = new Map<string, string>()
for (const file of [...files(join(root, 'spec')), ...files(join(root, 'lib/testing/conformance'))]) {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!file.endsWith('.types.ts') && !/['"`]/.test(line)) continue
    for (const [, rule] of line.matchAll(/\[([A-Z]{1,2}\d+)\]/g)) if (rule) named.set(rule, file.slice(root.length + 1))
  }
}

describe('rules and specs', () => {
  it('names each rule once', () => {
    expect(doubled).toEqual([])
    expect(ruled.size).toBeGreaterThan(100)
  })

  it('has a spec for each rule', () => {
    expect([...ruled.keys()].filter((rule) => !named.has(rule))).toEqual([])
  })

  it('has a rule for each id that a spec names', () => {
    expect([...named].filter(([rule]) => !ruled.has(rule)).map(([rule, file]) => `${rule} in ${file}`)).toEqual([])
  })
})
