import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { type Proxy, proxy as proxyTo } from '../../chaos/campaign/proxy.js'
import { until } from '../support/until.js'

/** A socket and what it has heard. */
interface End {
  readonly socket: Socket
  readonly heard: () => string
  readonly isOver: () => boolean
}

const end = (socket: Socket): End => {
  let text = ''
  let isOver = false
  socket.on('data', (data: Buffer) => (text += data.toString()))
  socket.on('error', () => undefined)
  socket.on('close', () => (isOver = true))
  return { socket, heard: () => text, isOver: () => isOver }
}

describe('the proxy of a campaign', () => {
  let server: Server
  let proxy: Proxy
  let accepted: End[]
  const client = async (): Promise<readonly [End, End]> => {
    const before = accepted.length
    const one = end(connect(proxy.port, '127.0.0.1'))
    await until('it is connected', () => accepted.length > before)
    return [one, accepted[before]!]
  }

  beforeEach(async () => {
    accepted = []
    server = createServer((socket) => accepted.push(end(socket))).listen(0, '127.0.0.1')
    await until('the server listens', () => server.listening)
    proxy = await proxyTo(() => (server.address() as AddressInfo).port)
  })
  afterEach(async () => {
    await proxy.close()
    for (const { socket } of accepted) socket.destroy()
    server.close()
  })

  it('[CH13] passes everything on in both directions, byte by byte and slowly too', async () => {
    const [one, other] = await client()
    const long = 'abcdefghij'.repeat(300)
    proxy.weather.up.chunk = 1
    // No whole number of bytes in one of its pieces of time.
    proxy.weather.down.bytesPerSecond = 12_345.67
    one.socket.write(long)
    other.socket.write(long)
    await until('all has arrived', () => other.heard() === long && one.heard() === long)
    expect([one.isOver(), other.isOver()]).toEqual([false, false])
  })

  it('[CH13] keeps what comes while it is stalled, and a stalled end', async () => {
    const [one, other] = await client()
    proxy.weather.up.stalled = true
    one.socket.end('later')
    other.socket.write('now')
    await until('the other direction goes on', () => one.heard() === 'now')
    expect([other.heard(), other.isOver()]).toEqual(['', false])
    proxy.heal()
    await until('it arrives', () => other.heard() === 'later' && other.isOver())
  })

  it('[CH13] a connection that lost something does not go on, as with TCP', async () => {
    const [one, other] = await client()
    proxy.weather.up.lossy = true
    one.socket.write('lost')
    other.socket.write('heard')
    await until('one direction is dead', () => one.heard() === 'heard')
    expect(one.isOver()).toBe(false)
    proxy.heal()
    await until('both ends are told', () => one.isOver() && other.isOver())
    expect(other.heard()).toBe('')
  })

  it('[CH13] cuts after so many bytes', async () => {
    const [one, other] = await client()
    proxy.cutAfter('down', 7)
    other.socket.write('0123456789')
    await until('it is cut', () => one.isOver())
    expect(one.heard()).toBe('0123456')
  })

  it('[CH13] an old link goes on to be read when its client has another', async () => {
    const [old, oldServer] = await client()
    const ghost = proxy.haunt()
    old.socket.write('late')
    await until('it is on its way', () => proxy.waiting() === 4)
    ghost.vanish()
    await until('the client is told', () => old.isOver())
    const [another, anotherServer] = await client()
    another.socket.write('new')
    await until('the new one is heard', () => anotherServer.heard() === 'new')
    expect([oldServer.heard(), oldServer.isOver()]).toEqual(['', false])
    ghost.return()
    await until('the old one is heard too', () => oldServer.heard() === 'late' && oldServer.isOver())
  })

  it('[CH13] refuses new connections, and only them', async () => {
    const [one, other] = await client()
    proxy.refuse(true)
    const refused = end(connect(proxy.port, '127.0.0.1'))
    await until('it is refused', () => refused.isOver())
    one.socket.write('still here')
    await until('the first goes on', () => other.heard() === 'still here')
  })
})
