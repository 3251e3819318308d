import { connect } from 'node:net'
import { of } from 'rxjs'
import WebSocket from 'ws'
import { hello, join, pub } from '../server/support/peer.js'
import { connected, holds, started, stopAll, until } from './support.js'

const claim = (instance: string) => hello({ session: { instance, generation: 1 } })
const rate = (perSecond: number, burst: number) => ({ perSecond, burst })

describe('the edge of a server', () => {
  afterEach(stopAll)

  it('[SV130] refuses pages of other hosts unless told otherwise, counts them and reports the first', async () => {
    const { server } = await started()
    const faults: string[] = []
    server.faults$.subscribe(({ where, message }) => faults.push(`${where}: ${message}`))
    for (const origin of ['https://evil.example', 'https://other.example']) {
      const page = await connected(server.url, { origin })
      await holds('the end', () => page.closedWith() === 4403)
    }
    const rebound = await connected(server.url, { origin: 'http://evil.example', headers: { host: 'evil.example' } })
    await holds('the end', () => rebound.closedWith() === 4403)
    expect(faults).toEqual([expect.stringMatching(/^options: .*evil\.example.*origins/)])
    expect(server.metrics()).toMatchObject({ refusals: 3, causes: { 'server/origin': 3 } })
    const own = await connected(server.url, { origin: 'http://localhost:5173' })
    own.send(claim('own'))
    await holds('the welcome', () => own.tags().includes('welcome'))
  })

  it('[SV131] authenticate gets the address, behind a trusted proxy that of the client', async () => {
    for (const [proxies, expected] of [
      [0, '127.0.0.1'],
      [1, '203.0.113.9'],
    ] as const) {
      // prettier-ignore
      const addresses: (string | undefined)[] = []
      const { server } = await started({
        proxies,
        authenticate: ({ address }) => {
          addresses.push(address)
          return of({ user: 'ann' })
        },
      })
      const peer = await connected(server.url, { headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } })
      peer.send(claim('i'))
      await holds('the welcome', () => peer.tags().includes('welcome'))
      expect(addresses).toEqual([expected])
    }
  })

  it('[SV132] handshakes above the rate are refused with 429 and when to come back', async () => {
    const { server } = await started({ budgets: { address: { handshakes: rate(0.25, 2) } } })
    await connected(server.url)
    await connected(server.url)
    const refused = new WebSocket(server.url)
    const answer = await new Promise<{ readonly status?: number | undefined; readonly after?: string | undefined }>(
      (done) => {
        refused.on('unexpected-response', (_, { statusCode, headers }) => {
          done({ status: statusCode, after: headers['retry-after'] })
        })
        refused.on('error', () => undefined)
      },
    )
    refused.terminate()
    expect(answer).toEqual({ status: 429, after: '4' })
    expect(server.metrics().causes).toEqual({ 'server/rate': 1 })
  })

  it('[SV133] a socket that sends no request, or half of one, is ended', async () => {
    const { server } = await started({ handshakeMs: 300 })
    const ends = ['', 'GET / HTTP/1.1\r\nHost: localhost\r\n'].map((text) => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => undefined).on('data', () => undefined)
      socket.write(text)
      return new Promise<true>((done) => socket.on('close', () => { done(true) })) // prettier-ignore
    })
    expect(await Promise.all(ends)).toEqual([true, true])
  })

  it('[SV134] warns where everybody on the network may come', async () => {
    const warnings: string[] = []
    const emitted = jest
      .spyOn(process, 'emitWarning')
      .mockImplementation((message) => void warnings.push(String(message)))
    const lines: string[] = []
    const logger = {
      debug: () => undefined,
      info: () => undefined,
      error: (line: string) => void lines.push(line),
      warn: (line: string) => void lines.push(line),
    }
    const everybody = { authenticate: () => of({ user: 'ann' }) }
    for (const options of [{ host: '127.0.0.1' }, { host: 'localhost' }, { host: '0.0.0.0', ...everybody }])
      await started(options)
    await started({ host: '0.0.0.0', logger })
    for (let at = 0; at < 2; at++) await started({ host: '0.0.0.0' })
    emitted.mockRestore()
    expect(warnings).toEqual([expect.stringMatching(/without authenticate/)])
    expect(lines).toEqual([expect.stringMatching(/options: .*without authenticate/)])
  })

  it('[SV141] a message that is not complete counts as memory, and before the welcome it may not be large', async () => {
    const { server } = await started({ budgets: { server: { memory: 600_000 } } })
    const piece = 'x'.repeat(400_000)
    const early = await connected(server.url)
    early.socket.send(piece, { fin: false })
    await holds('the refusal', () => server.metrics().causes['protocol/too-large'] === 1)
    const open = await connected(server.url)
    open.send(claim('i'))
    await holds('the welcome', () => open.tags().includes('welcome'))
    for (let more = 0; more < 2; more++) open.socket.send(piece, { fin: false })
    await holds('the end', () => server.metrics().causes['server/memory'] === 1)
  })

  it('[SV120] over a real socket everything arrives that was sent above the rate', async () => {
    const { server } = await started({ budgets: { connection: { frames: rate(200, 50) } } })
    const peer = await connected(server.url)
    peer.send(claim('i'), join(1, 'r'))
    for (let seq = 1; seq <= 150; seq++) peer.send(pub(seq, 'r', seq))
    await until('the last message', () => peer.offsets().length === 150 || undefined)
    expect(server.metrics()).toMatchObject({ accepted: 150, refusals: 0 })
    expect(server.metrics().slowed).toBeGreaterThan(0)
  })
})
