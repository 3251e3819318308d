import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { firstValueFrom } from 'rxjs'
import ts from 'typescript'
import Ws from 'ws'
import * as E from '#fp/Either'
import { anything, type Client, type ClientOptions, createClient, webSocket, tokens } from '../../lib/index.js'
import type { Server } from '../../lib/node/index.js'
import { certificate } from '../support/certificate.js'
import { type Nginx, startNginx } from '../support/nginx.js'
import { left, right, see } from '../support/seen.js'
import { until } from '../support/until.js'

const root = resolve(__dirname, '../..')
const page = readFileSync(join(root, 'docs/server.md'), 'utf8')
const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-guide-'))

/** What examples import, as it is here. */
const modules: Readonly<Record<string, string>> = {
  'rx-rooms': '../../lib/index.ts',
  'rx-rooms/operators': '../../lib/operators/index.ts',
  'rx-rooms/server': '../../lib/node/index.ts',
  express: './frameworks/node_modules/express',
  fastify: './frameworks/node_modules/fastify',
}

const ran = new Set<string>()
/** What examples wrote to the console. */
const said: string[] = []
const clients = new Set<Client>()
const ends = new Set<() => unknown>()

interface Exports {
  readonly rooms: Server
  readonly shutdown?: () => Promise<unknown>
  readonly [name: string]: unknown
}

/** Runs the one example that holds a text, as the module that it is, and gives what it exports. */
const run = async (holding: string, environment: Readonly<Record<string, string>> = {}): Promise<Exports> => {
  const [code = '', ...others] = examples.filter((each) => each.includes(holding))
  expect([code === '', others]).toEqual([false, []])
  ran.add(code)
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  const load = (name: string): unknown => jest.requireActual(modules[name] ?? name)
  const AsyncFunction = (Object.getPrototypeOf(run) as { readonly constructor: unknown }).constructor as new (
    ...given: string[]
  ) => (...given: unknown[]) => Promise<void>
  const exports = {} as Exports
  Object.assign(process.env, { PORT: '0' }, environment)
  await new AsyncFunction('require', 'exports', 'console', outputText)(load, exports, {
    log: () => undefined,
    info: (line: string) => said.push(line),
    warn: (line: string) => said.push(line),
    error: (line: string) => said.push(line),
  })
  ends.add(() => (exports.shutdown ? exports.shutdown() : exports.rooms.close().subscribe()))
  return exports
}

const client = (url: string, options: Partial<ClientOptions> = {}): Client => {
  const made = createClient({ url, ...options })
  clients.add(made)
  return made
}
const withHeaders = (headers: Readonly<Record<string, string>>) => ({ transport: webSocket({ headers }) })
const online = async (made: Client) => right(await firstValueFrom(made.connect()))
const refused = async (made: Client) => left(await firstValueFrom(made.connect())).code

const fetched = (url: string): Promise<{ readonly status: number | undefined; readonly text: string }> =>
  new Promise((done, failed) => {
    get(url, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => {
        done({ status: response.statusCode, text })
      })
    }).on('error', failed)
  })
const httpOf = ({ url }: Server, path: string): string => new URL(path, url.replace(/^ws/, 'http')).href

/** One client writes and another reads. */
const talks = async (url: string, options: Partial<ClientOptions> = {}): Promise<void> => {
  const reader = client(url, options).room('lobby', anything)
  const seen = see(reader.on('message'))
  right(await firstValueFrom(reader.join()))
  right(await firstValueFrom(client(url, options).room('lobby', anything).send('message', 'hello')))
  await until('the message', () => seen.all.length === 1)
}

/** Shuts down while clients are connected, and shows that it ends. */
const shutsDown = async ({ shutdown, rooms }: Exports): Promise<void> => {
  await shutdown?.()
  expect(rooms.status()).toBe('closed')
}

const signals = process.listeners('SIGTERM')
afterEach(async () => {
  for (const made of clients) made.close()
  for (const end of ends) await end()
  clients.clear()
  ends.clear()
  for (const listener of process.listeners('SIGTERM')) if (!signals.includes(listener)) process.off('SIGTERM', listener)
})
afterAll(() => {
  rmSync(scratch, { recursive: true })
})

