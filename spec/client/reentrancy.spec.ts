import { Observable, take } from 'rxjs'
import * as E from '#fp/Either'
import type { Data, Socket, Transport } from '../../lib/core/ports.js'
import type { ClientFrame } from '../../lib/protocol/frame.js'
import { json } from '../../lib/protocol/json.js'
import { world } from '../../lib/testing/world.js'
import { data, Numbers } from '../support/chat.js'
import { codeOf, right, see, tags } from '../support/seen.js'
import { admits, joined, msg, stage, welcome } from '../support/stage.js'
import { joinsOf, tap } from '../support/wire.js'

describe('a command inside a notification takes effect once all observers have had it', () => {
  it('[CT13] R1 a send inside a message handler is published once, after the message', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Numbers)
    const before = see(room.on('message'))
    room.on('message').subscribe((message) => {
      if (right(message).data === 1) room.post('message', 2)
    })
    const after = see(room.on('message'))
    time.advanceBy(100)
    const wire = tap(network)
    ben.room('lobby', Numbers).post('message', 1)
    time.advanceBy(100)
    expect([data(before.all), data(after.all)]).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(wire.up('p')).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[CT13] R2 unsubscribing oneself and a neighbour inside an emission takes nothing from anybody else', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Numbers)
    const mine = see(room.on('message').pipe(take(1)))
    room
      .on('message')
      .pipe(take(1))
      .subscribe(() => {
        neighbour.stop()
      })
    const neighbour = see(room.on('message'))
    const other = see(room.on('message'))
    time.advanceBy(100)
    ben.room('lobby', Numbers).post('message', 1)
    ben.room('lobby', Numbers).post('message', 2)
    time.advanceBy(100)
    expect([mine, neighbour, other].map(({ all }) => data(all))).toEqual([[1], [], [1, 2]])
    expect(mine.isComplete()).toBe(true)
    expect(end()).toBe(0)
  })

  it.each(['Authorizing', 'Connecting', 'Handshaking', 'Online', 'Waiting'])(
    '[CT13] R3 R6 close() inside %s: every observer sees that state, then Closed',
    (tag) => {
      const { client, network, time, timers } = world()
      const ana = client()
      const before = see(ana.state$)
      ana.state$.subscribe(({ _tag }) => {
        if (_tag === tag) ana.close({ drainMs: 0 })
      })
      const after = see(ana.state$)
      const sent = see(ana.room('lobby', Numbers).send('message', 1))
      time.advanceBy(100)
      network.cut()
      time.advanceBy(100)
      expect(tags(before)).toEqual(tags(after))
      // Without a token to wait for, Connecting comes in the same turn.
      const next = tag === 'Authorizing' ? ['Connecting'] : []
      expect(tags(after).slice(tags(after).indexOf(tag))).toEqual([tag, ...next, 'Closed'])
      expect([before.isComplete(), after.isComplete(), network.links(), timers()]).toEqual([true, true, 0, 0])
      expect(codeOf(sent.only())).toBe(tag === 'Waiting' ? '' : 'delivery/closed')
    },
  )

  it('[CT13] R4 a reply that arrives inside a handler comes after what is being told, for everybody', () => {
    /** A server that answers before `send` returns. */
    const instant: Transport = () =>
      new Observable((to) => {
        const answer = (message: Data): void => {
          const unpacked = json.unpack(message)
          for (const frame of E.isRight(unpacked) ? (unpacked.right as readonly ClientFrame[]) : []) {
            for (const join of joinsOf(frame)) to.next(json.pack([welcome(), joined(join)].map(json.encode)))
            if ('t' in frame) continue
            const [, ref, , , , , , , value] = frame
            to.next(json.encode(msg(1, Number(value), value)))
            to.next(`["a","E",0,${ref},${String(value)},1]`)
          }
        }
        const socket: Socket = {
          protocol: json.subprotocol,
          buffered: () => 0,
          close: () => undefined,
          send: (message) => {
            answer(message)
            return true
          },
        }
        to.next({ _tag: 'Opened', socket })
      })
    const { client, time, end } = world()
    const ana = client({ transport: instant })
    const room = ana.room('lobby', Numbers)
    const before = see(room.on('message'))
    room.on('message').subscribe((message) => {
      const { data } = right(message)
      if (data < 5) room.post('message', data + 1)
    })
    const after = see(room.on('message'))
    time.advanceBy(0)
    room.post('message', 1)
    time.advanceBy(10)
    expect([data(before.all), data(after.all)]).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ])
    expect(end()).toBe(0)
  })

  it('[CT13] R5 close() inside a handler with two messages in the frame: all get the first, none the second', () => {
    const { client, actor, time } = stage(admits)
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const before = see(room.on('message'))
    room.on('message').subscribe(() => ana.close())
    const after = see(room.on('message'))
    const events = see(room.messages())
    time.advanceBy(100)
    const { ch } = actor().joins()[0]!
    actor().say(msg(ch, 1), msg(ch, 2))
    time.advanceBy(10)
    for (const seen of [before, after, events]) {
      expect(data(seen.all)).toEqual([1])
      expect(seen.isComplete()).toBe(true)
    }
  })

  it('[CT13] R7 joining another room inside a handler is one more join, and its messages come', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const [ana, ben] = [client(), client()]
    const inner: unknown[] = []
    ana
      .room('a', Numbers)
      .on('message')
      .subscribe(() => {
        ana
          .room('b', Numbers)
          .on('message')
          .subscribe((message) => inner.push(right(message).data))
      })
    time.advanceBy(100)
    ben.room('a', Numbers).post('message', 1)
    time.advanceBy(100)
    ben.room('b', Numbers).post('message', 2)
    time.advanceBy(100)
    expect(inner).toEqual([2])
    expect(wire.joins().map(({ frame }) => frame.room)).toEqual(['a', 'b'])
    expect(end()).toBe(0)
  })

  it('[CT13] what is subscribed to inside a notification starts with the committed state, told once', () => {
    const { client, time, end } = world()
    const ana = client()
    const nested: string[][] = []
    ana.state$.subscribe(({ _tag }) => {
      const mine = [_tag]
      nested.push(mine)
      ana.state$.subscribe((now) => mine.push(now._tag))
    })
    ana.connect()
    time.advanceBy(100)
    expect(nested).toEqual([
      ['Idle', 'Idle', 'Authorizing', 'Connecting', 'Handshaking', 'Online'],
      // One turn committed both: there was no token to wait for.
      ['Authorizing', 'Connecting', 'Handshaking', 'Online'],
      ['Connecting', 'Connecting', 'Handshaking', 'Online'],
      ['Handshaking', 'Handshaking', 'Online'],
      ['Online', 'Online'],
    ])
    expect(end()).toBe(0)
  })
})
