import type { Case } from '../case.js'
import { equals, holds } from '../check.js'
import { isClosed, PROTOCOL, type TransportCase } from './bench.js'

/** Cases about sockets that open, or fail to open. */
export const openingCases = (of: TransportCase): readonly Case[] => [
  of('[TR1] does nothing before it is subscribed to, and a socket of its own for each subscription', async (bench) => {
    const { rig, server, request, until } = bench
    const cold$ = rig.transport(request)
    await rig.calm()
    equals('sockets', server.accepted.length, 0)
    const subscriptions = [1, 2].map(() => cold$.subscribe({ error: () => undefined }))
    await until('two sockets', () => server.accepted.length === 2)
    for (const subscription of subscriptions) subscription.unsubscribe()
    await until('both closed', () => server.accepted.every(({ closed }) => closed === 1))
  }),

  of('[TR1] [P30] opens with the protocol that was agreed on, on both sides', async ({ open, last }) => {
    const heard = await open()
    equals('events', heard.events.length, 1)
    equals('protocol of the client', heard.socket.protocol, PROTOCOL)
    equals('protocol of the server', last().socket.protocol, PROTOCOL)
  }),

  of('[TR6] a refused connection is closed with 1006', async ({ rig, server, attempt, until }) => {
    rig.refuse()
    const heard = attempt()
    await until('completed', () => heard.completed)
    equals('events', heard.events.length, 1)
    isClosed(heard.events[0], 1006)
    equals('accepted', server.accepted.length, 0)
  }),

  of('[TR7] [P4] a connection that never opens is silent, and is abandoned quietly', async ({ rig, attempt }) => {
    rig.hang()
    const heard = attempt()
    await rig.calm()
    equals('events', heard.events, [])
    heard.abandon()
    await rig.calm()
    equals('events', heard.events, [])
    equals('completed', heard.completed, false)
  }),

  of('[TR8] [T16] abandoned at once, it is as if it had never been', async ({ rig, server, attempt }) => {
    const heard = attempt()
    heard.abandon()
    await rig.calm()
    equals('events', heard.events, [])
    holds(
      'the server hears of it, if it heard anything',
      server.accepted.every(({ closed }) => closed === 1),
    )
  }),
]
