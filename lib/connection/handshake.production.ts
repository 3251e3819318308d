import type { WebSocketError } from '../core/error.js'
import { closed } from './close-code.js'
import type { Ended } from './handshake.js'

/** The error of a socket that closed. Pages get no detail of a failed handshake. */
export const lossOf = ({ code, reason }: Ended): WebSocketError => closed(code, reason)