describe('[SV112] the guide to servers: who may do what', () => {
  it('a port of its own', async () => {
    const { rooms } = (await run('export const rooms = result')) as unknown as { rooms: E.Either<unknown, Server> }
    if (E.isLeft(rooms)) throw new Error('Left')
    ends.clear()
    ends.add(() => rooms.right.close().subscribe())
    await talks(rooms.right.url)
    const { status, text } = await fetched(httpOf(rooms.right, '/healthz'))
    expect([status, JSON.parse(text)]).toMatchObject([200, { status: 'open', links: 2 }])
  })

  it('a token', async () => {
    const { rooms } = await run('secret-of-ana')
    expect(await online(client(rooms.url, { token: tokens(() => 'secret-of-ana') }))).toMatchObject({
      user: 'ana',
      roles: ['admin'],
    })
    let count = 0
    expect(await refused(client(rooms.url, { token: tokens(() => `other-${++count}`) }))).toBe('auth/rejected')
  })

  it('a cookie', async () => {
    const { rooms } = await run("['s-123', 'ana']")
    const origin = 'https://app.example.com'
    expect(await online(client(rooms.url, withHeaders({ cookie: 'a=1; sid=s-123', origin })))).toMatchObject({
      user: 'ana',
    })
    expect(await refused(client(rooms.url, withHeaders({ cookie: 'sid=s-123', origin: 'https://evil.example' })))).toBe(
      'server/origin',
    )
    expect(await refused(client(rooms.url, withHeaders({ cookie: 'sid=other', origin })))).toMatch(/^auth\//)
  })

  it('a header', async () => {
    const { rooms } = await run('key-of-billing')
    expect(await online(client(rooms.url, withHeaders({ authorization: 'Bearer key-of-billing' })))).toMatchObject({
      user: 'billing',
    })
    expect(await refused(client(rooms.url))).toMatch(/^auth\//)
  })

  it('permissions', async () => {
    const { rooms } = await run("room === 'news'")
    const ben = client(rooms.url, { token: tokens(() => 'ben') })
    expect(right(await firstValueFrom(ben.room('news', anything).join())).permissions).toEqual(['read', 'history'])
    right(await firstValueFrom(ben.room('team:red', anything).join()))
    expect(left(await firstValueFrom(ben.room('team:blue', anything).join())).code).toBe('room/forbidden')
    right(
      await firstValueFrom(
        client(rooms.url, { token: tokens(() => 'ana') })
          .room('team:blue', anything)
          .join(),
      ),
    )
  })

  it('hooks', async () => {
    const { rooms } = await run('hooks: {')
    const ann = client(rooms.url)
    const [archive, auction] = ['archive', 'auction'].map((name) => ann.room(name, anything))
    expect(left(await firstValueFrom(archive!.join()))).toMatchObject({
      code: 'room/refused',
      data: { opens: 'at nine' },
      message: expect.stringContaining('Closed.') as string,
    })
    expect(left(await firstValueFrom(auction!.send('bid', 0)))).toMatchObject({
      code: 'delivery/refused',
      data: { least: 1 },
    })
    right(await firstValueFrom(auction!.send('bid', 7)))
  })

  it('publish, kick, expire', async () => {
    const { rooms, announce, remove, signOut } = (await run('announce')) as Exports &
      Record<'announce' | 'remove' | 'signOut', (given: unknown) => Promise<unknown>>
    const room = client(rooms.url).room('orders', anything)
    right(await firstValueFrom(room.join()))
    const [first, second] = [await announce({ id: '7', total: 5 }), await announce({ id: '7', total: 5 })]
    expect(second).toEqual(first)
    expect(await remove('anonymous')).toEqual(E.right({ sessions: 1 }))
    expect(await signOut('anonymous')).toEqual(E.right({ sessions: 1 }))
  })
})

describe('[SV112] the guide to servers: where they run', () => {
  it.each([['express'], ['fastify']])('%s', async (name) => {
    const example = await run(`from '${name}'`)
    const { rooms } = example
    expect(await fetched(httpOf(rooms, '/'))).toEqual({ status: 200, text: 'hello' })
    await talks(rooms.url)
    await shutsDown(example)
  })

  it('https, with another certificate at run time', async () => {
    const made = certificate({ name: 'IP:127.0.0.1,IP:::1' })
    const files = { TLS_KEY: join(scratch, 'key.pem'), TLS_CERT: join(scratch, 'cert.pem') }
    writeFileSync(files.TLS_KEY, made.key)
    writeFileSync(files.TLS_CERT, made.cert)
    const trusting = (ca: Buffer): Partial<ClientOptions> => ({
      transport: webSocket({
        WebSocket: class extends Ws {
          constructor(url: string, protocols: string[], options?: object) {
            super(url, protocols, { ...options, ca })
          }
        },
      }),
    })
    const example = (await run('setSecureContext', files)) as Exports & { readonly reload: () => void }
    expect(example.rooms.url).toMatch(/^wss:/)
    await talks(example.rooms.url, trusting(made.cert))
    const renewed = certificate({ name: 'IP:127.0.0.1,IP:::1' })
    writeFileSync(files.TLS_KEY, renewed.key)
    writeFileSync(files.TLS_CERT, renewed.cert)
    example.reload()
    await online(client(example.rooms.url, trusting(renewed.cert)))
    await shutsDown(example)
  })

  it('a Unix socket behind nginx, which is reloaded, and outlives the server', async () => {
    const socket = join(scratch, 'app.sock')
    const example = await run('SOCKET', { SOCKET: socket })
    const { rooms } = example
    expect(rooms.url).toBe(`ws+unix:${socket}:/rooms`)
    const nginx = await proxied(socket)
    await talks(`ws://127.0.0.1:${nginx.port}/rooms`)
    const reader = client(`ws://127.0.0.1:${nginx.port}/rooms`, { backoff: { floorMs: 5, firstMs: 10, capMs: 50 } })
    const seen = see(reader.room('lobby', anything).on('message'))
    await online(reader)
    nginx.reload()
    await firstValueFrom(rooms.publish('lobby', 'message', 'after'))
    await until('the message', () => seen.all.length === 1)
    const failures = see(
      client(`ws://127.0.0.1:${nginx.port}/other`, { backoff: { floorMs: 5, firstMs: 10, capMs: 50 } }).state$,
    )
    clients.forEach((each) => each.connect())
    const codes = (states: readonly { readonly because?: unknown }[]) =>
      JSON.stringify(states.map(({ because }) => because ?? ''))
    await until('404 of the application', () => codes(failures.all as never).includes('connection/not-found'))
    const states = see(reader.state$)
    await shutsDown(example)
    await until('502 of nginx', () => codes(states.all as never).includes('connection/unavailable'))
  })

  it('a health check of the application', async () => {
    const example = await run("'/healthz') return")
    expect((await fetched(httpOf(example.rooms, '/healthz'))).status).toBe(200)
    await online(client(example.rooms.url))
    example.rooms.drain()
    expect((await fetched(httpOf(example.rooms, '/healthz'))).status).toBe(503)
    await shutsDown(example)
  })

  it('metrics for Prometheus', async () => {
    const example = await run('prometheusType')
    await talks(example.rooms.url)
    const { text } = await fetched(httpOf(example.rooms, '/metrics'))
    expect(text).toContain('# TYPE rx_rooms_links gauge\nrx_rooms_links 2\n')
    expect(text).toContain('# TYPE rx_rooms_messages_out_total counter\nrx_rooms_messages_out_total 1\n')
    await shutsDown(example)
  })

  it('[SV210] metrics for a scraper with a token', async () => {
    const { rooms } = await run('METRICS_TOKEN', { METRICS_TOKEN: 'token-of-the-guide' })
    const answer = (authorization: string) => fetch(httpOf(rooms, '/metrics'), { headers: { authorization } })
    expect((await answer('Bearer token-of-the-guide')).status).toBe(200)
    expect((await answer('Bearer only-for-development')).status).toBe(401)
  })

  it('budgets for a worker that publishes for others', async () => {
    const { rooms, refused } = await run('budgets: {')
    await talks(rooms.url)
    expect((refused as () => unknown)()).toEqual({})
  })

  it('[SV113] logs of refusals and of a drain', async () => {
    said.length = 0
    const example = await run('logger:')
    client(example.rooms.url.replace('/rooms', '/other')).connect()
    await until('the refusal', () => said.length > 0)
    for (const made of clients) made.close()
    await talks(example.rooms.url)
    await shutsDown(example)
    expect(said).toEqual([
      'rx-rooms: handshake refused: no WebSocket is at the path "/other" (404)',
      'rx-rooms: draining: restart, 2 links, within 10000 ms',
      expect.stringMatching(/^rx-rooms: drained in \d+ ms$/),
      'rx-rooms: closed',
    ])
  })

  it('a shutdown, after which everything is on the disk', async () => {
    const directory = join(scratch, 'rooms')
    const example = await run("because: 'deploy'", { DATA: directory })
    await talks(example.rooms.url)
    await shutsDown(example)
    expect(readFileSync(join(directory, 'mark'), 'utf8')).toContain('closed')
  })

  it('every example was run', () => {
    expect(examples.filter((code) => !ran.has(code))).toEqual([])
  })
})

/** A real nginx with the configuration of the guide, on a free port. */
const proxied = async (socket: string): Promise<Nginx> => {
  const [, written = ''] = /^```nginx\n([\s\S]*?)^```$/m.exec(page) ?? []
  const nginx = await startNginx(written.replace('/run/app/app.sock', socket), scratch)
  ends.add(nginx.stop)
  return nginx
}
