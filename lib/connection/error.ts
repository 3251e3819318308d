import { connectionError, type ConnectionError } from '../core/error.js'

const retried = 'Nothing to do: it is tried again after a wait.'

export const connectTimeout = (afterMs: number): ConnectionError =>
  connectionError({
    code: 'connection/open-timeout',
    message: `The socket did not open within ${afterMs} ms.`,
    remedy: `${retried} If it never opens, check the url.`,
    kind: 'retry',
  })

export const handshakeTimeout = (afterMs: number): ConnectionError =>
  connectionError({
    code: 'connection/handshake-timeout',
    message: `The socket opened, but no server answered the greeting within ${afterMs} ms.`,
    remedy: `${retried} If it never answers, the url may lead to something that does not speak rx-rooms.v1.`,
    kind: 'retry',
  })

export const protocolTooOld = (t: string): ConnectionError =>
  connectionError({
    code: 'protocol/outdated',
    message: `The server insists on a frame that this version does not know: ${t}.`,
    remedy: 'Use a later version of rx-rooms.',
    kind: 'terminal',
  })

export const heartbeatTimeout = (forMs: number): ConnectionError =>
  connectionError({
    code: 'connection/silent',
    message: `Nothing was heard from the server for ${Math.round(forMs)} ms.`,
    remedy: retried,
    kind: 'retry',
  })

export const stalled = (forMs: number): ConnectionError =>
  connectionError({
    code: 'connection/stalled',
    message: `The network took nothing of what waits to be written for ${Math.round(forMs)} ms.`,
    remedy: retried,
    kind: 'retry',
  })

export const unacknowledged = (afterMs: number): ConnectionError =>
  connectionError({
    code: 'connection/unacknowledged',
    message: `The server answers, but acknowledged nothing for ${Math.round(afterMs)} ms.`,
    remedy: retried,
    kind: 'retry',
  })
