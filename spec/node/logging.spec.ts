import { connect } from 'node:net'
import { hello } from '../server/support/peer.js'
import { connected, holds, started, stopAll } from './support.js'

/** A logger that keeps its lines. */
const keeping = () => {
  const lines: string[] = []
  const at = (level: string) => (line: string) => {
    lines.push(line.replace('rx-rooms:', level))
  }
  return { lines, logger: { debug: at('debug'), warn: at('warn') } }
}

afterEach(() => {
  stopAll()
})

describe('logger of a server that listens', () => {
  it('[SV113] gets each handshake that is refused, without query and subprotocols', async () => {
    const { lines, logger } = keeping()
    const { server } = await started({ logger, path: '/rooms', origins: ['https://good.example'] })
    const other = server.url.replace('/rooms', '/other?token=canary')
    await expect(connected(other)).rejects.toThrow('404')
    await expect(connected(server.url, {}, 'canary')).rejects.toThrow('400')
    const bad = await connected(server.url, { origin: 'https://bad.example' })
    await holds('the end', () => bad.closedWith() === 4403)
    const raw = connect(server.port, '127.0.0.1')
    let isOver = false
    raw.on('close', () => (isOver = true))
    raw.on('data', () => undefined)
    raw.write('GET /rooms HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await holds('the refusal', () => isOver)
    expect(lines).toEqual([
      'warn handshake refused: no WebSocket is at the path "/other" (404)',
      'warn handshake refused: none of the subprotocols that it offers is spoken here (400)',
      'warn handshake refused: the origin "https://bad.example" is not allowed (4403)',
      'warn handshake refused: it is no valid request for a WebSocket (400)',
    ])
  })

  it('[SV113] gets the code and the reason with which a client closes', async () => {
    const { lines, logger } = keeping()
    const { server } = await started({ logger })
    const first = await connected(server.url)
    first.send(hello())
    await holds('the welcome', () => first.tags().includes('welcome'))
    first.socket.close(4000, 'for a\nreason')
    await holds('its end', () => lines.length === 3)
    const second = await connected(server.url)
    second.socket.terminate()
    await holds('the other end', () => lines.length === 5)
    expect(lines).toEqual([
      'debug link 1 opened',
      'debug link 1 welcomed: user anonymous',
      'debug link 1 closed: 4000 for a\\u000areason',
      'debug link 2 opened',
      'debug link 2 closed: 1006',
    ])
  })
})
