import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import * as E from '#fp/Either'
import { NEVER, type ObservableInput, of } from 'rxjs'
import { serve, type Server } from '../../lib/node/serve.js'
import { memory } from '../../lib/server/memory.js'
import type { Identity } from '../../lib/server/options.js'
import { attackersRooms, lockedRoom, password, stuckUsers, wrongUsers } from '../attack/names.js'
import type { FromServer, Sample, ToServer } from '../run/talk.js'
import { limitsOf } from './limits.js'
import { turns } from './turns.js'
import { slow } from './slow.js'

const say = (message: FromServer): void => {
  if (process.connected) process.send?.(message)
}

/** The token is the user, but for those that are refused or never answered. */
const whoIs = (token: string): ObservableInput<Identity | null> => {
  if (token.startsWith(stuckUsers)) return NEVER
  return of(token.startsWith(wrongUsers) ? null : { user: token })
}

const delays = monitorEventLoopDelay({ resolution: 5 })
delays.enable()
const longestTurn = turns()
const sample = (): Sample => {
  const { heapUsed, rss } = process.memoryUsage()
  const delayMs = Math.max(0, delays.max / 1e6 - 5)
  delays.reset()
  return {
    heapUsed,
    heapLimit: getHeapStatistics().heap_size_limit,
    rss,
    sockets: process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
    delayMs,
    turnMs: longestTurn(),
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
