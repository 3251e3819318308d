import { WebSocket as Ws } from 'ws'
import type { Data, TransportRequest } from '../../lib/core/ports.js'
import { webSocket, type WebSocketConstructor, type WebSocketLike } from '../../lib/transport/websocket.js'
import { transportSuite } from '../../lib/testing/conformance/transport.js'
import { type Heard, listen } from './rig.js'
import { type WebSocketRig, webSocketRig } from './websocket-rig.js'

describe('the transport of real sockets', () => {
  for (const { name, run } of transportSuite((accept) => webSocketRig({}, accept))) it(name, run)
})

describe('the transport of real sockets of a given class', () => {
  for (const { name, run } of transportSuite((accept) => webSocketRig({ WebSocket: Ws }, accept))) it(name, run)
})

const closedWith = (code: number, reason = expect.any(String) as string): unknown => ({ _tag: 'Closed', code, reason })

const tcpHandles = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

describe('a real socket', () => {
  let rig: WebSocketRig
  let attempts: Heard[] = []

  beforeEach(async () => {
    rig = await webSocketRig({ headers: { 'x-spec': 'yes' } })
    attempts = []
  })
  afterEach(async () => {
    for (const heard of attempts) heard.abandon()
    await rig.dispose()
  })
  const attempt = (changes: Partial<TransportRequest> = {}, transport = rig.transport): Heard => {
    const heard = listen(transport, { url: rig.url, protocols: ['spec.v1'], maxMessageBytes: 1_000, ...changes })
    attempts.push(heard)
    return heard
  }

  it('[TR11] sends the headers, and offers no compression', async () => {
    const heard = attempt()
    await rig.until('open', () => heard.socket !== undefined)
    expect(rig.headers[0]).toMatchObject({ 'x-spec': 'yes' })
    expect(rig.headers[0]).not.toHaveProperty('sec-websocket-extensions')
  })

  it('[TR12] tells the server 1000 when it is abandoned, and 1009 when it was sent too much', async () => {
    const heard = attempt()
    await rig.until('open', () => heard.socket !== undefined)
    heard.abandon()
    await rig.until('closed', () => rig.closeCodes.length === 1)
    const other = attempt()
    await rig.until('open', () => other.socket !== undefined)
    rig.server.accepted[1]!.socket.send('x'.repeat(1_001))
    await rig.until('closed', () => rig.closeCodes.length === 2)
    expect(rig.closeCodes).toEqual([1000, 1009])
    const reason = expect.stringContaining('bytes where 1000 are taken') as string
    await rig.until('heard', () => other.completed)
    expect(other.events.at(-1)).toEqual({ _tag: 'Closed', code: 1009, reason, own: true })
  })

  it('[TR12] [P26] leaves no connection behind when it is abandoned, whatever the server does', async () => {
    const open = attempt()
    await rig.until('open', () => open.socket !== undefined)
    rig.hang()
    const connecting = attempt()
    await rig.until('asked', () => rig.headers.length === 2)
    expect(rig.connections()).toBe(2)
    open.abandon()
    connecting.abandon()
    await rig.until('gone', () => rig.connections() === 0)
  })

  it('[TR12] [P4] destroys its end of a half-open connection', async () => {
    const heard = attempt()
    await rig.until('open', () => heard.socket !== undefined)
    rig.stall(true)
    const before = tcpHandles()
    heard.abandon()
    await rig.until('destroyed', () => tcpHandles() === before - 1)
    rig.stall(false)
  })

  it('[TR13] tells what went wrong where the platform does', async () => {
    rig.refuse()
    const refused = attempt()
    await rig.until('closed', () => refused.completed)
    expect(refused.events).toEqual([
      { _tag: 'Closed', code: 1006, reason: 'Unexpected server response: 503', handshake: { status: 503 } },
    ])
    const nobody = attempt({ url: 'ws://127.0.0.1:1' })
    await rig.until('closed', () => nobody.completed)
    expect(nobody.events).toEqual([
      {
        _tag: 'Closed',
        code: 1006,
        reason: expect.stringContaining('ECONNREFUSED') as string,
        handshake: { errno: 'ECONNREFUSED' },
      },
    ])
  })

  it('[TR13] ends a handshake that takes longer than it may', async () => {
    rig.hang()
    const heard = attempt({}, webSocket({ handshakeTimeoutMs: 20 }))
    await rig.until('closed', () => heard.completed)
    expect(heard.events).toEqual([closedWith(1006, 'Opening handshake has timed out')])
  })

  it.each([
    ['nonsense?token=canary', 'spec.v1'],
    ['', 'spec.v1'],
    ['ftp://127.0.0.1/?token=canary', 'spec.v1'],
    ['ws://127.0.0.1/?token=canary#fragment', 'spec.v1'],
    ['ws://127.0.0.1/?token=canary', 'a protocol with spaces'],
  ])('[TR14] a socket that cannot be constructed is closed, and no secret of its URL is told: %j', (url, protocol) => {
    const heard = attempt({ url, protocols: [protocol] })
    expect(heard.events).toEqual([closedWith(1006)])
    expect(heard.completed).toBe(true)
    expect(JSON.stringify(heard.events)).not.toContain('canary')
  })

  it.each<[object, RegExp]>([
    [{ headrs: {} }, /^There is no option headrs\. Did you mean headers\?/],
    [{ headers: 5 }, /^headers is 5\. Write an object of headers/],
    [{ handshakeTimeoutMs: 0 }, /above 0/],
    [{ WebSocket: 'ws' }, /a function/],
  ])('[TR31] an invalid option is its fault, and the end of each socket: %p', (options, reason) => {
    const transport = webSocket(options)
    expect(transport.fault).toMatchObject({ code: 'config/invalid' })
    expect(attempt({}, transport).events).toEqual([closedWith(1006, expect.stringMatching(reason) as string)])
    expect(webSocket(null as never).fault).toBeUndefined()
  })

  it('[TR14] a platform without WebSocket is told, not thrown', async () => {
    await jest.isolateModulesAsync(async () => {
      jest.doMock('isomorphic-ws', () => null)
      const bare = await import('../../lib/transport/websocket.js')
      expect(attempt({}, bare.webSocket()).events).toEqual([
        closedWith(1006, 'there is no WebSocket here: give `webSocket` a constructor'),
      ])
      jest.dontMock('isomorphic-ws')
    })
  })
})

