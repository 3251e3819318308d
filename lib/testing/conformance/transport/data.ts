import type { Data } from '../../../core/ports.js'
import type { Case } from '../case.js'
import { equals, holds, matches } from '../check.js'
import { isClosed, LIMIT, type TransportCase } from './bench.js'

const MESSAGES: readonly Data[] = ['one', new Uint8Array([1, 2, 255]), '', 'ünï 🎈\0', new Uint8Array(0), 'last']

/** Cases about the data on an open socket. */
export const dataCases = (of: TransportCase): readonly Case[] => [
  of('[TR2] carries texts and bytes both ways, in order', async ({ open, last, until }) => {
    const heard = await open()
    for (const message of MESSAGES) {
      equals('sent', heard.socket.send(message), true)
      last().socket.send(message)
    }
    await until('all', () => heard.data.length === MESSAGES.length && last().received.length === MESSAGES.length)
    equals('downwards', heard.data, MESSAGES)
    equals('upwards', last().received, MESSAGES)
  }),

  of('[TR2] sends bytes as they were when they were sent', async ({ open, last, until }) => {
    const heard = await open()
    const bytes = new Uint8Array([1])
    heard.socket.send(bytes)
    bytes[0] = 2
    await until('arrived', () => last().received.length === 1)
    equals('bytes', last().received, [new Uint8Array([1])])
  }),

  of('[TR2] hears what the server says while it accepts', async ({ server, open, until }) => {
    server.greet = (socket) => {
      socket.send('hello')
    }
    const heard = await open()
    await until('greeted', () => heard.data.length === 1)
    equals('events after opening', heard.events.slice(1), ['hello'])
  }),

  of('[TR3] hears nothing within the call that sends or subscribes', async ({ attempt, last, until, server }) => {
    const heard = attempt()
    equals('events', heard.events, [])
    await until('open', () => heard.socket !== undefined && server.accepted.length === 1)
    heard.socket?.send('ping')
    last().socket.send('pong')
    equals('received', last().received, [])
    equals('heard', heard.data, [])
    await until('both', () => heard.data.length === 1 && last().received.length === 1)
  }),

  of('[TR9] a message at the limit is heard, one beyond it closes with 1009', async ({ open, last, until }) => {
    for (const [fits, over] of [
      ['x'.repeat(LIMIT), 'x'.repeat(LIMIT + 1)],
      ['ü'.repeat(LIMIT / 2), `x${'ü'.repeat(LIMIT / 2)}`],
      [new Uint8Array(LIMIT), new Uint8Array(LIMIT + 1)],
    ] as const) {
      const heard = await open()
      last().socket.send(fits)
      last().socket.send(over)
      last().socket.send('never heard')
      await until('closed', () => heard.completed && last().closed === 1)
      equals('heard', heard.data, [fits])
      equals('events', heard.events.length, 3)
      isClosed(heard.events[2], 1009)
      matches('who closed it', heard.events[2], { own: true })
    }
  }),

  of('[TR9] a server that closes with 1009 is not taken for this side', async ({ open, last, until }) => {
    const heard = await open()
    last().socket.close(1009, 'too much for me')
    await until('closed', () => heard.completed)
    equals('the end', heard.events.at(-1), { _tag: 'Closed', code: 1009, reason: 'too much for me' })
  }),

  of('[TR10] hundreds of messages each way arrive in order', async ({ open, last, until }) => {
    const heard = await open()
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`)
    for (const text of texts) {
      heard.socket.send(text)
      last().socket.send(text)
    }
    await until('all', () => heard.data.length >= texts.length && last().received.length >= texts.length)
    equals('downwards', heard.data, texts)
    equals('upwards', last().received, texts)
  }),

  of('[TR5] tells what is buffered', async ({ open }) => {
    const { socket } = await open()
    holds('a number of bytes', socket.buffered() >= 0)
  }),
]
