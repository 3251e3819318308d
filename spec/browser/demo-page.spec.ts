import { readFile } from 'node:fs/promises'
import type { Page } from 'puppeteer-core'
import { browsing, type Browsing } from './browsing.js'
import { visitor, visitorOf, type Visitor } from './visitor.js'

describe('the page of the demo', () => {
  let open: Browsing
  let wren: Visitor

  beforeAll(async () => {
    open = await browsing()
    wren = await visitor(open.browser, open.url)
    await wren.online()
  }, 90_000)
  afterAll(async () => {
    await (open as Browsing | undefined)?.end()
  }, 30_000)

  const nameOf = ({ page }: Visitor) =>
    page.$eval('#name', (node) => (node instanceof HTMLInputElement ? node.value : ''))
  const count = async ({ text }: Visitor, of: string) =>
    Number((await text(`#counts [data-count=${of}] b`)).replaceAll(',', ''))
  const states = async (who: Visitor) => (await who.chat()).map(({ text, state }) => `${text}: ${state}`)
  const top = (page: Page, id: string) => page.$eval(`#${id}`, (node) => node.getBoundingClientRect().top + scrollY)

  it('[DM16] says in one sentence what this is, and shows the code that it runs', async () => {
    expect(await wren.text('h1')).toMatch(/^\s*rx-rooms is a TypeScript library [^.]+\.\s*$/)
    const [module, shown] = [await readFile('examples/demo/page/room.ts', 'utf8'), await wren.text('#code pre')]
    expect(module.endsWith(`\n\n${shown}\n`)).toBe(true)
    expect(shown).toContain('createClient({')
    expect(shown).not.toMatch(/^import /m)
    const said = Number.parseInt(await wren.text('#code summary span'))
    expect(said).toBe(shown.split('\n').filter((line) => /^\s*[^\s/]/.test(line)).length)
    expect(said).toBeLessThan(20)
    // Beside each other, and both in sight at once.
    const [chat, code] = [await top(wren.page, 'talk'), await top(wren.page, 'code')]
    expect(chat).toBe(code)
  })

  it('[DM22] shows the counts directly below the buttons: the sums of the rooms', async () => {
    await wren.see('some figures', async () => (await count(wren, 'received')) > 3)
    const [received, sum] = await wren.page.evaluate(() => {
      const value = (node: Element) => Number(node.textContent.replaceAll(',', ''))
      const cells = [...document.querySelectorAll('#books [data-of=received]')]
      return [
        value(document.querySelector('#counts [data-count=received] b')!),
        cells.reduce((all, cell) => all + value(cell), 0),
      ]
    })
    expect(received).toBe(sum)
    const bottom = await wren.page.$eval('#counts', (node) => node.getBoundingClientRect().bottom)
    expect(bottom).toBeLessThan(900)
  })

  it('[DM24] links to guides that it serves', async () => {
    const links = await wren.page.$$eval('nav a', (all) => all.map(({ pathname }) => pathname))
    expect(links.length).toBeGreaterThan(3)
    for (const link of links) {
      const answer = await fetch(new URL(link, open.url))
      expect([link, answer.status, answer.headers.get('content-type')]).toEqual([
        link,
        200,
        'text/plain; charset=utf-8',
      ])
    }
    expect((await fetch(`${open.url}/docs/nothing.md`)).status).toBe(404)
  })

  it('[DM17] what is written offline survives a reload of the tab, and is sent once', async () => {
    await wren.say('before')
    await wren.see('a tick', async () => (await states(wren)).join() === 'before: sent')
    await wren.click('cut')
    await wren.offline()
    await wren.say('one, offline')
    await wren.say('two, offline')
    const saved = ['one, offline: saved', 'two, offline: saved']
    await wren.see('both saved', async () => (await states(wren)).slice(-2).join() === saved.join())
    const loaded = wren.page.waitForNavigation()
    await wren.click('reload')
    await loaded
    await wren.see('both, still saved', async () => (await states(wren)).join() === saved.join())
    await wren.see('the headline', async () => (await wren.text('#headline')) === 'Offline: 2 waiting.')
    expect(await count(wren, 'waiting')).toBe(2)
    await wren.see('the way back', async () => (await wren.text('#cut b')) === 'Plug it back in')
    await wren.click('cut')
    await wren.online()
    await wren.see('the news', async () => (await wren.text('#headline')) === 'Back: 2 sent, none lost.')
    const all = ['before: sent', 'one, offline: sent', 'two, offline: sent']
    await wren.see('all three', async () => (await states(wren)).join() === all.join())
  }, 90_000)

  it('[DM18] each tab has a name of its own, keeps it over a reload, and may change it', async () => {
    const name = await nameOf(wren)
    const opened = new Promise<Page>((found) => wren.page.once('popup', (popup) => found(popup!)))
    // A window that a page opens begins with a copy of its session storage, as a duplicated tab does.
    await wren.page.evaluate(() => void window.open('/'))
    const copy = await visitorOf(await opened, open.url)
    await copy.online()
    const other = await nameOf(copy)
    expect(other).not.toBe(name)
    await copy.page.bringToFront()
    await copy.see('both names', async () => (await copy.members()).join() === `${other} you,${name}`)

    await wren.page.bringToFront()
    await wren.page.$eval('#name', (node) => {
      if (node instanceof HTMLInputElement) node.value = 'Ana'
      node.dispatchEvent(new Event('change'))
    })
    await copy.page.bringToFront()
    await copy.see('the new name', async () => (await copy.members()).includes('Ana'))
    await wren.page.bringToFront()
    await wren.page.reload()
    await wren.online()
    expect(await nameOf(wren)).toBe('Ana')
    expect(await wren.page.title()).toBe('Ana · rx-rooms')
    await wren.say('under another name')
    await copy.page.bringToFront()
    await copy.see('it', async () => (await copy.chat()).at(-1)?.name === 'Ana')
    // The reload was no leave.
    await copy.see('both', async () => (await copy.members()).join() === `${other} you,Ana`)
    await copy.page.close()
  }, 90_000)

  it('[DM19] shows who is here, who is typing, and whose tab is gone', async () => {
    const guest = await visitor(open.browser, open.url)
    await guest.online()
    const name = await nameOf(guest)
    await guest.page.bringToFront()
    await guest.page.type('#text', 'I am')
    await wren.page.bringToFront()
    await wren.see('the guest typing', async () => {
      // Whoever types goes on, however slow this machine is.
      await guest.page.$eval('#text', (node) => node.dispatchEvent(new Event('input')))
      const line = await wren.text('#typing')
      return line === `${name} is typing …` && (await wren.members()).includes(`${name} typing`)
    })
    await guest.page.bringToFront()
    await guest.page.type('#text', ' here\n')
    await wren.page.bringToFront()
    await wren.see('the guest no longer typing', async () => (await wren.members()).includes(name))
    await wren.see('the message', async () => {
      const said = (await wren.chat()).at(-1)
      return said?.name === name && said.text === 'I am here'
    })
    await guest.page.close()
    await wren.see('a lost guest', async () => (await wren.members()).includes(`${name} connection lost`))
    await wren.see('no guest', async () => (await wren.members()).every((one) => !one.startsWith(name)))
  }, 90_000)

  it('[DM29] on a phone the headline is in sight wherever one is, and the chat and the buttons come first', async () => {
    const { page } = wren
    await page.setViewport({ width: 390, height: 844 })
    await page.reload()
    await wren.online()
    const order = await Promise.all(['talk', 'bench', 'counts', 'machine', 'past'].map((id) => top(page, id)))
    expect(order).toEqual([...order].sort((one, other) => one - other))
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    expect(height).toBeLessThan(4 * 844)
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      await page.evaluate((to) => scrollTo(0, to), part * (height - 844))
      const { top: from, bottom: to } = await page.$eval('#headline', (node) => {
        const { top, bottom } = node.getBoundingClientRect()
        return { top, bottom }
      })
      expect([part, from >= 0, to <= 844]).toEqual([part, true, true])
    }
  }, 60_000)

  it('[DM11] and in all this it had nothing to complain about', () => {
    expect(wren.complaints).toEqual([])
  })
})
