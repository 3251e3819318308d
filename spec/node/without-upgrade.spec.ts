import { createServer, type IncomingMessage, type RequestListener, type Server as HttpServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { certificate } from '../support/certificate.js'
import { connected, holds, listening, started, stopAll, until, type Wire, wire } from './support.js'

/** Answers with what it was asked, once the whole body is here. */
const echo: RequestListener = (request, response) => {
  let body = ''
  request.on('data', (data: Buffer) => (body += data.toString()))
  request.on('end', () => {
    response.end(`<${request.method ?? ''} ${body} ${request.rawHeaders.join('|')}>`)
  })
}

const application = async (http: HttpServer): Promise<number> => {
  await listening({ http })
  await started({ server: http, path: '/rooms' })
  return (http.address() as AddressInfo).port
}
const echoing = (): Promise<number> => application(createServer(echo))

const head = (method: string, ...headers: readonly string[]): string =>
  [
    `${method} /page HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    ...headers,
    '\r\n',
  ].join('\r\n')

const answers = ({ heard }: Wire): readonly string[] => heard().match(/<[^>]*>/g) ?? []
const answered = (asked: Wire, count = 1): Promise<void> =>
  holds(`answer ${count}`, () => answers(asked).length === count)

afterEach(stopAll)

describe('a request with an upgrade to another protocol', () => {
  it('[SV106] reaches the handler with its body, plain and chunked, and without the upgrade', async () => {
    const asked = wire(await echoing())
    asked.write(`${head('POST', 'Content-Length: 10')}hello`)
    await holds('the head to be there', () => asked.socket.bytesWritten > 0)
    asked.write('hello')
    await answered(asked)
    expect(answers(asked)).toEqual(['<POST hellohello Host|x|Content-Length|10>'])
    asked.write(`${head('POST', 'Transfer-Encoding: chunked')}5\r\nhello\r\n`)
    asked.write('6\r\n again\r\n0\r\n\r\n')
    await answered(asked, 2)
    expect(answers(asked)[1]).toBe('<POST hello again Host|x|Transfer-Encoding|chunked>')
  })

  it('[SV106] leaves the connection open for the next one, however many there are', async () => {
    const http = createServer(echo)
    let errorListeners = 0
    http.on('connection', (socket) => (errorListeners = socket.listenerCount('error')))
    const asked = wire(await application(http))
    for (let count = 1; count <= 12; count++) {
      asked.write(head('POST', 'Content-Length: 5', `X-Count: ${count}`) + String(count).padEnd(5))
      await answered(asked, count)
    }
    asked.write('GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await holds('the end', asked.isClosed)
    expect(answers(asked)).toHaveLength(13)
    expect(errorListeners).toBeLessThan(4)
  })

  it('[SV106] keeps the other tokens of Connection', async () => {
    const asked = wire(await echoing())
    asked.write('GET /page HTTP/1.1\r\nConnection: close, upgrade\r\nUpgrade: h2c\r\nHost: x\r\n\r\n')
    await holds('the end', asked.isClosed)
    expect(answers(asked)).toEqual(['<GET  Connection|close|Host|x>'])
  })

  it('[SV106] is answered to HEAD without a body, and to Expect with 100', async () => {
    const port = await echoing()
    const [headed, expecting] = [wire(port), wire(port)]
    headed.write(head('HEAD'))
    await holds('an answer', () => headed.heard().endsWith('\r\n\r\n'))
    expect(headed.heard()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expecting.write(head('POST', 'Expect: 100-continue', 'Content-Length: 5'))
    await holds('100', () => expecting.heard() === 'HTTP/1.1 100 Continue\r\n\r\n')
    expecting.write('hello')
    await answered(expecting)
    expect(answers(expecting)[0]).toContain('<POST hello ')
  })

  it('[SV106] is refused with 400 or 431 where it is bad, and ends nothing', async () => {
    const port = await echoing()
    const bad = wire(port)
    bad.write(`${head('POST', 'Transfer-Encoding: chunked')}nonsense\r\n`)
    await holds('the end of a bad body', bad.isClosed)
    expect(bad.heard()).toMatch(/^HTTP\/1\.1 400 /)
    const many = wire(port)
    const headers = Array.from({ length: 1_200 }, () => 'a: b')
    many.write(`${head('POST', ...headers, 'Content-Length: 5')}hello`)
    await holds('the end of too many headers', many.isClosed)
    expect(many.heard()).toMatch(/^HTTP\/1\.1 431 /)
    const reset = wire(port)
    reset.write(`${head('POST', 'Content-Length: 10')}hello`)
    reset.socket.resetAndDestroy()
    const asked = wire(port)
    asked.write(head('GET'))
    await answered(asked)
  })

  it('[SV106] is not read before the answer to an earlier one: the connection ends after that', async () => {
    const later: (() => void)[] = []
    const port = await application(createServer((_, response) => later.push(() => response.end('<first>'))))
    const asked = wire(port)
    asked.write(`GET /page HTTP/1.1\r\nHost: x\r\n\r\n${head('POST', 'Content-Length: 5')}hello`)
    const first = await until('the first request', () => later[0])
    expect(asked.isClosed()).toBe(false)
    first()
    await holds('the end', asked.isClosed)
    expect([answers(asked), later.length]).toEqual([['<first>'], 1])
  })

  it('[SV106] is handled over TLS too', async () => {
    const made = certificate()
    const port = await application(createSecureServer(made, echo))
    const socket = connect({ port, host: '127.0.0.1', ca: made.cert })
    let heard = ''
    socket.on('data', (data: Buffer) => (heard += data.toString()))
    socket.write(`${head('POST', 'Content-Length: 5')}hello`)
    await holds('an answer', () => heard.includes('<POST hello '))
    socket.destroy()
  })

  it('[SV106] is refused where nobody handles requests; a room server of its own says what to do', async () => {
    const lonely = wire(await application(createServer()))
    lonely.write(head('GET'))
    await holds('the end', lonely.isClosed)
    expect(lonely.heard()).toMatch(/^HTTP\/1\.1 400 /)
    const own = await started({ path: '/rooms' })
    const hinted = wire(own.server.port)
    hinted.write(`${head('POST', 'Content-Length: 5')}hello`)
    await holds('the hint', () => hinted.heard().startsWith('HTTP/1.1 426'))
    let isDone = false
    own.server.close().subscribe({ complete: () => (isDone = true) })
    await holds('the end of the server', () => isDone)
  })

  it('[SV106] is left to Node where Node asks if the upgrade is wanted', async () => {
    const http: HttpServer & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean } = createServer(echo)
    const before = (): boolean => true
    http.shouldUpgradeCallback = before
    const port = await application(http)
    await connected(`ws://127.0.0.1:${port}/rooms`)
    const wants = (upgrade: string): boolean | undefined =>
      http.shouldUpgradeCallback?.({ headers: { upgrade } } as unknown as IncomingMessage)
    expect([wants('websocket'), wants('h2c')]).toEqual([true, false])
    http.on('upgrade', () => undefined)
    expect(wants('h2c')).toBe(true)
    stopAll()
    expect(http.shouldUpgradeCallback).toBe(before)
  })
})
