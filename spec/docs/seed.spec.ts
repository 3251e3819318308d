import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { blocksOf, execute, isTest } from './examples.js'

const docs = resolve(__dirname, '../../docs')
const page = readFileSync(join(docs, 'from-the-seed.md'), 'utf8')

/** The headings and the bullets of the module, in their order, without its title. */
const lines = readFileSync(join(__dirname, 'seed/websocket-module.md'), 'utf8')
  .split('\n')
  .flatMap((line) => /^\s*(?:#+|-|\d+\.)\s+(.*)$/.exec(line)?.[1]?.trim() ?? [])
  .slice(1)

const rules = new Set(
  readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => [...readFileSync(join(docs, name), 'utf8').matchAll(/^- \*\*([A-Z]+\d+)\*\*/gm)])
    .map(([, rule]) => rule),
)

describe('the page from the module to rx-rooms', () => {
  it('[DC30] has each heading and each line of the module, in its order', () => {
    expect(lines.length).toBeGreaterThan(150)
    let at = 0
    const missing = lines.filter((line) => {
      const found = page.indexOf(line, at)
      if (found >= 0) at = found + line.length
      return found < 0
    })
    expect(missing).toEqual([])
  })

  it('[DC30] names a rule for each line that this version has', () => {
    const named = [...page.matchAll(/^\| [^|]+ \| (.+) \| (\S+) \|$/gm)].filter(([, here]) => here !== 'here')
    expect(named.length).toBeGreaterThan(110)
    const unknown = named.filter(
      ([, here = '', rule = '']) => !rules.has(rule) && !here.startsWith('not in this version'),
    )
    expect(unknown.map(([line]) => line)).toEqual([])
  })

  it('[DC30] has an example in each chapter that speaks of features', () => {
    const chapters = blocksOf('from-the-seed.md')
      .filter(isTest)
      .map(({ title }) => title)
    const wanted = [
      'Key Features',
      'Usage',
      'Component Details',
      'Best Practices',
      'Performance Considerations',
      'Security',
      'Extension Points',
    ]
    expect([...new Set(chapters)]).toEqual(wanted)
  })

  for (const { code, index } of blocksOf('from-the-seed.md').filter(isTest)) {
    describe(`[DC30] example ${index + 1}`, () => {
      execute(code)
    })
  }
})
