import { tap } from 'rxjs'
import { anything } from '../../lib/contract/contract.js'
import type { TransportEvent } from '../../lib/core/ports.js'
import { world } from '../../lib/testing/world.js'
import { webSocket, type WebSocketLike } from '../../lib/transport/websocket.js'
import { right, see } from '../support/seen.js'

/** An open socket that tells nonsense of what it buffers. */
class Silent implements WebSocketLike {
  static told: unknown
  readyState = 1
  protocol = ''
  readonly bufferedAmount = Silent.told as number
  binaryType = 'blob'
  onopen: unknown = null
  onmessage: unknown = null
  onclose: unknown = null
  onerror: unknown = null
  constructor() {
    Silent.made = this
  }
  static made: Silent
  send(): void {
    return
  }
  close(): void {
    return
  }
}

const nonsense = [undefined, null, NaN, -1, '7', {}]

describe('a socket that does not tell what it buffers', () => {
  it.each(nonsense)('[RT1] buffers nothing, as far as is known: %p', (told) => {
    Silent.told = told
    const events: TransportEvent[] = []
    webSocket({ WebSocket: Silent })({ url: 'ws://spec', protocols: [], maxMessageBytes: 10 }).subscribe((event) => {
      events.push(event)
    })
    ;(Silent.made.onopen as () => void)()
    expect(events).toEqual([{ _tag: 'Opened', socket: expect.anything() as unknown }])
    const [opened] = events
    expect(typeof opened === 'object' && '_tag' in opened && opened._tag === 'Opened' && opened.socket.buffered()).toBe(
      0,
    )
  })

  it.each(nonsense)('[RT1] what is sent leaves, whoever made the transport: %p', (told) => {
    const { client, network, time, end } = world()
    const transport: typeof network.transport = (request) =>
      network.transport(request).pipe(
        tap((event) => {
          if (typeof event === 'object' && '_tag' in event && event._tag === 'Opened')
            Object.assign(event.socket, { buffered: () => told })
        }),
      )
    const sent = see(client({ transport }).room('lobby', anything).send('message', 'hello'))
    time.advanceBy(1_000)
    expect(right(sent.only()).position.offset).toBe(1)
    expect(end()).toBe(0)
  })
})
