import { createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { firstValueFrom, lastValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import { memory, serve } from '../../lib/node/index.js'
import { hello, join, pub } from '../server/support/peer.js'
import { answered, connected, holds, started, stopAll, until } from './support.js'

afterEach(stopAll)

describe('serve', () => {
  it('[SV90] listens on a free port and says where; rooms work', async () => {
    const { server } = await started()
    expect(server.url).toBe(`ws://127.0.0.1:${server.port}`)
    const [a, b] = [await connected(server.url), await connected(server.url)]
    a.send(hello({ session: { instance: 'a', generation: 1 }, rooms: [join(1, 'r')] }))
    b.send(hello({ session: { instance: 'b', generation: 1 } }))
    await holds('a to be in', () => a.tags().includes('joined'))
    b.send(pub(1, 'r', 1, { data: { text: 'grüß dich 👋' } }))
    await holds('the message', () => a.tags().includes('m'))
    expect(a.frames.at(-1)).toMatchObject([
      'm',
      1,
      1,
      'p1.1',
      'e',
      ['anonymous', expect.any(String)],
      expect.any(Number),
      { text: 'grüß dich 👋' },
    ])
    await holds('the ack', () => b.tags().includes('a'))
    expect(server.metrics()).toMatchObject({ links: 2, accepted: 1, messagesOut: 1 })
  })

  it('[SV90] starts at the call, answers once and again to late subscribers, and outlives all of them', async () => {
    const answer$ = serve({ port: 0 })
    const first = await firstValueFrom(answer$)
    const again = await firstValueFrom(answer$)
    expect(again).toBe(first)
    if (E.isLeft(first)) throw new Error(first.left.message)
    const peer = await connected(first.right.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    await firstValueFrom(first.right.close())
  })

  it('[SV98] close and drain answer once, the same to each caller; disposing closes', async () => {
    const { server } = await started()
    server.drain()
    expect(await firstValueFrom(server.drain())).toEqual(E.right(undefined))
    server.close()
    expect(await firstValueFrom(server.close())).toEqual(E.right(undefined))
    expect(await lastValueFrom(server.close())).toEqual(E.right(undefined))
    const { server: second } = await started()
    await second[Symbol.asyncDispose]()
    const third = await started({ port: second.port })
    third.server[Symbol.dispose]()
    await holds('the end', () => third.server.metrics().links === 0)
    expect(await firstValueFrom(third.server.close())).toEqual(E.right(undefined))
  })

  it('[SV91] a port that is taken is a Left that says what to do, and completes', async () => {
    const { server } = await started()
    const { result, isComplete } = await answered({ port: server.port })
    expect(result).toMatchObject({ left: { _tag: 'ConnectionError', code: 'server/port-taken', kind: 'terminal' } })
    if (E.isLeft(result)) expect(result.left.remedy).toContain('another port')
    expect(isComplete()).toBe(true)
  })

  it('[SV91] so is a host that is not this machine', async () => {
    const { result } = await answered({ port: 0, host: '203.0.113.1' })
    expect(result).toMatchObject({ left: { code: 'server/listen', kind: 'terminal' } })
  })

  it('[SV93] a server over the same engine goes on with its rooms', async () => {
    const engine = memory()
    const first = await started({ engine })
    const before = await connected(first.server.url)
    before.send(hello({ rooms: [join(1, 'r')] }))
    before.send(pub(1, 'r', 1))
    const joined = await until('joined', () => before.frames.find((frame) => 't' in frame && frame.t === 'joined'))
    await holds('the ack', () => before.tags().includes('a'))
    first.stop()
    await holds('the end', () => before.closedWith() === 1001)
    const second = await started({ engine, port: first.server.port })
    const after = await connected(second.server.url)
    const epoch = 'epoch' in joined ? joined.epoch : ''
    after.send(
      hello({ session: { instance: 'i1', generation: 2 }, rooms: [join(1, 'r', { from: { epoch, offset: 0 } })] }),
    )
    await holds('the message', () => after.offsets().length === 1)
    after.send(pub(1, 'r', 1, { flags: 1 }))
    await until('the repeated ack', () =>
      after.frames.find((frame) => !('t' in frame) && frame[0] === 'a' && frame[2] === 1),
    )
  })

  it('[SV94][P11] a page of another origin is told why in band, then closed with 4403', async () => {
    const { server } = await started({ origins: ['https://good.example'] })
    const bad = await connected(server.url, { origin: 'https://bad.example' })
    await holds('the end', () => bad.closedWith() === 4403)
    expect(bad.frames).toMatchObject([{ t: 'refused', code: 'server/origin', kind: 'terminal' }])
    for (const options of [{ origin: 'https://good.example' }, {}]) {
      const good = await connected(server.url, options)
      good.send(hello({ session: { instance: String(options.origin), generation: 1 } }))
      await holds('the welcome', () => good.tags().includes('welcome'))
    }
  })

  it('[SV95] a subprotocol that is not spoken is refused in the handshake', async () => {
    const { server } = await started()
    await expect(connected(server.url, {}, 'graphql-transport-ws')).rejects.toThrow('400')
    const peer = await connected(server.url, {}, 'rx-rooms.v1.json')
    expect(peer.socket.protocol).toBe('rx-rooms.v1.json')
  })

  it('[SV96] serves beside other things over an HTTP server of the application, on its path', async () => {
    const http = createServer((_, response) => response.end('a page'))
    http.listen(0, '127.0.0.1')
    await holds('http', () => http.listening)
    const { server, stop } = await started({ server: http, path: '/rooms' })
    const { port } = http.address() as AddressInfo
    expect(server.url).toBe(`ws://127.0.0.1:${port}/rooms`)
    const peer = await connected(`${server.url}?v=1`)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    stop()
    await holds('the end', () => peer.closedWith() === 1001)
    expect(http.listening).toBe(true)
    let page = ''
    get(`http://127.0.0.1:${port}/`, (response) => response.on('data', (data: Buffer) => (page += data.toString())))
    await holds('the page', () => page === 'a page')
    http.close()
    http.closeAllConnections()
  })

  it('[SV96] elsewhere than on its path there is nothing, and no WebSocket is a hint', async () => {
    const { server } = await started({ path: '/rooms' })
    const root = server.url.replace('/rooms', '')
    await expect(connected(`${root}/other`)).rejects.toThrow('404')
    let status = 0
    get(root.replace('ws:', 'http:'), (response) => {
      status = response.statusCode ?? 0
      response.resume()
    })
    await holds('an answer', () => status === 426)
  })

  it('[SV97] a message larger than the limit ends the link with 1009', async () => {
    const { server } = await started({ limits: { messageBytes: 64 * 1024 } })
    const peer = await connected(server.url)
    peer.send(hello())
    peer.socket.send('x'.repeat(64 * 1024 + 1))
    await holds('the end', () => peer.closedWith() === 1009)
    await holds('no link', () => server.metrics().links === 0)
  })

  it('[SV98][P26] closing ends links, completes, and leaves the port free and nothing running', async () => {
    const baseline = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
    const { result, isComplete } = await answered({ port: 0 })
    if (E.isLeft(result)) throw new Error(result.left.message)
    const server = result.right
    const peer = await connected(server.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    let isClosed = false
    server.close().subscribe({ complete: () => (isClosed = true) })
    await holds('the release', () => isClosed && peer.closedWith() === 1001)
    expect(isComplete()).toBe(true)
    await started({ port: server.port })
    stopAll()
    await holds(
      'nothing left',
      () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length <= baseline,
    )
  })

  it('[SV98] a client that vanishes without a word is noticed', async () => {
    const { server } = await started()
    const raw = connect(server.port, '127.0.0.1')
    raw.write(
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
    await holds('the link', () => server.metrics().links === 1)
    raw.resetAndDestroy()
    await holds('its end', () => server.metrics().links === 0)
  })

  it('[SV98] drain over real sockets answers and closes with 1012', async () => {
    const { server } = await started()
    const peer = await connected(server.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    peer.send(pub(1, 'r', 1))
    let isDrained = false
    server.drain({ afterMs: 10 }).subscribe({ complete: () => (isDrained = true) })
    const ping = await until('the barrier', () => peer.frames.find((frame) => 't' in frame && frame.t === 'ping'))
    peer.send({ t: 'pong', n: 'n' in ping ? ping.n : 0 })
    await holds('the end', () => peer.closedWith() === 1012 && isDrained)
    expect(peer.tags()).toEqual(expect.arrayContaining(['a', 'bye', 'bye.done']))
    expect(peer.tags().at(-1)).toBe('bye.done')
  })

  it('[SV99][SV40] a reader that stops is read from the log when it goes on, without a hole', async () => {
    const { server } = await started({ highWaterBytes: 128 * 1024, engine: memory({ bytes: 2 ** 26 }) })
    const slow = await connected(server.url)
    const quick = await connected(server.url)
    slow.send(hello({ session: { instance: 'slow', generation: 1 }, rooms: [join(1, 'r')] }))
    quick.send(hello({ session: { instance: 'quick', generation: 1 }, rooms: [join(1, 'r')] }))
    await holds('both', () => server.metrics().members === 2)
    slow.socket.pause()
    const data = 'x'.repeat(10_000)
    const total = 3_000
    for (let n = 0; n < total; n++) {
      server.publish('r', 'e', data)
      if (n % 100 === 0) await holds('the quick one', () => quick.offsets().length >= n - 100)
    }
    await holds('the quick one', () => quick.offsets().length === total)
    expect(server.metrics().catchUps).toBeGreaterThan(0)
    slow.socket.resume()
    await holds('the slow one', () => slow.offsets().length === total)
    expect(slow.offsets()).toEqual(Array.from({ length: total }, (_, at) => at + 1))
  })
})
