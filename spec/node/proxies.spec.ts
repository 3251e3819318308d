import type { ServeOptions } from '../../lib/node/index.js'
import { connected, holds, listening, started, stopAll, until, wire } from './support.js'

afterEach(stopAll)

/** A server, and its faults so far. */
const observed = async (options: ServeOptions = {}) => {
  const { server } = await started(options)
  const faults: string[] = []
  server.faults$.subscribe(({ where, message }) => faults.push(`${where}: ${message}`))
  return { server, faults }
}

const page = (name: string) => ({ origin: `http://${name}`, headers: { host: name } })

describe('a server behind a proxy', () => {
  it.each(['x-forwarded-for', 'forwarded'])('[SV139] says once that %s came, and proxies is 0', async (header) => {
    const { server, faults } = await observed()
    await connected(server.url)
    expect(faults).toEqual([])
    for (let at = 0; at < 2; at++) await connected(server.url, { headers: { [header]: 'for=203.0.113.9' } })
    expect(faults).toEqual([expect.stringMatching(/^options: .*all clients .* one address.*proxies: 1/)])
  })

  it('[SV139] says once that fewer proxies forward an address than proxies tells', async () => {
    const { server, faults } = await observed({ proxies: 2 })
    await connected(server.url, { headers: { 'x-forwarded-for': '203.0.113.9, 10.0.0.1' } })
    expect(faults).toEqual([])
    for (let at = 0; at < 2; at++) await connected(server.url, { headers: { 'x-forwarded-for': '203.0.113.9' } })
    expect(faults).toEqual([expect.stringMatching(/^options: .*place 2 .*one address/)])
  })

  it('[SV130] names proxies where a page is refused that came through one', async () => {
    for (const [headers, form] of [
      [{}, /origins: \['https:\/\/…'\]\.$/],
      [{ 'x-forwarded-for': '203.0.113.9' }, /origins.*proxies: 1/],
    ] as const) {
      const { server, faults } = await observed()
      const refused = await connected(server.url, { origin: 'https://app.example', headers })
      await holds('the end', () => refused.closedWith() === 4403)
      expect(faults.at(-1)).toMatch(form)
    }
  })
})

describe('pages of other names on the loopback', () => {
  it.each([
    ['127.0.0.1', 0, 4403],
    ['127.0.0.1', 1, undefined],
    ['0.0.0.0', 0, undefined],
  ])('[SV130] at an HTTP server on %s with %d proxies are closed with %s', async (host, proxies, code) => {
    const { server } = await started({ server: await listening({ host }), path: '/rooms', proxies })
    const rebound = await connected(server.url, page('evil.example'))
    if (code === undefined) await holds('the link', () => server.metrics().links === 1)
    else await holds('the end', () => rebound.closedWith() === code)
    expect(server.metrics().refusals).toBe(code === undefined ? 0 : 1)
    const own = await connected(server.url, page('localhost'))
    await holds('its link', () => server.metrics().links === (code === undefined ? 2 : 1))
    expect(own.closedWith()).toBeUndefined()
  })

  it('[SV130] may connect where the name was given as host', async () => {
    const http = await listening({ host: '127.0.0.1' })
    const { server } = await started({ server: http, path: '/rooms', host: 'Dev.example' })
    await connected(server.url, page('dev.example'))
    await holds('the link', () => server.metrics().links === 1)
  })
})

describe('sockets of one address', () => {
  it('[SV140] above twice its connections are ended and counted, until others close', async () => {
    const { server } = await started({ budgets: { address: { connections: 1 } } })
    const idle = [wire(server.port), wire(server.port)]
    await holds('both', () => idle.every(({ socket }) => !socket.connecting))
    const third = wire(server.port)
    await holds('its end', third.isClosed)
    expect(server.metrics()).toMatchObject({ refusals: 1, causes: { 'server/connections': 1 } })
    expect(idle.map(({ isClosed }) => isClosed())).toEqual([false, false])
    idle[0]?.socket.destroy()
    await until('a place', () => connected(server.url).catch(() => undefined))
    expect(server.metrics().links).toBe(1)
  })

  it('[SV140] count once where a request is read again', async () => {
    const { server } = await started({ budgets: { address: { connections: 1 } } })
    const asked = wire(server.port)
    for (let count = 1; count <= 3; count++) {
      asked.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
      await holds('an answer', () => asked.heard().split('HTTP/1.1 426').length === count + 1)
    }
    expect(server.metrics().refusals).toBe(0)
  })

  it('[SV140] are those of all clients behind a proxy, or of the application: they are not counted', async () => {
    const http = await listening({ host: '127.0.0.1' })
    const budgets = { address: { connections: 1 } }
    for (const options of [{ proxies: 1 }, { server: http, path: '/rooms' }]) {
      const { server } = await started({ ...options, budgets })
      const idle = Array.from({ length: 3 }, () => wire(server.port))
      await holds('all', () => idle.every(({ socket }) => !socket.connecting))
      await connected(server.url, { headers: { 'x-forwarded-for': '203.0.113.9' } })
      expect([server.metrics().refusals, idle.map(({ isClosed }) => isClosed())]).toEqual([0, [false, false, false]])
    }
  })
})
