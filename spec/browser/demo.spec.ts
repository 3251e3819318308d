import { createServer, type AddressInfo } from 'node:net'
import { browsing, type Browsing } from './browsing.js'
import { demo, type Demo } from './demo.js'
import { type Account, visitor, type Visitor } from './visitor.js'

const rooms = ['lobby', 'load', 'memory', 'network'] as const

/** What every account comes to, but for how much there was. */
const sound = (accounts: Readonly<Record<string, Account>>, gaps: number) => {
  expect(Object.keys(accounts)).toEqual([...rooms])
  for (const { received, expected, ...rest } of Object.values(accounts))
    expect({ missing: expected - received, ...rest }).toEqual({ missing: 0, gaps, duplicates: 0, lost: 0 })
}

describe('the demo in a browser', () => {
  let open: Browsing | undefined
  let ana: Visitor
  let ben: Visitor
  let url: string

  beforeAll(async () => {
    open = await browsing()
    url = open.url
    ana = await visitor(open.browser, url)
    ben = await visitor(open.browser, url)
  }, 90_000)
  afterAll(async () => {
    await open?.end()
  }, 30_000)

  const shown = async (who: Visitor): Promise<readonly string[]> => (await who.chat()).map(({ text }) => text)
  const bothSee = async (text: string): Promise<void> => {
    for (const who of [ana, ben]) {
      await who.page.bringToFront()
      await who.see(`"${text}" in the room`, async () =>
        (await who.chat()).some((line) => line.text === text && line.offset !== ''),
      )
    }
  }
  /** Both show the same lines at the same offsets, without a hole. */
  const agree = async (): Promise<void> => {
    const [ofAna, ofBen] = [await ana.chat(), await ben.chat()]
    const placed = (lines: typeof ofAna) => lines.map(({ text, offset }) => `${offset} ${text}`)
    expect(placed(ofAna)).toEqual(placed(ofBen))
    const offsets = ofAna.map(({ offset }) => Number(offset))
    expect(offsets).toEqual(offsets.map((_, nth) => (offsets[0] ?? 0) + nth))
  }
  const figures = async (who: Visitor): Promise<number> => (await who.books())['load']?.received ?? 0
  const moreFigures = async (who: Visitor, more: number): Promise<void> => {
    const before = await figures(who)
    await who.see(`${more} more figures`, async () => (await figures(who)) >= before + more)
  }
  const told = (who: Visitor, what: RegExp) =>
    who.see(`${what} in the timeline`, async () => (await who.timeline()).some((entry) => what.test(entry)))

  it('[DM1] serves one page that allows neither inline code nor eval nor foreign addresses', async () => {
    const { headers } = await fetch(url)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
    const loaded = await ana.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
    expect(loaded.filter((name) => !name.startsWith(url))).toEqual([])
  })

  it('[DM2] two tabs write to each other: each message once, in one order, with a tick for its writer', async () => {
    await ana.online()
    await ben.online()
    await ana.say('Are you there?')
    await bothSee('Are you there?')
    await ben.say('<img src=x onerror="document.title=1"> I am.')
    await bothSee('<img src=x onerror="document.title=1"> I am.')
    await ana.see('a tick', async () => (await ana.chat())[0]?.state === 'sent')
    expect((await ben.chat())[0]?.state).toBe('logged')
    expect(await ben.page.title()).toMatch(/ · rx-rooms$/)
    await agree()
  }, 60_000)

  it('[DM3] figures of the machine arrive each second and are drawn', async () => {
    await ana.page.bringToFront()
    await moreFigures(ana, 2)
    const line = (id: string) => ana.page.$eval(`#${id} path.first`, (node) => node.getAttribute('d') ?? '')
    const before = { load: await line('load'), memory: await line('memory'), network: await line('network') }
    await moreFigures(ana, 2)
    for (const id of ['load', 'memory', 'network'] as const) {
      expect(before[id]).toMatch(/^M[\d.,-]+/)
      expect(await line(id)).not.toBe(before[id])
    }
    expect(await ana.text('#memory .value')).toMatch(/^[\d.]+[KMGT]iB$/)
  }, 60_000)

  it('[DM4] what is written while the network of a tab is cut arrives once, in order, in both tabs', async () => {
    await ana.page.bringToFront()
    await ana.click('cut')
    await ana.offline()
    await told(ana, /^Offline: You cut the connection of this tab\. The socket was closed \(1006\)/)
    await ana.say('one, without a network')
    await ana.say('two, without a network')
    await ana.see(
      'two that wait',
      async () => (await ana.chat()).filter(({ state, offset }) => state === 'saved' && offset === '').length === 2,
    )
    await ben.page.bringToFront()
    await ben.say('meanwhile')
    await ben.see('its own line', async () => (await shown(ben)).includes('meanwhile'))
    expect(await shown(ben)).not.toContain('one, without a network')
    await moreFigures(ben, 2)
    await ana.page.bringToFront()
    await ana.click('cut')
    await bothSee('two, without a network')
    await ana.page.bringToFront()
    await ana.see('two ticks', async () => (await ana.chat()).every(({ state }) => /^(sent|logged)$/.test(state)))
    await told(ana, /^Offline: .* Then .* caught up\.$/)
    expect((await shown(ana)).slice(-3)).toEqual(['meanwhile', 'one, without a network', 'two, without a network'])
    await agree()
    sound(await ana.books(), 0)
    sound(await ben.books(), 0)
  }, 120_000)

  it('[DM15] the lobby stays at its newest line, also when the page goes offline', async () => {
    const fromEnd = () =>
      ana.page.$eval('#chat', ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)
    await ana.page.bringToFront()
    for (let line = 1; line <= 20; line++) await ana.say(`line ${line}`)
    await bothSee('line 20')
    await ana.page.bringToFront()
    expect(await ana.page.$eval('#chat', (list) => list.scrollHeight > list.clientHeight)).toBe(true)
    await ana.click('cut')
    await ana.offline()
    await ana.see('the hint', async () => (await ana.text('#hint')) !== '')
    await ana.say('the newest')
    await ana.see('its newest line', async () => (await fromEnd()) < 2)
    await ana.click('cut')
    await ana.online()
    await bothSee('the newest')
    await agree()
  }, 120_000)

  it('[DM5] a frozen network is noticed by its silence, and nothing is lost or doubled', async () => {
    await ana.page.bringToFront()
    await ana.click('freeze')
    await ana.say('into the ice')
    await told(ana, /^No sign of life: You froze the connection of this tab\./)
    await told(ana, /^Offline: You froze the connection of this tab\. Nothing was heard/)
    await ana.click('freeze')
    await ana.online()
    await bothSee('into the ice')
    await agree()
    sound(await ana.books(), 0)
  }, 120_000)

  it('[DM6] what the worker posts while everybody is cut off arrives afterwards, and is drawn as late', async () => {
    await ana.page.bringToFront()
    await ana.click('everyone')
    await ana.click('cut')
    await ana.offline()
    const before = await figures(ana)
    await ben.page.bringToFront()
    await ben.offline()
    await ana.page.bringToFront()
    const outage = () => ana.page.$$eval('#timeline .last', (all) => all.map((node) => node.textContent).join())
    await ana.see('an outage of some seconds', async () => /for [4-9]\.\d s so far/.test(await outage()))
    await ana.click('cut')
    await ana.online()
    await ana.see('the figures of that time', async () => (await figures(ana)) >= before + 4)
    const late = await ana.page.$eval('#load .late', (node) => node.getAttribute('d') ?? '')
    expect(late.split('M').length).toBeGreaterThan(3)
    sound(await ana.books(), 0)
    await ben.page.bringToFront()
    await ben.online()
    sound(await ben.books(), 0)
  }, 120_000)

  it('[DM7] a restarted server goes on with the same rooms: nothing is lost, doubled, or told as a gap', async () => {
    await ana.page.bringToFront()
    await ana.click('restart')
    await ana.say('across the restart')
    await told(ana, /^Offline: You restarted the server\. The server said goodbye: restart/)
    await ana.online()
    await bothSee('across the restart')
    await ana.page.bringToFront()
    await moreFigures(ana, 2)
    await agree()
    sound(await ana.books(), 0)
    sound(await ben.books(), 0)
    await ana.see('the outcome', async () => /none lost/.test(await ana.text('#headline')))
  }, 120_000)

  it('[DM8] a killed server is told as one gap in each room, and the rooms go on', async () => {
    await ana.page.bringToFront()
    await ana.click('kill')
    await told(ana, /^4 gaps: /)
    await ana.online()
    await ana.say('after the end')
    await bothSee('after the end')
    await ana.page.bringToFront()
    await moreFigures(ana, 2)
    sound(await ana.books(), 1)
    await ben.page.bringToFront()
    await told(ben, /^4 gaps: /)
    sound(await ben.books(), 1)
    expect((await ana.page.$$('#chat .gap')).length).toBe(1)
    expect(await ana.text('#headline')).toMatch(/4 gaps, each shown in its place\.$/)
  }, 120_000)

  it('[DM9] takes orders from its own page only', async () => {
    const order = (headers: Record<string, string>, body: string) =>
      fetch(`${url}/bench`, { method: 'POST', headers, body }).then(({ status }) => status)
    const cut = '{"act":"cut","line":"x"}'
    expect(await order({}, cut)).toBe(403)
    expect(await order({ origin: 'http://example.com' }, cut)).toBe(403)
    expect(await order({ origin: url }, '{"act":"constructor","line":"x"}')).toBe(400)
    expect(await order({ origin: url }, 'cut')).toBe(400)
    expect(await order({ origin: url }, cut)).toBe(200)
  })

  it('[DM10] fits a phone, and every control has a name', async () => {
    await ana.page.setViewport({ width: 375, height: 700 })
    const widths = await ana.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(widths[0]).toBe(widths[1])
    const nameless = await ana.page.$$eval('button, input', (all) =>
      all
        .filter((node) => node.textContent === '' && (node as HTMLInputElement).labels?.length === 0)
        .map(({ id }) => id),
    )
    expect(nameless).toEqual([])
  })

  it('[DM11] and in all this no page had anything to complain about', () => {
    expect([...ana.complaints, ...ben.complaints]).toEqual([])
  })
})

describe('the demo as a process', () => {
  const started: Demo[] = []
  const start = (...how: Parameters<typeof demo>): Demo => {
    const one = demo(...how)
    started.push(one)
    return one
  }
  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop()
  }, 30_000)

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const)(
    '[DM12] %s ends everything',
    async (signal, code) => {
      const one = start(['--port', '0'])
      const url = await one.url()
      expect((await fetch(url)).status).toBe(200)
      one.child.kill(signal)
      expect(await one.ended()).toBe(code)
      await expect(fetch(url)).rejects.toThrow()
      expect(one.said().trim().split('\n')).toHaveLength(2)
    },
    60_000,
  )

  it('[DM13] a port that is taken, or is none, is a clear line and an exit code', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = other.address() as AddressInfo
      const taken = start([], { PORT: String(port) })
      expect(await taken.ended()).toBe(1)
      expect(taken.said().trim()).toBe(`Port ${port} is taken. Try another: npm start -- --port ${port + 1}`)
    } finally {
      other.close()
    }
    const none = start(['--port', 'eighty'])
    expect(await none.ended()).toBe(2)
    expect(none.said()).toMatch(/^"eighty" is no port\.\nUsage: /)
  }, 60_000)
})
