import fc from 'fast-check'
import { createClient } from '../../lib/index.js'
import { anything } from '../../lib/contract/contract.js'
import { monotonic } from '../../lib/core/platform.js'
import type { TransportEvent } from '../../lib/core/ports.js'
import * as base64 from '../../lib/core/base64.js'
import { webSocket, type WebSocketLike } from '../../lib/transport/websocket.js'
import { left, see } from '../support/seen.js'

/** Runs without some globals of the platform, or with others. */
const within = <T>(globals: Readonly<Record<string, unknown>>, work: () => T): T => {
  const kept = Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  try {
    return work()
  } finally {
    for (const [name, descriptor] of kept) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
    }
  }
}

const bytesOf = (binary: string): readonly number[] => Array.from(binary, (character) => character.charCodeAt(0))

describe('a platform without', () => {
  it('[RT6] btoa and atob has base64 all the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const binary = String.fromCharCode(...bytes)
        const text = within({ btoa: undefined }, () => base64.encode(binary))
        expect(text).toBe(btoa(binary))
        expect(bytesOf(within({ atob: undefined }, () => base64.decode(text)) ?? '?')).toEqual([...bytes])
      }),
      { seed: 6 },
    )
    for (const nonsense of ['A', '*A==', 'A=BC']) {
      expect(within({ atob: undefined }, () => base64.decode(nonsense))).toBeUndefined()
      expect(base64.decode(nonsense)).toBeUndefined()
    }
  })

  it('[RT6] performance has a clock that never goes back', () => {
    const { now } = Date
    const told = [5, 9, 7, 12].map((ms) => within({ performance: undefined, Date: { now: () => ms } }, monotonic.now))
    expect(told).toEqual([5, 9, 9, 12])
    expect(Date.now).toBe(now)
  })

  it.each([[{}], [undefined]])(
    '[RT7] secure random bytes closes the client, and says what to install: %p',
    (crypto) => {
      const client = within({ crypto }, () => createClient({ url: 'ws://127.0.0.1:1', autoConnect: false }))
      const answer = left(see(client.room('lobby', anything).send('message', 1)).only())
      expect(answer).toMatchObject({ _tag: 'ConfigError', option: 'ids' })
      expect(answer.remedy).toContain('react-native-get-random-values')
      const other = within({ crypto }, () =>
        createClient({ url: 'ws://127.0.0.1:1', autoConnect: false, ids: () => 'x' }),
      )
      expect(see(other.state$).last()).toMatchObject({ _tag: 'Idle' })
      other.close()
    },
  )

  it('[RT8] getters of URL reads urls from their text', () => {
    class Blind {
      get protocol(): string {
        throw new Error('not implemented')
      }
    }
    const stateOf = (url: string): unknown =>
      within({ URL: Blind }, () => see(createClient({ url, autoConnect: false }).state$).last())
    expect(stateOf('wss://rooms.example.com/path?room=1')).toMatchObject({ _tag: 'Idle' })
    for (const [url, said] of [
      ['https://rooms.example.com', 'begins with https:'],
      ['wss://rooms.example.com/#here', '#fragment'],
      ['wss://rooms.example.com/?a=1&access%5Ftoken=canary', 'carries "access_token"'],
    ] as const)
      expect(stateOf(url)).toMatchObject({
        because: { option: 'url', message: expect.stringContaining(said) as unknown },
      })
  })
})

/** A class of sockets that notes what it is constructed with. */
const noting = (isOfWs: boolean) => {
  const given: unknown[][] = []
  class Socket implements WebSocketLike {
    readyState = 0
    protocol = ''
    binaryType = ''
    onopen: unknown
    onmessage: unknown
    onclose: unknown
    onerror: unknown
    constructor(...all: unknown[]) {
      given.push(all)
    }
    send(): void {
      return
    }
    close(): void {
      return
    }
  }
  if (isOfWs) Object.assign(Socket.prototype, { terminate: () => undefined })
  return { given, Socket }
}
const request = { url: 'ws://spec', protocols: ['spec'], maxMessageBytes: 10 }
const open = (transport: ReturnType<typeof webSocket>): TransportEvent[] => {
  const events: TransportEvent[] = []
  transport(request)
    .subscribe((event) => events.push(event))
    .unsubscribe()
  return events
}

describe('a class of sockets', () => {
  it('[RT9] is given the options of `ws` if it has what `ws` has, and no others: React Native warns of them', () => {
    const [plain, ofWs] = [noting(false), noting(true)]
    for (const WebSocket of [plain.Socket, ofWs.Socket]) open(webSocket({ WebSocket }))
    open(webSocket({ WebSocket: plain.Socket, headers: { cookie: 'a' }, handshakeTimeoutMs: 5 }))
    expect(plain.given).toEqual([
      ['ws://spec', ['spec']],
      ['ws://spec', ['spec'], { headers: { cookie: 'a' } }],
    ])
    expect(ofWs.given).toEqual([['ws://spec', ['spec'], { maxPayload: 10, perMessageDeflate: false }]])
  })

  it('[RT9] of the surroundings is used where `ws` is a stub, as in jest with jsdom', async () => {
    const { given, Socket } = noting(false)
    await jest.isolateModulesAsync(async () => {
      jest.doMock('isomorphic-ws', () => () => {
        throw new Error('ws does not work in the browser')
      })
      const { platformWebSocket } = await import('../../lib/transport/websocket.js')
      within({ WebSocket: Socket }, () => open(platformWebSocket()!))
      jest.dontMock('isomorphic-ws')
    })
    expect(given).toEqual([['ws://spec', ['spec']]])
  })

  it('[RT9] that is nowhere closes the client, and names the option', async () => {
    await jest.isolateModulesAsync(async () => {
      jest.doMock('isomorphic-ws', () => null)
      const library = await import('../../lib/index.js')
      const last = within({ WebSocket: undefined }, () =>
        see(library.createClient({ url: 'ws://127.0.0.1:1' }).state$).last(),
      )
      expect(last).toMatchObject({ _tag: 'Closed', because: { option: 'transport' } })
      jest.dontMock('isomorphic-ws')
    })
  })
})
