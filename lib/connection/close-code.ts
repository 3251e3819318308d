import { asksAgain, authenticationError, connectionError, type Kind, type WebSocketError } from '../core/error.js'

interface Meaning {
  readonly kind: Kind
  readonly says: string
}

const meanings: Readonly<Record<number, Meaning>> = {
  1000: { kind: 'retry', says: 'it was closed normally' },
  1001: { kind: 'retry', says: 'the peer is going away' },
  1002: { kind: 'retry', says: 'a protocol error' },
  1003: { kind: 'retry', says: 'a kind of data that the peer does not take' },
  1005: { kind: 'retry', says: 'it was closed without a code' },
  1006: { kind: 'retry', says: 'the network ended it, or it never opened' },
  1007: { kind: 'retry', says: 'data that does not fit its type' },
  1008: { kind: 'terminal', says: 'a policy of the server' },
  1009: { kind: 'retry', says: 'a message that was too large' },
  1010: { kind: 'terminal', says: 'an extension that the server lacks' },
  1011: { kind: 'retry', says: 'a failure of the server' },
  1012: { kind: 'retry', says: 'the server restarts' },
  1013: { kind: 'retry', says: 'the server is busy' },
  1014: { kind: 'retry', says: 'a bad gateway' },
  1015: { kind: 'retry', says: 'the TLS handshake failed' },
  3000: { kind: 'reauth', says: 'it is not authorised' },
  3003: { kind: 'terminal', says: 'it is forbidden' },
  3008: { kind: 'retry', says: 'a deadline of the peer passed' },
  4400: { kind: 'terminal', says: 'the peers do not speak the same protocol' },
  4401: { kind: 'reauth', says: 'the token is not accepted any more' },
  4403: { kind: 'terminal', says: 'it is forbidden' },
  4408: { kind: 'retry', says: 'the greeting took too long' },
  4409: { kind: 'terminal', says: 'another client took over the session' },
  4429: { kind: 'retry', says: 'too many frames' },
}

/** The error of a close code, for every code: unknown codes are retried. */
export const closed = (code: number, reason: string): WebSocketError => {
  const { kind, says } = meanings[code] ?? { kind: 'retry', says: `the code ${code}` }
  const message = `The socket was closed (${code}): ${says}${reason === '' ? '.' : `, "${reason.slice(0, 64)}".`}`
  return kind === 'reauth'
    ? authenticationError({ code: 'auth/rejected', message, remedy: asksAgain, kind })
    : connectionError({ code: 'connection/closed', message, remedy: remedies[kind], kind, closeCode: code })
}

const remedies: Readonly<Record<Kind, string>> = {
  retry: 'Nothing to do: it is tried again after a wait.',
  unknown: 'Nothing to do: it is tried again after a wait.',
  reauth: asksAgain,
  terminal: 'Find out from the server why, then call connect().',
}
