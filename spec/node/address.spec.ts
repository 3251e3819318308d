import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server as HttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../../lib/index.js'
import { addressOf } from '../../lib/node/address.js'
import { see } from '../support/seen.js'
import { started, stopAll, until } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'rx-rooms-url-'))
afterEach(stopAll)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const connects = async (url: string): Promise<void> => {
  const client = createClient({ url })
  const { all } = see(client.connect())
  await until(`an answer of ${url}`, () => (all.length > 0 ? true : undefined))
  client.close()
  expect(all[0]).toMatchObject({ _tag: 'Right' })
}

describe('the url of a server', () => {
  it.each([
    ['', /^ws:\/\/(\[::1\]|127\.0\.0\.1):\d+$/],
    ['0.0.0.0', /^ws:\/\/127\.0\.0\.1:\d+$/],
    ['localhost', /^ws:\/\/localhost:\d+$/],
  ])('[SV108] of host "%s" can be connected to', async (host, form) => {
    const { server } = await started({ host })
    expect(server.url).toMatch(form)
    await connects(server.url)
  })

  it.each([
    ['/rooms/', '/rooms/'],
    ['/räume', '/r%C3%A4ume'],
    ['/r%c3%a4ume', '/r%C3%A4ume'],
    ['/a%20b', '/a%20b'],
  ])('[SV108] with the path %s is encoded, and clients may write it either way', async (path, encoded) => {
    const { server } = await started({ path })
    expect(server.url).toBe(`ws://127.0.0.1:${server.port}${encoded}`)
    await connects(server.url)
    await connects(`ws://127.0.0.1:${server.port}${path}`)
  })

  it.each([true, false])('[SV108] on a Unix socket can be connected to, listening before: %s', async (isBefore) => {
    const file = join(folder, `app-${isBefore}.sock`)
    const http = createServer()
    if (isBefore) http.listen(file)
    if (isBefore) await until('the socket', () => (http.listening ? true : undefined))
    const answer = started({ server: http, path: '/rooms' })
    if (!isBefore) http.listen(file)
    const { server } = await answer
    expect(server).toMatchObject({ url: `ws+unix:${file}:/rooms`, port: 0 })
    await connects(server.url)
    stopAll()
    http.close()
  })

  it('[SV108] is empty where there is no url for the socket', () => {
    const on = (address: string, more: object = {}): string =>
      addressOf({ address: () => address, ...more } as unknown as HttpServer, undefined, '/rooms').url
    expect(on('/run/app.sock')).toBe('ws+unix:/run/app.sock:/rooms')
    expect(on('\\\\.\\pipe\\app')).toBe('ws+unix:\\\\.\\pipe\\app:/rooms')
    expect(on('/run/my app.sock')).toBe('')
    expect(on('/run/a:b.sock')).toBe('')
    expect(on('/run/app.sock', { setSecureContext: () => undefined })).toBe('')
  })
})
