import { connect } from 'node:net'
import type { Attack } from '../attack/attack.js'
import { addressOf } from '../attack/peer.js'

const request = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: other',
  '',
  '',
].join('\r\n')
const most = 4_000

export const upgrades: Attack = {
  description: 'asks for another subprotocol and keeps its side of the refused sockets open',
  run: async ({ port, isOver, sleep, count }) => {
    for (let opened = 0; opened < most && !isOver(); opened++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf({}), allowHalfOpen: true })
      socket.on('error', () => undefined)
      socket.once('connect', () => count('sockets'))
      socket.once('close', () => count('sockets closed'))
      socket.resume().write(request)
      if (opened % 20 === 0) await sleep(5)
    }
    while (!isOver()) await sleep(50)
  },
}
