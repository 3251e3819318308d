import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import type { ServeOptions, Server } from '../../lib/node/index.js'
import { readExposition } from '../support/exposition.js'
import { see } from '../support/seen.js'
import { hello } from '../server/support/peer.js'
import { answered, connected, holds, started, stopAll } from './support.js'

afterEach(stopAll)

interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly asks: string | undefined
  readonly text: string
}

const ask = (
  { port }: Server,
  path: string,
  { method = 'GET', ...headers }: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => {
        const { 'content-type': type, 'www-authenticate': asks } = response.headers
        resolve({ status: response.statusCode, type, asks, text })
      })
    })
      .on('error', reject)
      .end()
  })

const statuses = async (server: Server, ...all: readonly Readonly<Record<string, string>>[]) =>
  Promise.all(all.map(async (headers) => (await ask(server, '/metrics', headers)).status))

const token = 'a-token-of-prometheus'

describe('the metrics of a server over HTTP', () => {
  it('[SV208] are at the path of the option, in the format of Prometheus, and nowhere by default', async () => {
    const { server } = await started({ metrics: '/metrics' })
    const peer = await connected(server.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    const { status, type, text } = await ask(server, '/metrics?x=1')
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const read = readExposition(text)
    expect(read.get('rx_rooms_sessions')?.samples).toMatchObject([{ value: 1 }])
    expect(read.get('rx_rooms_frames_in_total')?.samples).toMatchObject([{ value: 1 }])
    const { server: other } = await started()
    expect((await ask(other, '/metrics')).status).toBe(426)
  })

  it('[SV209] are for this machine only by default: not through a proxy, and not for a page with a lying name server', async () => {
    const { server } = await started({ metrics: '/metrics' })
    expect(
      await statuses(
        server,
        {},
        { host: 'localhost:7420' },
        { host: 'evil.example' },
        { 'x-forwarded-for': '127.0.0.1' },
        { forwarded: 'for=127.0.0.1' },
        { 'x-real-ip': '127.0.0.1' },
        { via: '1.1 proxy' },
      ),
    ).toEqual([200, 200, 403, 403, 403, 403, 403])
    expect((await ask(server, '/metrics', { via: '1.1 x' })).text).not.toContain('rx_rooms')
  })

  it('[SV209] are refused to another machine', async () => {
    const { plainAnswer } = await import('../../lib/node/plain.js')
    const { server } = await started()
    const answer = plainAnswer(server, { fault: () => undefined }, { metrics: '/metrics' })
    const statusFor = (remoteAddress: string | undefined): number => {
      let said = 0
      const response = {
        setHeader: () => undefined,
        writeHead: (status: number) => (said = status),
        end: () => undefined,
      }
      const asked = { url: '/metrics', method: 'GET', headers: { host: 'localhost' }, socket: { remoteAddress } }
      answer(asked as never, response as never)
      return said
    }
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.7', '::ffff:10.0.0.7', undefined].map(statusFor)).toEqual([
      200, 200, 200, 403, 403, 403,
    ])
  })

  it('[SV210] are for who shows the token, also through a proxy', async () => {
    const { server } = await started({ metrics: { path: '/metrics', readers: { token } } })
    const via = { 'x-forwarded-for': '203.0.113.9' }
    expect(
      await statuses(
        server,
        { authorization: `Bearer ${token}`, ...via },
        { authorization: `bearer  ${token}` },
        { authorization: `Bearer ${token}x` },
        { authorization: `Basic ${token}` },
        { authorization: token },
        {},
      ),
    ).toEqual([200, 200, 401, 401, 401, 401])
    expect((await ask(server, '/metrics')).asks).toBe('Bearer')
  })

  it('[SV210] are for requests that a function takes; one that throws is a fault and lets nobody read', async () => {
    const { server } = await started({
      metrics: {
        path: '/metrics',
        readers: ({ headers }) => {
          if (headers['x-team'] === 'broken') throw new Error('no list of teams')
          if (headers['x-team'] === 'hasty') return Promise.resolve(false) as never
          return headers['x-team'] === 'operators'
        },
      },
    })
    const faults = see(server.faults$)
    expect(
      await statuses(
        server,
        { 'x-team': 'operators' },
        { 'x-team': 'others' },
        { 'x-team': 'broken' },
        { 'x-team': 'hasty' },
        {},
      ),
    ).toEqual([200, 403, 403, 403, 403])
    expect(faults.all).toMatchObject([
      { where: 'hook', message: expect.stringContaining('no list of teams') as string },
    ])
  })

  it('[SV211] wrong options are named, and a token is in no error', async () => {
    const wrong: readonly (readonly [ServeOptions, string])[] = [
      [{ metrics: 'metrics' }, 'metrics'],
      [{ metrics: {} as never }, 'metrics.path'],
      [{ metrics: { path: '/a b' } }, 'metrics.path'],
      [{ metrics: { path: '/m', readers: 'everybody' as never } }, 'metrics.readers'],
      [{ metrics: { path: '/m', readers: { token: 'short-secret' } } }, 'metrics.readers.token'],
      [{ metrics: { path: '/m', reader: 1 } as never }, 'metrics.reader'],
      [{ metrics: '/health', health: '/health' }, 'metrics'],
      [{ metrics: '/metrics', server: createServer() }, 'metrics'],
    ]
    for (const [options, option] of wrong) {
      const { result } = await answered({ port: 0, ...options })
      expect(result).toMatchObject({ left: { option } })
      expect(JSON.stringify(result)).not.toContain('short-secret')
    }
    const { result } = await answered({ port: 0, metrics: { path: '/a b' } })
    expect(result).toMatchObject({ left: { remedy: expect.stringContaining("'/a%20b'") as string } })
  })

  it('[SV212] liveness is 200 while the process answers, readiness 503 while it drains; other methods are 405', async () => {
    const { server } = await started({ health: '/healthz', metrics: '/metrics' })
    const peer = await connected(server.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    const both = async () => [(await ask(server, '/healthz')).status, (await ask(server, '/healthz/live')).status]
    expect(await both()).toEqual([200, 200])
    server.drain()
    expect(await both()).toEqual([503, 200])
    const { text } = await ask(server, '/healthz/live')
    expect(JSON.parse(text)).toMatchObject({ status: 'draining', links: 1 })
    for (const path of ['/healthz', '/healthz/live', '/metrics']) {
      expect((await ask(server, path, { method: 'POST' })).status).toBe(405)
      expect(await ask(server, path, { method: 'HEAD' })).toMatchObject({ text: '' })
    }
    const root = await started({ health: '/' })
    expect((await ask(root.server, '/live')).status).toBe(200)
  })

  it('[SV208] a scraper that stays connected gets each answer', async () => {
    const { server } = await started({ metrics: '/metrics' })
    const socket = connect(server.port, '127.0.0.1')
    let said = ''
    socket.on('data', (data: Buffer) => (said += data.toString()))
    const head = 'GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'
    socket.write(head)
    await holds('the first answer', () => said.split('rx_rooms_links 0').length === 2)
    socket.write(head)
    await holds('the second answer', () => said.split('rx_rooms_links 0').length === 3)
    socket.destroy()
  })
})
