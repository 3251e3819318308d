import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Accept } from '../../lib/core/ports.js'
import type { ServeOptions } from '../../lib/node/options.js'
import { takeUpgrades } from '../../lib/node/upgrade.js'
import type { Door } from '../../lib/server/door.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { connected, holds, listening, started, stopAll, until, type Wire, wire } from './support.js'

afterEach(stopAll)

/** An HTTP server whose upgrades have their turn when the spec says so. */
const queued = async (options: ServeOptions = {}) => {
  const http = createServer()
  const turns: (() => void)[] = []
  const refused: string[] = []
  let accepted = 0
  const door: Door = {
    knock: () => 0,
    queue: (_, open) => turns.push(open),
    refused: (code) => refused.push(code),
    fault: () => undefined,
  }
  const accept: Accept = () => {
    accepted++
    return { receive: () => undefined, drained: () => undefined, closed: () => undefined }
  }
  const stop = takeUpgrades(http, options, { accept, door })
  await listening({ http })
  const { port } = http.address() as AddressInfo
  const isEmpty = async (): Promise<void> => {
    let held = 1
    await holds('that no socket is held', () => {
      http.getConnections((_, count) => {
        held = count
      })
      return held === 0
    })
  }
  return { port, turns, refused, accepted: () => accepted, stop, isEmpty }
}

const ask = (port: number): Wire => {
  const asked = wire(port)
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  const lines = ['GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', ...key]
  asked.write(`${lines.join('\r\n')}\r\n\r\n`)
  return asked
}

describe('an upgrade that waits for its turn', () => {
  it('[SV138] is answered with 503 and when to come back when the server closes, and its turn does nothing then', async () => {
    const { port, turns, refused, accepted, stop, isEmpty } = await queued({ random: () => 0.45 })
    const asked = [ask(port), ask(port)]
    await holds('both', () => turns.length === 2)
    stop?.()
    for (const { heard, isClosed } of asked) {
      await holds('the end', isClosed)
      expect(heard()).toMatch(/^HTTP\/1\.1 503 [^]*\r\nretry-after: 6\r\n/)
    }
    await isEmpty()
    for (const turn of turns) turn()
    expect([refused, accepted()]).toEqual([['server/closed', 'server/closed'], 0])
  })

  it('[SV138] is answered with 503 where its turn does not come within handshakeMs', async () => {
    const { port, refused, isEmpty } = await queued({
      handshakeMs: 50,
      busy: { retryAfterMs: 3_000, spreadMs: 0 },
    })
    const { heard, isClosed } = ask(port)
    await holds('the end', isClosed)
    expect(heard()).toMatch(/^HTTP\/1\.1 503 [^]*\r\nretry-after: 3\r\n/)
    await isEmpty()
    expect(refused).toEqual(['server/busy'])
  })

  it.each(['end', 'resetAndDestroy'] as const)('[SV138] is dropped where its peer has gone by %s', async (how) => {
    const { port, turns, refused, accepted, stop, isEmpty } = await queued()
    const { socket } = ask(port)
    const turn = await until('its queue', () => turns[0])
    socket[how]()
    await isEmpty()
    turn()
    stop?.()
    expect([refused, accepted()]).toEqual([[], 0])
  })

  it('[SV138] is opened at its turn, with what the client sent before', async () => {
    const { port, turns, accepted } = await queued()
    const { heard, socket } = ask(port)
    const turn = await until('its queue', () => turns[0])
    // A ping of WebSocket, masked with zeros.
    socket.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]))
    ask(port)
    await holds('one who came after the ping', () => turns.length === 2)
    turn()
    await holds('the answer and the pong', () => /^HTTP\/1\.1 101 [^]*\r\n\r\n.\0$/.test(heard()))
    turn()
    expect(accepted()).toBe(1)
  })

  it('[SV138] does not keep a server from closing', async () => {
    const scheduler = virtualTime()
    const logger = {
      debug: () => {
        scheduler.sleepFor(10)
      },
    }
    // Whoever opens a connection takes the share of all, and time stands still for the others.
    const budgets = { server: { arrivals: { perSecond: 1, burst: 5 } } }
    const { server } = await started({ scheduler, logger, budgets })
    const first = await connected(server.url)
    const asked = [ask(server.port), ask(server.port)]
    const later = wire(server.port)
    later.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await holds('an answer to a later request', () => later.heard().startsWith('HTTP/1.1 426'))
    let isDone = false
    server.close().subscribe({ complete: () => (isDone = true) })
    await holds('the end', () => isDone)
    await holds('the end of all', () => first.closedWith() === 1001 && asked.every(({ isClosed }) => isClosed()))
    expect(asked.map(({ heard }) => heard().slice(0, 12))).toEqual(['HTTP/1.1 503', 'HTTP/1.1 503'])
  })
})
