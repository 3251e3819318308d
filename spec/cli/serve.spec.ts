import { anything, createClient, webSocket } from '../../lib/index.js'
import { endpoints } from '../../lib/features/endpoints/index.js'
import { firstValueFrom } from 'rxjs'
import { right } from '../support/seen.js'
import { build, connected, endAll, fileOf, remove, rx, until, served } from './support.js'

beforeAll(build)
afterEach(endAll)
afterAll(remove)

describe('serve', () => {
  it('[CL10] prints one line on stdout when it is ready, and logs on stderr', async () => {
    const server = await served()
    expect(server.url).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d*$/)
    const tail = rx(['tail', server.url, 'r'])
    await server.told('1 client')
    tail.process.kill('SIGINT')
    await server.told('0 clients')
    expect(server.out()).toEqual([`listening ${server.url}`])
    expect(server.err()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z info rooms in memory, no tokens$/m)
  })

  it('[CL11] SIGTERM drains: clients are told, what they sent is answered, and it ends with 0', async () => {
    const server = await served()
    const client = connected(server.url)
    const states: string[] = []
    client.state$.subscribe((state) => states.push(state._tag === 'Waiting' ? state.because.code : state._tag))
    await firstValueFrom(client.room('r', anything).post('e', 1))
    server.process.kill('SIGTERM')
    expect(await server.code()).toBe(0)
    await until('a farewell', () => states.includes('server/bye'))
    expect(server.err()).toContain('SIGTERM: asking clients to go')
  })

  it('[CL66] with --hand-over clients of several servers move before it ends', async () => {
    const [server, other] = [await served(['--hand-over']), await served()]
    const client = createClient({ url: endpoints([server.url, other.url]) })
    const states: string[] = []
    client.state$.subscribe(({ _tag, endpoint }) => states.push(`${_tag} ${endpoint?.at ?? ''}`))
    right(await firstValueFrom(client.connect()))
    const from = states.length
    server.process.kill('SIGTERM')
    expect(await server.code()).toBe(0)
    await other.told('1 client')
    expect(new Set(states.slice(from))).toEqual(new Set(['Online 0', 'Online 1']))
    right(await firstValueFrom(client.close()))
  })

  it('[CL11] a second signal ends it at once', async () => {
    const server = await served()
    // Somebody who never leaves holds the drain up: a client that is stopped answers no farewell.
    const tail = rx(['tail', server.url, 'r'])
    await server.told('1 client')
    tail.process.kill('SIGSTOP')
    server.process.kill('SIGTERM')
    await server.told('asking clients to go')
    server.process.kill('SIGINT')
    expect(await server.code()).toBe(130)
  })

  it('[CL12] a port that is taken ends with 3 and says what to do', async () => {
    const server = await served()
    const second = rx(['serve', '--port', new URL(server.url).port])
    expect(await second.code()).toBe(3)
    expect(second.out()).toEqual([])
    expect(second.err()).toMatch(/^rx-rooms: Port \d+ of 127\.0\.0\.1 is taken .*choose another port.*\n$/)
  })

  it('[CL13] a token file says who may come and as whom', async () => {
    const tokens = fileOf('tokens', '\ufeff# people\nalpha ana admin,dev\n\n  beta\n')
    const server = await served(['--token-file', tokens])
    const as = (token: string) => rx(['tail', server.url, 'r'], { env: { RX_ROOMS_TOKEN: token } })
    const [ana, anybody, stranger] = [as('alpha'), as('beta'), as('ana')]
    const nobody = rx(['tail', server.url, 'r'])
    await ana.told('online as ana')
    await anybody.told('online as anonymous')
    expect(await stranger.code()).toBe(4)
    expect(stranger.err()).toBe(`rx-rooms: ${server.url} refused the token of RX_ROOMS_TOKEN\n`)
    expect(await nobody.code()).toBe(4)
    expect(nobody.err()).toBe(`rx-rooms: ${server.url} wants a token: give --token-file FILE or RX_ROOMS_TOKEN\n`)
    for (const token of ['alpha', 'beta']) expect(server.err()).not.toContain(token)
  })

  it('[CL13] RX_ROOMS_TOKEN is the token that everybody needs', async () => {
    const server = await served([], { env: { RX_ROOMS_TOKEN: 'hunter2' } })
    const args = ['send', server.url, 'r', 'e', '1']
    const [right, wrong] = [
      rx([...args, '--token-file', fileOf('right', 'hunter2\n')]),
      rx([...args, '--token-file', fileOf('wrong', 'hunter3\n')]),
    ]
    expect(await right.code()).toBe(0)
    expect(await wrong.code()).toBe(4)
    expect(server.err() + right.err() + wrong.err()).not.toContain('hunter')
  })

  it('[CL14] warns where everybody on the network may come', async () => {
    const open = await served(['--host', '0.0.0.0', '--quiet'])
    await open.told('no tokens: whoever reaches this address may read and write every room')
    const closed = await served(['--quiet'])
    closed.process.kill('SIGTERM')
    expect(await closed.code()).toBe(0)
    expect(closed.err()).toBe('')
  })

  it('[CL15] lets pages of the given origins connect, and of no other', async () => {
    const server = await served(['--origin', 'https://a.example', '--origin', 'https://b.example'])
    const from = async (origin: string) => {
      const client = connected(server.url, { transport: webSocket({ headers: { origin } }) })
      return firstValueFrom(client.connect())
    }
    expect(await from('https://b.example')).toMatchObject({ right: { user: 'anonymous' } })
    expect(await from('https://c.example')).toMatchObject({ left: { code: 'server/origin' } })
  })

  it('[CL54] --health and --metrics answer over HTTP; a token file says who may read the metrics from elsewhere', async () => {
    const page = async (
      { url }: { readonly url: string },
      path: string,
      headers: Readonly<Record<string, string>> = {},
    ) => {
      const answer = await fetch(new URL(path, url.replace(/^ws/, 'http')), { headers })
      return { status: answer.status, text: await answer.text() }
    }
    const open = await served(['--health', '/healthz', '--metrics', '/metrics'])
    expect(JSON.parse((await page(open, '/healthz')).text)).toMatchObject({ status: 'open' })
    expect((await page(open, '/metrics')).text).toContain('# TYPE rx_rooms_links gauge\nrx_rooms_links 0\n')
    expect((await page(open, '/metrics', { via: '1.1 proxy' })).status).toBe(403)
    const token = 'token-of-the-scraper'
    const file = fileOf('metrics-token', `# scraper\n${token}\n`)
    const guarded = await served(['--metrics', '/metrics', '--metrics-token-file', file])
    const statuses = [
      await page(guarded, '/metrics'),
      await page(guarded, '/metrics', { authorization: `Bearer ${token}` }),
    ]
    expect(statuses.map(({ status }) => status)).toEqual([401, 200])
    expect(guarded.err()).not.toContain(token)
  })

  it('[CL55] a path that is none, and a token file without metrics or with a short token, is wrong usage', async () => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--metrics', 'metrics'], /metrics/],
      [['--health', '/a b'], /'\/a%20b'/],
      [['--metrics-token-file', fileOf('t', 'x')], /--metrics PATH/],
      [['--metrics', '/m', '--metrics-token-file', fileOf('short', 'hunter2\n')], /16 characters/],
      [['--metrics', '/m', '--metrics-token-file', '/no/such/file'], /cannot be read/],
    ]
    for (const [args, said] of wrong) {
      const run = rx(['serve', '--port', '0', ...args])
      expect(await run.code()).toBe(2)
      expect(run.err()).toMatch(said)
      expect(run.err()).not.toContain('hunter2')
    }
  })
})
