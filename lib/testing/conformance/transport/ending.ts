import type { Case } from '../case.js'
import { equals, holds } from '../check.js'
import { endsWith, type TransportCase } from './bench.js'

/** Cases about the end of sockets. */
export const endingCases = (of: TransportCase): readonly Case[] => [...closingCases(of), ...abandonCases(of)]

/** Cases about closing, and about links that break. */
const closingCases = (of: TransportCase): readonly Case[] => [
  of('[TR4] tells once why the server closed, and completes', async ({ open, last, until }) => {
    const heard = await open()
    last().socket.send('before')
    last().socket.close(4409, 'replaced')
    await until('closed', () => heard.completed)
    endsWith(heard, ['before'], 4409, 'replaced')
    await until('server side closed', () => last().closed === 1)
  }),

  of('[TR4] closes with a handshake, and hears nothing in between', async ({ open, last, until }) => {
    const heard = await open()
    heard.socket.send('before')
    heard.socket.close(1000, 'done')
    last().socket.send('too late')
    await until('closed', () => heard.completed && last().closed === 1)
    endsWith(heard, [], 1000, 'done')
    equals('received', last().received, ['before'])
  }),

  of('[TR4] closes with a reason of any length, cut to what fits', async ({ open, until }) => {
    for (const [code, reason] of [
      [4000, '🎈'.repeat(100)],
      [4000, 'x'.repeat(10_000)],
      [1001, ''],
    ] as const) {
      const heard = await open()
      heard.socket.close(code, reason)
      await until('closed', () => heard.completed)
      endsWith(heard, [], code)
      const closed = heard.events.at(-1)
      const told = typeof closed === 'object' && 'reason' in closed ? closed.reason : ''
      holds('the reason is a beginning of what was given', reason.startsWith(told))
      holds('the reason is not dropped', (told === '') === (reason === ''))
    }
  }),

  of('[TR5] says false to sending on a socket that is closing or closed, and does not throw', async (bench) => {
    const { open, until } = bench
    const heard = await open()
    const { socket } = heard
    socket.close(1000, '')
    equals('sent while closing', socket.send('closing'), false)
    socket.close(1000, 'again')
    await until('closed', () => heard.completed)
    equals('text sent', socket.send('closed'), false)
    equals('bytes sent', socket.send(new Uint8Array([1])), false)
    socket.close(1000, 'again')
    holds('buffered is a number of bytes', socket.buffered() >= 0)
    equals('events', heard.events.length, 2)
  }),

  of('[TR6] a link that breaks is closed with 1006, on both sides', async ({ rig, open, last, until }) => {
    const heard = await open()
    rig.cut()
    await until('closed', () => heard.completed && last().closed === 1)
    endsWith(heard, [], 1006)
  }),

  of('[TR6] a server that terminates is a link that breaks', async ({ open, last, until }) => {
    const heard = await open()
    last().socket.terminate()
    equals('events within the call', [heard.events.length, last().closed], [1, 0])
    await until('closed', () => heard.completed && last().closed === 1)
    endsWith(heard, [], 1006)
  }),

  of('[TR7] [P4] a close that is never answered is silent, and is abandoned quietly', async (bench) => {
    const { rig, open, last, until } = bench
    const heard = await open()
    rig.stall(true)
    heard.socket.close(1000, 'bye')
    await rig.calm()
    equals('events', heard.events.length, 1)
    heard.abandon()
    rig.stall(false)
    await until('server side closed', () => last().closed === 1)
    await rig.calm()
    equals('events', heard.events.length, 1)
  }),
]

/** Cases about sockets that are abandoned. */
const abandonCases = (of: TransportCase): readonly Case[] => [
  of('[TR8] [P13] abandoned while open, it hears nothing more, and the server hears of it', async (bench) => {
    const { rig, open, last, until } = bench
    const heard = await open()
    const server = last()
    server.socket.send('under way')
    heard.abandon()
    server.socket.send('too late')
    await until('server side closed', () => server.closed === 1)
    await rig.calm()
    equals('events', heard.events.length, 1)
    equals('sent', heard.socket.send('anybody?'), false)
    equals('how often the server hears of it', server.closed, 1)
  }),

  of('[TR8] [P13] abandoned inside any of its own events, it hears no other', async (bench) => {
    const { rig, server, attempt, until } = bench
    server.greet = (socket) => {
      for (const text of ['one', 'two', 'three']) socket.send(text)
    }
    for (const stop of [1, 2]) {
      const heard = attempt((_event, self) => {
        if (self.events.length === stop) self.abandon()
      })
      const isOver = (): boolean =>
        server.accepted.length === stop && server.accepted.every(({ closed }) => closed === 1)
      await until('both sides closed', isOver)
      await rig.calm()
      equals('events', heard.events.length, stop)
      equals('completed', heard.completed, false)
    }
  }),

  of('[TR8] [T17] [P13] the end of an abandoned socket does not touch its successor', async (bench) => {
    const { server, open, last, until } = bench
    const first = await open()
    first.abandon()
    const second = await open()
    second.socket.send('still here')
    last().socket.send('me too')
    await until('both ways', () => second.data.length === 1 && last().received.length === 1)
    await until('the first closed', () => server.accepted[0]?.closed === 1)
    equals('completed', second.completed, false)
    equals('closed', last().closed, 0)
  }),
]
