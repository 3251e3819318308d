import type { Server as HttpServer } from 'node:http'
import type { Log } from '../server/logging.js'
import { isLoopback } from './origin.js'

let isWarned = false

/**
 * Warns about a server without `authenticate` that other machines can reach: in the log of the server, or without a
 * logger once per process as a warning of Node.
 */
export const warnUnguarded = (http: HttpServer, log: Log | undefined): void => {
  const bound = http.address()
  if (bound === null || typeof bound === 'string' || isLoopback(bound.address)) return
  const message =
    'A room server without authenticate can be reached from other machines: everybody may read and publish in every room.'
  if (log) log.fault({ where: 'options', message })
  else if (!isWarned) {
    isWarned = true
    process.emitWarning(message, { type: 'SecurityWarning', code: 'RX_ROOMS_UNGUARDED' })
  }
}
