import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Consumer, consumer } from './packed.js'

/** The places that a document links to, without those in code. */
const linksOf = (text: string): readonly string[] =>
  [
    ...text
      .replace(/^```[^]*?^```/gm, '')
      .replace(/`[^`\n]*`/g, '`code`')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, to]) => to ?? '')

/** The anchors of a document: its headings as GitHub and npm name them. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('the documents of the packed library', () => {
  let app: Consumer
  beforeAll(() => {
    app = consumer()
  }, 120_000)
  afterAll(() => app.remove())

  it('[RT15] link to nothing that is not in the package', () => {
    const pages = readdirSync(app.installed, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    )
    const links = pages.flatMap((page) =>
      linksOf(readFileSync(join(app.installed, page), 'utf8')).map((link) => ({ page, link })),
    )
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/testing.md', 'docs/architecture.md']))
    expect(links.length).toBeGreaterThan(20)
    const dead = links.filter(({ page, link }) => {
      if (/^https?:/.test(link)) return false
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(app.installed, page) : join(app.installed, dirname(page), path)
      if (!existsSync(target)) return true
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor)
    })
    expect(dead).toEqual([])
  })
})
