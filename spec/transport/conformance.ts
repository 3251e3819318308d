import type { TransportRequest } from '../../lib/core/ports.js'
import { type Heard, listen, type Rig } from './rig.js'

const closedOf = ({ events }: Heard): readonly unknown[] =>
  events.filter((event) => typeof event === 'object' && '_tag' in event && event._tag === 'Closed')

/** What every transport does. `start` builds one with a server behind it, for one spec each. */
export const conformance = (name: string, start: () => Promise<Rig>): void => {
  describe(`the transport contract, ${name}`, () => {
    let rig: Rig
    let attempts: Heard[] = []

    beforeEach(async () => {
      rig = await start()
      attempts = []
    })
    afterEach(async () => {
      for (const heard of attempts) heard.abandon()
      await rig.calm()
      await rig.dispose()
    })

    const request = (changes: Partial<TransportRequest> = {}): TransportRequest => ({
      url: rig.url,
      protocols: ['spec.v1'],
      maxMessageBytes: 1_000,
      ...changes,
    })
    const attempt = (changes?: Partial<TransportRequest>, at?: Parameters<typeof listen>[2]): Heard => {
      const heard = listen(rig.transport, request(changes), at)
      attempts.push(heard)
      return heard
    }
    const open = async (changes?: Partial<TransportRequest>, at?: Parameters<typeof listen>[2]): Promise<Heard> => {
      const before = rig.server.accepted.length
      const heard = attempt(changes, at)
      await rig.until('open', () => heard.socket !== undefined && rig.server.accepted.length > before)
      return heard
    }
    const last = (): Rig['server']['accepted'][number] => rig.server.accepted[rig.server.accepted.length - 1]!

    it('[TR1] does nothing before it is subscribed to, and a socket of its own for each subscription', async () => {
      const cold = rig.transport(request())
      await rig.calm()
      expect(rig.server.accepted).toHaveLength(0)
      const subscriptions = [cold.subscribe(), cold.subscribe()]
      await rig.until('two sockets', () => rig.server.accepted.length === 2)
      for (const subscription of subscriptions) subscription.unsubscribe()
      await rig.until('both closed', () => rig.server.accepted.every(({ closed }) => closed === 1))
    })

    it('[TR1] [P30] opens with the protocol that was agreed on, on both sides', async () => {
      const heard = await open()
      expect(heard.events).toHaveLength(1)
      expect(heard.socket!.protocol).toBe('spec.v1')
      expect(last().socket.protocol).toBe('spec.v1')
    })

    it('[TR2] carries texts and bytes both ways, in order', async () => {
      const heard = await open()
      const messages = ['one', new Uint8Array([1, 2, 255]), '', 'ünï 🎈', new Uint8Array(0), 'last']
      for (const message of messages) {
        expect(heard.socket!.send(message)).toBe(true)
        last().socket.send(message)
      }
      await rig.until('all', () => heard.data.length === 6 && last().received.length === 6)
      for (const side of [heard.data, last().received]) {
        expect(side.map((data) => (typeof data === 'string' ? data : [...data]))).toEqual(
          messages.map((data) => (typeof data === 'string' ? data : [...data])),
        )
        expect(side.every((data) => typeof data === 'string' || data.constructor === Uint8Array)).toBe(true)
      }
    })

    it('[TR2] sends bytes as they were when they were sent', async () => {
      const heard = await open()
      const bytes = new Uint8Array([1])
      heard.socket!.send(bytes)
      bytes[0] = 2
      await rig.until('arrived', () => last().received.length === 1)
      expect([...(last().received[0] as Uint8Array)]).toEqual([1])
    })

    it('[TR2] hears what the server says while it accepts', async () => {
      rig.server.greet = (socket) => socket.send('hello')
      const heard = await open()
      await rig.until('greeted', () => heard.data.length === 1)
      expect(heard.events[1]).toBe('hello')
    })

    it('[TR3] hears nothing within the call that sends or subscribes', async () => {
      const heard = attempt()
      expect(heard.events).toEqual([])
      await rig.until('open', () => heard.socket !== undefined)
      const before = last().received.length
      heard.socket!.send('ping')
      last().socket.send('pong')
      expect(last().received).toHaveLength(before)
      expect(heard.data).toHaveLength(0)
    })

    it('[TR4] tells once why the server closed, and completes', async () => {
      const heard = await open()
      last().socket.send('before')
      last().socket.close(4409, 'replaced')
      await rig.until('closed', () => heard.completed)
      expect(heard.events.slice(1)).toEqual(['before', { _tag: 'Closed', code: 4409, reason: 'replaced' }])
      await rig.until('server side closed', () => last().closed === 1)
    })

    it('[TR4] closes with a handshake, and hears nothing in between', async () => {
      const heard = await open()
      heard.socket!.send('before')
      heard.socket!.close(1000, 'done')
      last().socket.send('too late')
      await rig.until('closed', () => heard.completed && last().closed === 1)
      expect(heard.events.slice(1)).toEqual([{ _tag: 'Closed', code: 1000, reason: 'done' }])
      expect(last().received).toEqual(['before'])
    })

    it('[TR4] closes with a reason of any length and any code', async () => {
      for (const [code, reason] of [
        [4000, '🎈'.repeat(100)],
        [4000, 'x'.repeat(10_000)],
        [1001, ''],
      ] as const) {
        const heard = await open()
        heard.socket!.close(code, reason)
        await rig.until('closed', () => heard.completed)
        expect(closedOf(heard)).toEqual([{ _tag: 'Closed', code, reason: expect.any(String) as string }])
        expect(reason.startsWith((closedOf(heard)[0] as { reason: string }).reason)).toBe(true)
      }
    })

    it('[TR5] says false to sending on a socket that is closing or closed, and does not throw', async () => {
      const heard = await open()
      const socket = heard.socket!
      expect(socket.buffered()).toBeGreaterThanOrEqual(0)
      socket.close(1000, '')
      expect(socket.send('closing')).toBe(false)
      socket.close(1000, 'again')
      await rig.until('closed', () => heard.completed)
      expect(socket.send('closed')).toBe(false)
      expect(socket.send(new Uint8Array([1]))).toBe(false)
      socket.close(1000, 'again')
      expect(socket.buffered()).toBeGreaterThanOrEqual(0)
      expect(closedOf(heard)).toHaveLength(1)
    })

    it('[TR6] a refused connection is closed with 1006', async () => {
      rig.refuse()
      const heard = attempt()
      await rig.until('closed', () => heard.completed)
      expect(heard.events).toEqual([{ _tag: 'Closed', code: 1006, reason: expect.any(String) as string }])
      expect(rig.server.accepted).toHaveLength(0)
    })

    it('[TR6] a link that breaks is closed with 1006, on both sides', async () => {
      const heard = await open()
      rig.cut()
      await rig.until('closed', () => heard.completed && last().closed === 1)
      expect(heard.events.slice(1)).toEqual([{ _tag: 'Closed', code: 1006, reason: expect.any(String) as string }])
    })

    it('[TR6] a server that terminates is a link that breaks', async () => {
      const heard = await open()
      last().socket.terminate()
      expect([heard.events.length, last().closed]).toEqual([1, 0])
      await rig.until('closed', () => heard.completed && last().closed === 1)
      expect(closedOf(heard)).toMatchObject([{ code: 1006 }])
    })

    it('[TR7] [P4] a connection that never opens is silent, and is abandoned quietly', async () => {
      rig.hang()
      const heard = attempt()
      await rig.calm()
      expect(heard.events).toEqual([])
      heard.abandon()
      await rig.calm()
      expect(heard.events).toEqual([])
      expect(heard.completed).toBe(false)
    })

    it('[TR7] [P4] a close that is never answered is silent, and is abandoned quietly', async () => {
      const heard = await open()
      rig.stall(true)
      heard.socket!.close(1000, 'bye')
      await rig.calm()
      expect(heard.events).toHaveLength(1)
      heard.abandon()
      rig.stall(false)
      await rig.until('server side closed', () => last().closed === 1)
      await rig.calm()
      expect(heard.events).toHaveLength(1)
    })

    it('[TR8] [T16] abandoned at once, it is as if it had never been', async () => {
      const heard = attempt()
      heard.abandon()
      await rig.calm()
      expect(heard.events).toEqual([])
      expect(rig.server.accepted.every(({ closed }) => closed === 1)).toBe(true)
    })

    it('[TR8] [P13] abandoned while open, it hears nothing of what still comes, and the server hears of it', async () => {
      const heard = await open()
      const server = last()
      server.socket.send('under way')
      heard.abandon()
      server.socket.send('too late')
      await rig.until('server side closed', () => server.closed === 1)
      await rig.calm()
      expect(heard.events).toHaveLength(1)
      expect(heard.socket!.send('anybody?')).toBe(false)
      expect(server.closed).toBe(1)
    })

    it('[TR8] [P13] abandoned inside any of its own events, it hears no other', async () => {
      for (const stop of [1, 2]) {
        const heard = attempt({}, (_event, self) => {
          if (self.events.length === stop) self.abandon()
        })
        rig.server.greet = (socket) => {
          for (const text of ['one', 'two', 'three']) socket.send(text)
        }
        await rig.until(
          'both closed',
          () => rig.server.accepted.length > 0 && rig.server.accepted.every(({ closed }) => closed === 1),
        )
        await rig.calm()
        expect(heard.events).toHaveLength(stop)
        expect(heard.completed).toBe(false)
      }
    })

    it('[TR8] [T17] [P13] the end of an abandoned socket does not touch its successor', async () => {
      const first = await open()
      first.abandon()
      const second = await open()
      second.socket!.send('still here')
      last().socket.send('me too')
      await rig.until('both ways', () => second.data.length === 1 && last().received.length === 1)
      expect(second.completed).toBe(false)
      expect(rig.server.accepted.map(({ closed }) => closed)).toEqual([1, 0])
    })

    it('[TR9] a message at the limit is heard, one beyond it closes with 1009', async () => {
      for (const [fits, over] of [
        ['x'.repeat(1_000), 'x'.repeat(1_001)],
        ['ü'.repeat(500), 'ü'.repeat(501)],
        [new Uint8Array(1_000), new Uint8Array(1_001)],
      ] as const) {
        const heard = await open()
        last().socket.send(fits)
        last().socket.send(over)
        last().socket.send('never heard')
        await rig.until('closed', () => heard.completed && last().closed === 1)
        expect(heard.data).toHaveLength(1)
        expect(closedOf(heard)).toEqual([
          {
            _tag: 'Closed',
            code: 1009,
            reason: expect.stringContaining('bytes where 1000 are taken') as string,
            own: true,
          },
        ])
      }
    })

    it('[TR10] hundreds of messages each way arrive in order', async () => {
      const heard = await open()
      const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`)
      for (const text of texts) {
        heard.socket!.send(text)
        last().socket.send(text)
      }
      await rig.until('all', () => heard.data.length === texts.length && last().received.length === texts.length)
      expect(heard.data).toEqual(texts)
      expect(last().received).toEqual(texts)
    })
  })
}
