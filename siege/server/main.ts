import { getHeapStatistics } from 'node:v8'
import * as E from '#fp/Either'
import { NEVER, type ObservableInput, of } from 'rxjs'
import { serve, type Server } from '../../lib/node/serve.js'
import { memory } from '../../lib/server/memory.js'
import type { Identity } from '../../lib/server/options.js'
import { attackersRooms, lockedRoom, password, stuckUsers, wrongUsers } from '../attack/names.js'
import type { Sample, ToServer } from '../run/talk.js'
import { say } from '../run/say.js'
import { limitsOf } from './limits.js'
import { turns } from './turns.js'
import { slow } from './slow.js'

/** The token is the user, but for those that are refused or never answered. */
const whoIs = (token: string): ObservableInput<Identity | null> => {
  if (token.startsWith(stuckUsers)) return NEVER
  return of(token.startsWith(wrongUsers) ? null : { user: token })
}

const longestTurn = turns()
const sample = (): Sample => {
  const { heapUsed, rss } = process.memoryUsage()
  return {
    heapUsed,
    heapLimit: getHeapStatistics().heap_size_limit,
    rss,
    sockets: process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
    ...longestTurn(),
  }
}

let server: Server | undefined

const start = ({ limits, ground }: Extract<ToServer, { readonly _tag: 'start' }>): void => {
  serve({
    port: 0,
    engine: slow(memory(), attackersRooms, ground.slowMs ?? 0),
    authenticate: ({ token = '' }) => whoIs(token),
    authorize: ({ room, password: given }) => [
      room === lockedRoom && given !== password ? [] : ['read', 'publish', 'history'],
    ],
    ...limitsOf(limits),
  }).subscribe((result) => {
    if (E.isLeft(result)) say({ _tag: 'failed', because: result.left.message })
    else {
      server = result.right
      say({ _tag: 'listening', port: server.port })
    }
  })
  setInterval(() => {
    say({ _tag: 'sample', sample: sample() })
  }, 200)
}

process.on('message', (message: ToServer) => {
  if (message._tag === 'start') start(message)
  else if (server) say({ _tag: 'metrics', metrics: server.metrics() })
})
process.on('disconnect', () => {
  process.exit(0)
})
