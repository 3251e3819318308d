import type { Browser, Page } from 'puppeteer-core'
import { until } from '../support/until.js'

/** A line of the chat as it is shown. */
export interface Line {
  readonly name: string
  readonly text: string
  readonly offset: string
  readonly state: string
}

/** A row of the books. */
export interface Account {
  readonly received: number
  readonly expected: number
  readonly gaps: number
  readonly duplicates: number
  readonly lost: number
}

/** Somebody with the page open. Every wait is for a condition and has a deadline. */
export interface Visitor {
  readonly page: Page
  /** What the console said that a page must not say. A socket that could not be opened is no fault of the page. */
  readonly complaints: readonly string[]
  readonly see: (what: string, isSo: () => boolean | Promise<boolean>) => Promise<void>
  readonly click: (id: string) => Promise<void>
  readonly say: (text: string) => Promise<void>
  readonly text: (selector: string) => Promise<string>
  readonly chat: () => Promise<readonly Line[]>
  /** The members of the room with the word beside each. */
  readonly members: () => Promise<readonly string[]>
  /** The rooms with the number beside each; a star marks the one that is shown, `#` one with a lock. */
  readonly rooms: () => Promise<readonly string[]>
  readonly choose: (room: string) => Promise<void>
  readonly books: () => Promise<Readonly<Record<string, Account>>>
  /** The titles of the timeline with their details, the newest first. */
  readonly timeline: () => Promise<readonly string[]>
  readonly online: () => Promise<void>
  readonly offline: () => Promise<void>
}

const deadlineMs = 30_000
const unavoidable =
  /^WebSocket connection to '.*' failed: (.*net::ERR_CONNECTION_(RESET|REFUSED|CLOSED)|WebSocket is closed before)/

export const visitor = async (browser: Browser, url: string): Promise<Visitor> =>
  visitorOf(await browser.newPage(), url)

/** Somebody with this page, at this address. */
export const visitorOf = async (page: Page, url: string): Promise<Visitor> => {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (!unavoidable.test(message.text())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => {
    complaints.push(String(error))
  })
  await page.setViewport({ width: 1280, height: 900 })
  await page.goto(url)

  const text = (selector: string) => page.$eval(selector, (node) => node.textContent)
  const see = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    await until(what, isSo, deadlineMs).catch(async (late: unknown) => {
      throw new Error(`${String(late)}\n${await page.$eval('body', (body) => body.innerText)}`)
    })
  }
  const state = () => page.$eval('#live', (node) => node.getAttribute('data-state'))
  const click = async (id: string): Promise<void> => {
    await page.$eval(`#${id}`, (node) => {
      if (node instanceof HTMLElement) node.click()
    })
  }
  return {
    page,
    complaints,
    see,
    click,
    text,
    say: async (words) => {
      await page.$eval(
        '#text',
        (node, value) => {
          if (node instanceof HTMLInputElement) node.value = value
        },
        words,
      )
      await click('composer button')
    },
    chat: () =>
      page.$$eval('#chat li:not(.gap)', (lines) =>
        lines.map((line) => ({
          name: line.querySelector('b')?.textContent ?? '',
          text: line.querySelector('p')?.textContent ?? '',
          offset: line.getAttribute('data-offset') ?? '',
          state: line.getAttribute('data-state') ?? '',
        })),
      ),
    members: () =>
      page.$$eval('#members li', (all) =>
        all.map((one) => `${one.querySelector('b')?.textContent ?? ''} ${one.getAttribute('data-note') ?? ''}`.trim()),
      ),
    rooms: () =>
      page.$$eval('#rooms button', (all) =>
        all.map((one) => {
          const of = (part: string) => one.querySelector(part)?.textContent ?? ''
          return `${one.hasAttribute('aria-current') ? '*' : ''}${of('b')}${one.querySelector('.lock') ? '#' : ''} ${of('.count')}`
        }),
      ),
    choose: async (room) => {
      await page.waitForSelector(`#rooms [data-room="${room}"]`)
      await page.$eval(`#rooms [data-room="${room}"]`, (node) => {
        if (node instanceof HTMLElement) node.click()
      })
    },
    books: () =>
      page.$$eval('#books tr', (rows) =>
        Object.fromEntries(
          rows.map((row) => {
            const of = (column: string) =>
              Number((row.querySelector(`[data-of=${column}]`)?.textContent ?? '').replaceAll(',', ''))
            return [
              row.getAttribute('data-room') ?? '',
              {
                received: of('received'),
                expected: of('expected'),
                gaps: of('gaps'),
                duplicates: of('duplicates'),
                lost: of('lost'),
              },
            ]
          }),
        ),
      ),
    timeline: () =>
      page.$$eval('#timeline li', (entries) =>
        entries.map(
          (entry) => `${entry.querySelector('b')?.textContent ?? ''}: ${entry.querySelector('p')?.textContent ?? ''}`,
        ),
      ),
    online: () => see('online', async () => (await state()) === 'Online'),
    offline: () => see('offline', async () => (await state()) !== 'Online'),
  }
}
