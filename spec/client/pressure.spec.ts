import { Observable, type Subscriber } from 'rxjs'
import { clientWith } from '../../lib/client/client.js'
import type { Data, Transport, TransportEvent } from '../../lib/core/ports.js'
import type { ClientFrame, ServerFrame } from '../../lib/protocol/frame.js'
import { json } from '../../lib/protocol/json.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { joined, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const highWaterBytes = 10_000

/** A client on sockets whose buffers the spec fills and empties. */
const rig = () => {
  const time = virtualTime()
  const written: ClientFrame[] = []
  let to: Subscriber<TransportEvent>
  let buffered = 0
  let links = 0
  const say = (...frames: readonly ServerFrame[]): void => {
    to.next(json.pack(frames.map(json.encode)))
  }
  const send = (data: Data): boolean => {
    for (const frame of [JSON.parse(String(data)) as ClientFrame | readonly ClientFrame[]].flat() as ClientFrame[]) {
      written.push(frame)
      if ('t' in frame && frame.t === 'hello') say(welcome())
      for (const join of joinsOf(frame)) say(joined(join))
    }
    buffered += buffered > 0 ? String(data).length : 0
    return true
  }
  const transport: Transport = () =>
    new Observable((opened) => {
      to = opened
      links++
      buffered = 0
      const socket = { protocol: json.subprotocol, send, buffered: () => buffered, close: () => undefined }
      to.next({ _tag: 'Opened', socket })
    })
  const options = { url: 'ws://x', scheduler: time, random: () => 0.5, ids: () => 'id', outbox: { highWaterBytes } }
  const client = clientWith(() => transport)(options)
  client.connect()
  time.advanceBy(100)
  const of = (tag: string): readonly ClientFrame[] => written.filter((frame) => 't' in frame && frame.t === tag)
  return {
    client,
    time,
    say,
    of,
    links: () => links,
    fill: (bytes: number) => {
      buffered = bytes
    },
    buffered: () => buffered,
  }
}

describe('a server that does not read', () => {
  it('[CN22] gets no pongs, joins or leaves while as much waits as may, then the latest pong and all else', () => {
    const { client, time, say, of, fill, buffered } = rig()
    const room = client.room('lobby', Chat)
    fill(highWaterBytes)
    const joins = of('join').length
    for (let n = 1; n <= 1_000; n++) say({ t: 'ping', n })
    room.join()
    time.advanceBy(10_000)
    expect([of('pong').length, of('join').length - joins, buffered()]).toEqual([0, 0, highWaterBytes])
    fill(0)
    time.advanceBy(300)
    expect(of('pong')).toMatchObject([{ n: 1_000 }])
    expect(of('join').length - joins).toBe(1)
    client.close()
  })

  it('[CN22] is given up when its socket gets rid of nothing for the time in which it may be silent', () => {
    const { client, time, say, fill, links } = rig()
    const state = see(client.state$)
    fill(highWaterBytes)
    for (let second = 0; second < 34; second++) {
      say({ t: 'ping', n: second })
      time.advanceBy(1_000)
    }
    expect(state.last()).toMatchObject({ _tag: 'Online' })
    say({ t: 'ping', n: 40 })
    time.advanceBy(1_500)
    expect(state.all).toContainEqual(
      expect.objectContaining({ because: expect.objectContaining({ code: 'connection/stalled' }) as unknown }),
    )
    time.advanceBy(30_000)
    expect(links()).toBe(2)
    client.close()
  })

  it('[CN22] is kept as long as the socket gets rid of anything, however slowly', () => {
    const { client, time, say, fill, links } = rig()
    for (let second = 0; second < 300; second++) {
      if (second % 20 === 0) fill(highWaterBytes + 1_000 - second)
      say({ t: 'ping', n: second })
      time.advanceBy(1_000)
    }
    expect(links()).toBe(1)
    client.close()
  })

  it('[CN22] [CN14] pings of one message have one pong, behind what else the turn wrote', () => {
    const { client, say, of, time } = rig()
    say({ t: 'ping', n: 1 }, { t: 'ping', n: 2 }, { t: 'ping', n: 3 })
    time.advanceBy(10)
    expect(of('pong')).toMatchObject([{ n: 3 }])
    client.close()
  })
})
