import { connect } from 'node:net'
import type { Attack } from '../attack/attack.js'
import { addressOf } from '../attack/peer.js'

const most = 6_000

export const sockets: Attack = {
  description: 'opens TCP sockets and says nothing',
  run: async ({ port, isOver, sleep, count }) => {
    for (let opened = 0; opened < most && !isOver(); opened++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf({}) })
      socket.on('error', () => undefined)
      socket.once('connect', () => count('sockets'))
      socket.once('close', () => count('sockets closed'))
      if (opened % 20 === 0) await sleep(5)
    }
    while (!isOver()) await sleep(50)
  },
}
