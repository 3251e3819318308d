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

  it('[DC30] has an example for each line, below its heading, that names it', () => {
    const sections = page.split(/^#+ /m).slice(2)
    const without = sections.flatMap((section) => {
      const [title = ''] = section.split('\n', 1)
      const comments = [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].flatMap(([, code = '']) =>
        [...code.matchAll(/^ *\/\/ (.*)$/gm)].map(([, comment = '']) => comment),
      )
      const wanted = [...section.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, line = '']) => line)
      return wanted
        .filter((line) => lines.includes(line) && !comments.some((comment) => comment.startsWith(line)))
        .map((line) => `${title}: ${line}`)
    })
    expect(without).toEqual([])
  })

  it('[DC30] has an example below each heading without lines', () => {
    const bare = page
      .split(/^#+ /m)
      .slice(2)
      .filter((section) => !section.includes('```ts') && section.trim().includes('\n'))
    expect(bare.map((section) => section.split('\n', 1)[0])).toEqual([])
  })

  for (const { code, index } of blocksOf('from-the-seed.md').filter(isTest)) {
    describe(`[DC30] example ${index + 1}`, () => {
      execute(code)
    })
  }
})
