import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { anything } from '../../lib/contract/contract.js'
import { last } from '../../lib/features/history/index.js'
import { createClient, tokens } from '../../lib/index.js'
import { started, stopAll } from '../node/support.js'
import { chromiumFlags, chromiumPath, wakefulFlags } from '../setup/chromium.cjs'
import { right, see } from '../support/seen.js'
import { until as soon } from '../support/until.js'
import type { PageApi } from './stores/page.js'

const patienceMs = 60_000

/** What a page has in its global scope. */
declare const page: PageApi

const bundled = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [resolve(__dirname, 'stores/page.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}

describe('stores in a browser', () => {
  let browser: Browser
  let pages: Server
  let origin = ''
  let url = ''
  let profile = ''

  const launch = (): Promise<Browser> =>
    puppeteer.launch({
      executablePath: chromiumPath(),
      args: chromiumFlags,
      ignoreDefaultArgs: wakefulFlags,
      userDataDir: profile,
    })

  beforeAll(async () => {
    const script = await bundled()
    pages = createServer((request, response) => {
      if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(script)
      else response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/page.js"></script>')
    })
    await new Promise<void>((listening) => pages.listen(0, '127.0.0.1', listening))
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`
    url = (await started({ authenticate: ({ token }) => [{ user: token ?? 'nobody' }] })).server.url
    profile = mkdtempSync(join(tmpdir(), 'rx-rooms-profile-'))
    browser = await launch()
  }, 90_000)
  afterEach(async () => {
    for (const each of await browser.pages()) await each.close()
  }, 30_000)
  afterAll(async () => {
    stopAll()
    pages.close()
    const parts: readonly ({ close: () => Promise<void> } | undefined)[] = [browser]
    for (const part of parts) await part?.close()
    rmSync(profile, { recursive: true, force: true })
  }, 30_000)

  /** A page of the origin, whose storage is as it was unless `fresh`. */
  const tab = async ({ locks = true, fresh = false } = {}): Promise<Page> => {
    const keeper = await browser.newPage()
    if (fresh) await clear(keeper)
    if (!locks)
      await keeper.evaluateOnNewDocument(() => {
        Object.defineProperty(navigator, 'locks', { value: undefined })
      })
    await keeper.goto(origin)
    return keeper
  }
  const clear = async (at: Page): Promise<void> => {
    const devtools = await at.createCDPSession()
    await devtools.send('Storage.clearDataForOrigin', { origin: origin.slice(0, -1), storageTypes: 'all' })
  }
  type Seen = NonNullable<ReturnType<PageApi['look']>>
  const look = (at: Page): Promise<Seen> => at.evaluate(() => page.look()!)
  const sees = async (what: string, at: Page, isSo: (seen: Seen) => boolean): Promise<Seen> => {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const seen = await look(at)
      if (isSo(seen)) return seen
      if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}: ${JSON.stringify(seen)}`)
    }
  }
  const begin = (at: Page, options: Parameters<PageApi['begin']>[1] = {}): Promise<void> =>
    at.evaluate((to, given) => page.begin(to, given), url, options)
  const post = (at: Page, room: string, ...texts: readonly string[]): Promise<void> =>
    at.evaluate((to, all) => page.post(to, all), room, texts)
  const texts = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `${n}`)

  /** What a room's log holds. */
  const log = async (room: string): Promise<readonly unknown[]> => {
    const client = createClient({ url, token: tokens(() => 'reader') })
    const heard = see(client.room(room, anything).messages({ from: last(1_000) }))
    client.room(room, anything).send('end', 0).subscribe()
    await soon('the end', () => heard.all.some((message) => right(message).event === 'end'), patienceMs)
    client.close()
    return heard.all.map((message) => right(message)).flatMap(({ event, data }) => (event === 'end' ? [] : [data]))
  }

  it.each(['indexedDb', 'webStorage'] as const)(
    '[ST26] %s does what every store does',
    async (kind) => {
      const at = await tab({ fresh: true })
      const results = await at.evaluate((given) => page.suite(given), kind)
      expect(Object.keys(results).length).toBeGreaterThan(10)
      expect(Object.entries(results).filter(([, said]) => said !== '')).toEqual([])
    },
    120_000,
  )

  it.each(['indexedDb', 'webStorage'] as const)(
    '[ST26] [P6] a page with %s that is loaded anew in the middle of sending goes on as the same session, loses nothing that was stored and doubles nothing',
    async (kind) => {
      // prettier-ignore
      const room = `reload ${kind}`
      const at = await tab({ fresh: true })
      await begin(at, { kind })
      const { session } = await sees('it is online', at, ({ state }) => state === 'Online')
      const sent = texts(300)
      await post(at, room, ...sent)
      const { stored } = await sees('some are stored', at, ({ stored: ids }) => ids.length > 0)
      await at.reload()
      await begin(at, { kind })
      const again = await sees('all is sent', at, ({ state, pending }) => state === 'Online' && pending === 0)
      expect([again.session, again.faults, again.undelivered]).toEqual([session, [], []])
      const there = await log(room)
      expect(there).toEqual(sent.slice(0, there.length))
      expect(there.length).toBeGreaterThanOrEqual(stored.length)
      // A settled post is erased in a later transaction.
      const posts = async (): Promise<readonly string[]> =>
        (await at.evaluate(() => page.keys())).filter((key) => key.startsWith('post'))
      if (kind === 'indexedDb') await soon('no post is stored', async () => (await posts()).length === 0, patienceMs)
    },
    120_000,
  )

  it('[ST26] what is shown as stored survives a browser that is killed', async () => {
    const at = await tab({ fresh: true })
    await begin(at, { waits: true })
    await post(at, 'killed', ...texts(20))
    await sees('all are stored', at, ({ stored }) => stored.length === 20)
    const ended = new Promise((gone) => browser.process()?.once('exit', gone))
    browser.process()?.kill('SIGKILL')
    await ended
    browser = await launch()
    const next = await tab()
    await begin(next)
    await sees('all is sent', next, ({ state, pending }) => state === 'Online' && pending === 0)
    expect(await log('killed')).toEqual(texts(20))
  }, 120_000)

  it('[ST26] [P21] two tabs and a duplicated one have a session each, and none takes another over', async () => {
    const first = await tab({ fresh: true })
    await begin(first)
    await sees('it is online', first, ({ state }) => state === 'Online')
    const opened = new Promise<Page>((found) => first.once('popup', (popup) => found(popup!)))
    await first.evaluate(() => void window.open('/'))
    const copy = await opened
    await copy.waitForFunction(() => 'page' in globalThis)
    expect(await copy.evaluate(() => sessionStorage.length)).toBeGreaterThan(0)
    const second = await tab()
    for (const each of [copy, second]) await begin(each)
    const all = [first, copy, second]
    for (const each of all) await sees('it is online', each, ({ state }) => state === 'Online')
    for (const [n, each] of all.entries()) await post(each, 'tabs', `of ${n}`)
    for (const each of all) await sees('all is sent', each, ({ pending }) => pending === 0)
    const seen = await Promise.all(all.map(look))
    expect(new Set(seen.map(({ session }) => session)).size).toBe(3)
    expect(seen.flatMap(({ faults, undelivered }) => [...faults, ...undelivered])).toEqual([])
    expect([...(await log('tabs'))].sort()).toEqual(['of 0', 'of 1', 'of 2'])
  }, 120_000)

  it('[ST26] a tab takes over what a closed one left', async () => {
    const first = await tab({ fresh: true })
    await begin(first, { waits: true })
    await post(first, 'closed', 'a', 'b')
    await sees('they are stored', first, ({ stored }) => stored.length === 2)
    const second = await tab()
    await begin(second)
    await sees('it is online', second, ({ state }) => state === 'Online')
    expect(await log('closed')).toEqual([])
    await first.close()
    const third = await tab()
    await begin(third)
    await sees('all is sent', third, ({ state, pending }) => state === 'Online' && pending === 0)
    expect(await log('closed')).toEqual(['a', 'b'])
  }, 120_000)

  it.each([
    ['holds what it has while it is frozen, and sends it when it wakes', true],
    ['without Web Locks sends nothing that was taken over while it was frozen', false],
  ])(
    '[ST26] [ST14] a tab %s',
    async (_, locks) => {
      const room = `frozen ${locks}`
      const sleeper = await tab({ fresh: true, locks })
      await begin(sleeper, { waits: true, leaseMs: 2_000 })
      await post(sleeper, room, 'mine')
      await sees('it is stored', sleeper, ({ stored }) => stored.length === 1)
      const devtools = await sleeper.createCDPSession()
      const other = await tab({ locks })
      await other.bringToFront()
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
      await soon('its lease is over', async () => (await other.evaluate(() => page.leases())) === 0, patienceMs)
      await begin(other, { leaseMs: 2_000 })
      await sees('all is sent', other, ({ state, pending }) => state === 'Online' && pending === 0)
      expect(await log(room)).toEqual(locks ? [] : ['mine'])
      await devtools.send('Page.setWebLifecycleState', { state: 'active' })
      await sleeper.bringToFront()
      await sleeper.evaluate(() => page.connect())
      const awake = await sees('it has settled', sleeper, ({ state, pending }) => state === 'Online' && pending === 0)
      expect(awake.undelivered).toEqual(locks ? [] : ['delivery/taken-over'])
      expect(awake.faults).toHaveLength(locks ? 0 : 1)
      expect(await log(room)).toEqual(['mine'])
    },
    120_000,
  )

  it('[ST26] [ST17] a page whose storage is full sends from memory, and says so', async () => {
    const at = await tab({ fresh: true })
    await begin(at, { kind: 'webStorage' })
    await sees('it is online', at, ({ state }) => state === 'Online')
    await at.evaluate(() => {
      try {
        for (let n = 0; ; n++) localStorage.setItem(`junk ${n}`, 'x'.repeat(100_000))
      } catch {
        return
      }
    })
    await post(at, 'full', 'x'.repeat(200_000))
    const { faults, undelivered } = await sees('it is sent', at, ({ pending }) => pending === 0)
    expect(faults).toEqual([expect.stringContaining('(full)')])
    expect(undelivered).toEqual([])
    expect(await log('full')).toHaveLength(1)
  }, 120_000)

  it('[ST26] [ST16] logout leaves nothing in the browser', async () => {
    const at = await tab({ fresh: true })
    await begin(at, { waits: true })
    await post(at, 'logout', 'a')
    await sees('it is stored', at, ({ stored }) => stored.length === 1)
    expect(await at.evaluate(() => page.keys())).not.toEqual([])
    await at.evaluate(() => page.logout())
    await soon('it is erased', async () => (await at.evaluate(() => page.keys())).length === 0, patienceMs)
    expect((await look(at)).undelivered).toEqual(['delivery/closed'])
  }, 120_000)
})
