import { createServer, get } from 'node:http'
import { firstValueFrom } from 'rxjs'
import { serve } from '../../lib/node/index.js'
import { left } from '../support/seen.js'
import { answered, connected, holds, started, stopAll } from './support.js'
import { hello } from '../server/support/peer.js'

afterEach(stopAll)

interface Page {
  readonly status: number | undefined
  readonly text: string
}

const page = (url: string): Promise<Page> =>
  new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => {
        resolve({ status: response.statusCode, text })
      })
    }).on('error', reject)
  })

describe('the health check', () => {
  it('[SV110] is 200 with totals while the server is open, 503 while it drains, and off by default', async () => {
    const { server } = await started({ health: '/healthz' })
    const url = `http://127.0.0.1:${server.port}`
    const peer = await connected(server.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    const totals = { links: 1, sessions: 1, rooms: 0, members: 0 }
    const { status, text } = await page(`${url}/healthz?probe=1`)
    expect([status, JSON.parse(text)]).toEqual([200, { status: 'open', ...totals }])
    server.drain()
    const draining = await page(`${url}/healthz`)
    expect([draining.status, JSON.parse(draining.text)]).toEqual([503, { status: 'draining', ...totals }])
    expect((await page(`${url}/`)).status).toBe(426)
    const { server: other } = await started()
    expect((await page(`http://127.0.0.1:${other.port}/healthz`)).status).toBe(426)
  })

  it('[SV110] is left to the handler of an application that has its own', async () => {
    const { result } = await answered({ server: createServer(), health: '/healthz' })
    expect(result).toMatchObject({ left: { option: 'health', remedy: expect.stringContaining('status()') as string } })
  })
})

describe('a wait for the server', () => {
  it('[SV111] ends with the signal or the time; what was opened for serve is closed, drain and close go on', async () => {
    const http = createServer()
    expect(left(await firstValueFrom(serve({ server: http, withinMs: 20 })))).toMatchObject({ code: 'server/timeout' })
    const controller = new AbortController()
    const answer$ = serve({ server: http, signal: controller.signal })
    expect(http.listenerCount('upgrade')).toBe(1)
    controller.abort()
    expect(left(await firstValueFrom(answer$))).toMatchObject({ code: 'server/aborted' })
    await holds('that nothing is left', () => http.listenerCount('upgrade') === 0)
    const listeners = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
    const before = listeners()
    const early = new AbortController()
    const early$ = serve({ port: 0, signal: early.signal })
    early.abort()
    expect(left(await firstValueFrom(early$))).toMatchObject({ code: 'server/aborted' })
    const { server } = await started()
    await holds('that one server listens', () => listeners() === before + 1)
    const peer = await connected(server.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
    expect(left(await firstValueFrom(server.drain({ withinMs: 1 })))).toMatchObject({ code: 'server/timeout' })
    expect(server.status()).toBe('draining')
    expect(left(await firstValueFrom(server.close({ signal: controller.signal })))).toMatchObject({
      code: 'server/aborted',
    })
    expect(await firstValueFrom(server.close())).toMatchObject({ _tag: 'Right' })
    expect(server.status()).toBe('closed')
    expect(left(await firstValueFrom(server.close({ within: 1 } as object)))).toMatchObject({ option: 'within' })
    expect(left(await firstValueFrom(serve({ port: 0, signal: {} as AbortSignal })))).toMatchObject({
      option: 'signal',
    })
  })
})