/** A socket as browsers have it: no terminate, few codes, errors that tell nothing. Events are fired by hand. */
class BrowserSocket implements WebSocketLike {
  static made: BrowserSocket[] = []
  static readonly constructor_: WebSocketConstructor = BrowserSocket
  readyState = 0
  protocol = ''
  bufferedAmount = 0
  binaryType = 'blob'
  onopen: unknown = null
  onmessage: unknown = null
  onclose: unknown = null
  onerror: unknown = null
  readonly sent: Data[] = []
  readonly closes: (readonly (number | string)[])[] = []
  constructor(_url: string, _protocols: string[]) {
    BrowserSocket.made.push(this)
  }
  send(data: Data): void {
    if (this.readyState === 0) throw new Error('InvalidStateError')
    this.sent.push(data)
  }
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) throw new Error('InvalidAccessError')
    this.closes.push([code ?? [], reason || []].flat())
    this.readyState = 2
  }
  fire(name: 'open' | 'message' | 'close' | 'error', event: object = {}): void {
    const handler = this[`on${name}`]
    if (name === 'open') this.readyState = 1
    if (name === 'close') this.readyState = 3
    if (typeof handler === 'function') (handler as (event: object) => void)(event)
  }
}

describe('a socket of a browser', () => {
  const attempt = (): { heard: Heard; socket: BrowserSocket } => {
    const transport = webSocket({ WebSocket: BrowserSocket.constructor_ })
    const heard = listen(transport, { url: 'wss://spec', protocols: [], maxMessageBytes: 10 })
    return { heard, socket: BrowserSocket.made.pop()! }
  }

  it('[TR15] gets bytes as bytes, without waiting', () => {
    const { heard, socket } = attempt()
    expect(socket.binaryType).toBe('arraybuffer')
    socket.fire('open')
    socket.fire('message', { data: new Uint8Array([1, 2]).buffer })
    expect(heard.data).toEqual([new Uint8Array([1, 2])])
  })

  it('[TR15] has an error before each close, which tells nothing', () => {
    const { heard, socket } = attempt()
    socket.fire('error')
    expect(heard.events).toEqual([])
    socket.fire('close', { code: 1006, reason: '' })
    expect(heard.events).toEqual([closedWith(1006, '')])
  })

  it('[TR16] says in its own words what browsers may not say', () => {
    const { heard, socket } = attempt()
    socket.fire('open')
    heard.socket!.close(1009, 'too large')
    expect(socket.closes).toEqual([[4009, 'too large']])
    const other = attempt()
    other.socket.fire('open')
    other.heard.socket!.close(4400, 'protocol')
    expect(other.socket.closes).toEqual([[4400, 'protocol']])
  })

  it('[TR16] refuses what is too large although it was received whole', () => {
    const { heard, socket } = attempt()
    socket.fire('open')
    socket.fire('message', { data: 'x'.repeat(11) })
    const end = { _tag: 'Closed', code: 1009, reason: 'a message of 11 bytes where 10 are taken', own: true }
    expect(heard.events.slice(1)).toEqual([end])
    expect(socket.closes[0]).toEqual([4009])
  })

  it('[TR17] [P13] [T17] is deaf once it is abandoned, to late errors too', () => {
    for (const opened of [false, true]) {
      const { heard, socket } = attempt()
      if (opened) socket.fire('open')
      const before = heard.events.length
      heard.abandon()
      expect(socket.closes[0]).toEqual(opened ? [1000] : [])
      socket.fire('error')
      socket.fire('open')
      socket.fire('message', { data: 'late' })
      socket.fire('close', { code: 1006, reason: '' })
      expect(heard.events).toHaveLength(before)
    }
  })

  it('[TR17] is deaf to messages once it closes', () => {
    const { heard, socket } = attempt()
    socket.fire('open')
    heard.socket!.close(1000, '')
    socket.fire('message', { data: 'late' })
    socket.fire('close', { code: 1000, reason: '' })
    expect(heard.events.slice(1)).toEqual([closedWith(1000, '')])
  })

  it('[TR17] a send that throws is a send that failed', () => {
    const { heard, socket } = attempt()
    socket.fire('open')
    socket.send = () => {
      throw new Error('no')
    }
    expect(heard.socket!.send('x')).toBe(false)
  })
})
