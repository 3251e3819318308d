import { createServer } from 'node:http'
import { firstValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import type { ResultStream } from '../../lib/core/result.js'
import { createRoomServer, files, memory, serve, type ServeOptions } from '../../lib/node/index.js'
import { fakeServer, testServer, virtualTime } from '../../lib/testing/index.js'
import { left, see } from '../support/seen.js'
import { stopAll } from './support.js'

afterEach(stopAll)

/** Invalid options, the option that is named, and what the remedy says. */
const invalid: readonly [option: string, options: unknown, remedy: RegExp][] = [
  ['options', null, /^Write a plain object\./],
  ['authentificate', { authentificate: () => [null] }, /^Did you mean authenticate\?/],
  ['Authorize', { Authorize: () => [] }, /^Did you mean authorize\?/],
  ['orgins', { orgins: ['https://a.example'] }, /^Did you mean origins\?/],
  ['limits.roms', { limits: { roms: 7 } }, /^Did you mean rooms\?/],
  ['heartbeat.interval', { heartbeat: { interval: 7 } }, /^Did you mean intervalMs\?/],
  ['tls', { tls: {} }, /^Leave it out: there are .*authenticate, authorize,/],
  ['__proto__', JSON.parse('{"__proto__":{"port":0}}'), /^Leave it out/],
  ['authenticate', { authenticate: 'secret' }, /a function/],
  ['authorize', { authorize: {} }, /a function/],
  ['codecs', { codecs: [] }, /at least one codec/],
  ['codecs', { codecs: [{}] }, /at least one codec/],
  ['engine', { engine: {} }, /memory\(\)/],
  ['engine', { engine: 'memory' }, /memory\(\)/],
  ['messages', { engine: memory({ messages: 0 }) }, /a whole number from 1/],
  ['mesages', { engine: memory({ mesages: 7 } as object) }, /^Did you mean messages\?/],
  ['server', { server: {} }, /an HTTP or HTTPS server/],
  ['host', { host: 7 }, /a host name/],
  ['port', { port: 70_000 }, /from 0 to 65535/],
  ['port', { port: Number.NaN }, /from 0 to 65535/],
  ['port', { port: null }, /from 0 to 65535/],
  ['heartbeat.intervalMs', { heartbeat: { intervalMs: 0 } }, /from 1/],
  ['heartbeat', { heartbeat: [1] }, /a plain object/],
  ['limits.messageBytes', { limits: { messageBytes: 10 } }, /from 65536/],
  ['limits.history', { limits: { history: -1 } }, /from 1/],
  ['limits.history', { limits: { history: 'x' } }, /from 1/],
  ['path', { path: 'rooms' }, /starts with \//],
  ['path', { path: '/rooms?v=1' }, /without query/],
  ['path', { path: '/rooms#top' }, /without query, fragment/],
  ['path', { path: '/a/../rooms' }, /dot segments/],
  ['path', { path: '/a/%2e%2E/rooms' }, /dot segments/],
  ['path', { path: '/%' }, /a path/],
  ['path', { path: '/räume x' }, /^Percent-encode it: write '\/r%C3%A4ume%20x'\.$/],
  ['health', { health: '/a%20b c' }, /write '\/a%20b%20c'/],
  ['origins', { origins: 'https://good.example' }, /a list/],
  ['origins[0]', { origins: ['*'] }, /origins: '\*' lets in every page/],
  ['origins[1]', { origins: ['https://a.example', 'https://b.example/app'] }, /without path/],
  ['origins', { origins: 'any' }, /'same-host' or '\*'/],
  ['proxies', { proxies: -1 }, /whole number/],
  ['origins[0]', { origins: ['a.example'] }, /as browsers send it/],
  ['origins[0]', { origins: [/a/] }, /as browsers send it/],
  ['scheduler', { scheduler: Date }, /a scheduler/],
  [
    'options',
    {
      get port(): number {
        throw new Error('no')
      },
    },
    /plain/,
  ],
]

describe('options of a server', () => {
  it.each(invalid)(
    '[SV92] an invalid %s is a Left that names it and says what to write',
    async (option, options, remedy) => {
      const error = left(await firstValueFrom(serve(options as ServeOptions)))
      expect(error).toMatchObject({ _tag: 'ConfigError', code: 'config/invalid', kind: 'terminal', option })
      expect(error.remedy).toMatch(remedy)
    },
  )

  it('[SV92] valid ones are taken', async () => {
    const origins = ['https://a.example', 'http://localhost:5173', 'null', 'capacitor://localhost', 'http://[::1]:80']
    for (const options of [
      { origins, proxies: 1 },
      { origins: '*' as const },
      { origins: 'same-host' as const },
      { port: 0, host: 'localhost', path: '/räume', limits: {} },
    ]) {
      const { right } = (await firstValueFrom(serve({ port: 0, ...options }))) as E.Right<{ close: () => unknown }>
      right.close()
    }
  })

  it('[SV92] a room server made with invalid ones lets nobody in and says why', async () => {
    const options = { engine: memory(), authentificate: () => [null] }
    const server = createRoomServer(options)
    const closed: unknown[] = []
    server.accept({
      protocol: 'rx-rooms.v1.json',
      send: () => undefined,
      buffered: () => 0,
      terminate: () => undefined,
      close: (code) => closed.push(code),
    })
    expect(closed).toEqual([1001])
    const error = { left: { _tag: 'ConfigError', option: 'authentificate' } }
    const actions: ResultStream<unknown>[] = [
      server.publish('r', 'e'),
      server.kick('r', 'u'),
      server.expire('u'),
      server.drain(),
    ]
    for (const action of actions) expect(await firstValueFrom(action)).toMatchObject(error)
    expect(see(server.faults$).only()).toMatchObject({
      where: 'options',
      message: expect.stringContaining('authenticate?') as string,
    })
    expect(see(server.faults$).all).toHaveLength(1)
  })

  it('[SV92] those of drain are looked at too', async () => {
    const server = createRoomServer({ engine: memory() })
    const error = left(await firstValueFrom(server.drain({ afterms: 5 } as object)))
    expect(error).toMatchObject({ option: 'afterms', remedy: expect.stringMatching(/^Did you mean afterMs/) as string })
    expect(left(await firstValueFrom(server.drain({ spreadMs: -1 })))).toMatchObject({ option: 'spreadMs' })
    expect(server.metrics().links).toBe(0)
    server.close()
  })

  it('[SV92] an HTTP server that is closed before it listens is a Left', async () => {
    const http = createServer()
    const answer$ = serve({ server: http })
    http.emit('close')
    expect(left(await firstValueFrom(answer$))).toMatchObject({ code: 'server/closed' })
    expect(http.listenerCount('upgrade')).toBe(0)
  })

  it('[EN29] those of an engine on files are named', async () => {
    for (const [option, options] of [
      ['durabilty', { directory: '/tmp/x', durabilty: 'always' }],
      ['directory', {}],
    ] as const)
      expect(left(await firstValueFrom(files(options as never)))).toMatchObject({ code: 'config/invalid', option })
  })

  it('[TE24] those of test servers fail the test', async () => {
    const authentificate = () => [null]
    await expect(testServer({ authentificate } as object)).rejects.toThrow('Did you mean authenticate?')
    expect(() => fakeServer(virtualTime(), { latency: 7 } as object)).toThrow(
      'There is no option latency. Did you mean latencyMs?',
    )
  })
})
