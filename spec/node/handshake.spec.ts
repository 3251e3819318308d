import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import Ws from 'ws'
import { type Client, type ClientOptions, createClient, webSocket, tokens } from '../../lib/index.js'
import type { ConnectionState as State } from '../../lib/connection/model.js'
import type { WebSocketError } from '../../lib/core/error.js'
import { certificate } from '../support/certificate.js'
import { see } from '../support/seen.js'
import { started, stopAll, until } from './support.js'

const servers = new Set<TcpServer>()
const clients = new Set<Client>()

const listening = async <S extends TcpServer>(server: S): Promise<S> => {
  servers.add(server)
  server.listen(0, '127.0.0.1')
  await until('a port', () => (server.listening ? true : undefined))
  return server
}
const portOf = (server: TcpServer): number => (server.address() as AddressInfo).port

/** An HTTP server that answers each handshake with a status, as gateways do. */
const gateway = (answer: (response: ServerResponse) => void): Promise<HttpServer> =>
  listening(
    createServer((_, response) => {
      answer(response)
    }),
  )

interface Failure {
  readonly state: string
  readonly because: WebSocketError
  readonly waitsMs: number
}

/** The state that the first failure leads to. */
const failure = async (url: string, options: Partial<ClientOptions> = {}): Promise<Failure> => {
  const client = createClient({ url, ...options })
  clients.add(client)
  const { all } = see(client.state$)
  client.connect()
  const isOver = (state: State) => state._tag === 'Waiting' || state._tag === 'Stopped'
  const found = await until(`a failure at ${url}`, () => all.find(isOver))
  const waitsMs = found._tag === 'Waiting' ? found.until - performance.now() : 0
  return { state: found._tag, because: found.because, waitsMs }
}

afterEach(() => {
  stopAll()
  for (const client of clients) client.close()
  for (const server of servers) server.close()
  clients.clear()
  servers.clear()
})

describe('a handshake that is refused over HTTP', () => {
  it.each([503, 429])('[CN15][CN5] %i with Retry-After binds, in seconds and as a date', async (status) => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString()
    for (const [value, leastMs] of [
      ['60', 50_000],
      [inAnHour, 3_500_000],
    ] as const) {
      const server = await gateway((response) => response.writeHead(status, { 'retry-after': value }).end())
      const { state, because, waitsMs } = await failure(`ws://127.0.0.1:${portOf(server)}/rooms?room=7`)
      expect(state).toBe('Waiting')
      expect(because).toMatchObject({ _tag: 'ConnectionError', kind: 'retry', closeCode: 1006 })
      expect(because.code).toBe(status === 429 ? 'connection/too-many-requests' : 'connection/unavailable')
      expect(waitsMs).toBeGreaterThan(leastMs)
      expect(because.message).toContain(String(status))
      expect(because.message).not.toContain('room=7')
    }
  })

  it.each([
    [404, 'connection/not-found', 'Waiting', /\/rooms/],
    [410, 'connection/not-found', 'Stopped', /\/rooms/],
    [301, 'connection/redirected', 'Stopped', /\/rooms/],
    [302, 'connection/redirected', 'Waiting', /\/rooms/],
    [200, 'connection/not-websocket', 'Waiting', /Upgrade/],
    [426, 'connection/not-websocket', 'Waiting', /Upgrade/],
    [400, 'connection/handshake-refused', 'Waiting', /\/rooms/],
    [502, 'connection/unavailable', 'Waiting', /127\.0\.0\.1:\d/],
  ] as const)('[CN15] %i is %s, with a remedy that names what to check', async (status, code, state, remedy) => {
    const server = await gateway((response) => response.writeHead(status, { location: '/elsewhere' }).end('<html>'))
    const found = await failure(`ws://127.0.0.1:${portOf(server)}/rooms`)
    expect(found).toMatchObject({ state, because: { code } })
    expect(found.because.remedy).toMatch(remedy)
    expect(found.because.remedy).not.toContain('Nothing to do')
  })

  it.each([401, 403])('[CN15][CN8] %i asks for another token, and stops when that is refused too', async (status) => {
    const shown: string[] = []
    const server = await gateway((response) => response.writeHead(status).end())
    let count = 0
    const token = ({ reason }: { readonly reason: string }): string => {
      shown.push(reason)
      return `token-${++count}`
    }
    const { state, because } = await failure(`ws://127.0.0.1:${portOf(server)}/`, { token: tokens(token) })
    expect(state).toBe('Stopped')
    expect(because).toMatchObject({ _tag: 'AuthenticationError', code: 'auth/rejected', kind: 'reauth' })
    expect(because.remedy).toMatch(/^Call connect\(\) with another token\. What a proxy asks for/)
    expect(shown).toEqual(['first', 'rejected'])
    const without = await failure(`ws://127.0.0.1:${portOf(server)}/`)
    expect(without).toMatchObject({ state: 'Stopped', because: { code: 'auth/no-token' } })
  })
})

describe('a handshake that is not answered', () => {
  it('[CN15] where nothing listens', async () => {
    const server = await listening(createTcpServer())
    const port = portOf(server)
    server.close()
    await until('the end', () => (server.listening ? undefined : true))
    const { because } = await failure(`ws://127.0.0.1:${port}`)
    expect(because).toMatchObject({ code: 'connection/refused', kind: 'retry' })
    expect(because.remedy).toContain(`127.0.0.1:${port}`)
    expect((await failure('ws+unix:/nowhere/app.sock:/rooms')).because).toMatchObject({ code: 'connection/refused' })
  })

  it('[CN15] where the name is unknown', async () => {
    const { because } = await failure('ws://nowhere.invalid')
    expect(because).toMatchObject({ code: 'connection/dns', kind: 'retry' })
    expect(because.remedy).toContain('nowhere.invalid')
  })

  it('[CN15] where the server is no HTTP server, or hangs up', async () => {
    const chatty = await listening(
      createTcpServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-spec\r\n')),
    )
    expect((await failure(`ws://127.0.0.1:${portOf(chatty)}`)).because).toMatchObject({
      code: 'connection/not-websocket',
    })
    const rude = await listening(createTcpServer((socket) => socket.on('data', () => socket.resetAndDestroy())))
    expect((await failure(`ws://127.0.0.1:${portOf(rude)}`)).because).toMatchObject({ code: 'connection/reset' })
  })
})

describe('a TLS handshake that fails', () => {
  const trusting = (ca: Buffer) =>
    webSocket({
      WebSocket: class extends Ws {
        constructor(url: string, protocols: string[], options?: object) {
          super(url, protocols, { ...options, ca })
        }
      },
    })

  it('[CN15] where the certificate is signed by nobody, expired, or of another host', async () => {
    const cases = [
      ['untrusted', certificate(), false],
      ['expired', certificate({ days: -1 }), true],
      ['host', certificate({ name: 'DNS:other.example' }), true],
    ] as const
    for (const [code, made, isTrusted] of cases) {
      const server = await listening(createSecureServer(made))
      const url = `wss://127.0.0.1:${portOf(server)}`
      const { because } = await failure(url, isTrusted ? { transport: trusting(made.cert) } : {})
      expect(because).toMatchObject({ code: `connection/certificate-${code}`, kind: 'retry' })
      expect(because.message + because.remedy).toMatch(/certificate.*127\.0\.0\.1/)
    }
  })

  it('[CN15] where the server speaks no TLS', async () => {
    const plain = await gateway((response) => response.end())
    const { because } = await failure(`wss://127.0.0.1:${portOf(plain)}`)
    expect(because).toMatchObject({ code: 'connection/tls', kind: 'retry' })
  })

  it('[SV108] a server over TLS reports a wss: url', async () => {
    const made = certificate()
    const https = await listening(createSecureServer(made))
    const { server } = await started({ server: https, path: '/rooms' })
    expect(server.url).toBe(`wss://127.0.0.1:${portOf(https)}/rooms`)
    const client = createClient({ url: server.url, transport: trusting(made.cert) })
    clients.add(client)
    const { all } = see(client.connect())
    await until('an answer', () => (all.length > 0 ? true : undefined))
    expect(all[0]).toMatchObject({ _tag: 'Right' })
  })
})
