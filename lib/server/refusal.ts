import type { Kind } from '../core/error.js'
import type { Refusal } from '../protocol/frame.js'

/** The WebSocket close codes of the server. A frame before the close carries the reason. */
export const closeCodes = {
  goingAway: 1001,
  tooLarge: 1009,
  restart: 1012,
  busy: 1013,
  protocol: 4400,
  auth: 4401,
  forbidden: 4403,
  greeting: 4408,
  superseded: 4409,
  rate: 4429,
} as const

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes]

interface Meaning {
  readonly kind: Kind
  readonly message: string
  readonly retryAfterMs?: number
}

const meanings = {
  'protocol/subprotocol': {
    kind: 'terminal',
    message: 'The server speaks none of the subprotocols that were offered.',
  },
  'protocol/handshake': { kind: 'terminal', message: 'The first frame must be hello, and there is one only.' },
  'protocol/late': { kind: 'retry', message: 'No hello came in time.' },
  'protocol/malformed': { kind: 'terminal', message: 'A frame does not have the form that the protocol gives it.' },
  'protocol/unknown': { kind: 'terminal', message: 'The server does not know this frame.' },
  'protocol/channel': { kind: 'terminal', message: 'A ch was used twice on one link.' },
  'protocol/too-large': { kind: 'terminal', message: 'A WebSocket message was larger than the limit.' },
  'server/busy': { kind: 'retry', message: 'The server has as many clients as it can serve.' },
  'server/draining': { kind: 'retry', message: 'The server is going away.' },
  'server/closed': { kind: 'retry', message: 'The server was closed.' },
  'server/unavailable': { kind: 'retry', message: 'The server could not look up the session.', retryAfterMs: 1_000 },
  'server/rate': { kind: 'retry', message: 'More frames in a short time than the server allows.', retryAfterMs: 1_000 },
  'server/memory': {
    kind: 'retry',
    message: 'The server has no memory left, and this connection held the most.',
    retryAfterMs: 10_000,
  },
  'server/connections': {
    kind: 'retry',
    message: 'This user or address has as many connections as the server allows.',
    retryAfterMs: 10_000,
  },
  'protocol/too-many': { kind: 'terminal', message: 'A WebSocket message held more frames than the protocol allows.' },
  'server/origin': { kind: 'terminal', message: 'Pages of this origin may not connect.' },
  'auth/rejected': { kind: 'reauth', message: 'The token was not accepted.' },
  'auth/unavailable': { kind: 'retry', message: 'The token could not be checked.', retryAfterMs: 1_000 },
  'auth/rate': { kind: 'retry', message: 'More tokens in a short time than the server checks.', retryAfterMs: 1_000 },
  'auth/subject': { kind: 'terminal', message: 'The token is of another user than the session.' },
  'auth/expired': { kind: 'reauth', message: 'The token expired and no other came in time.' },
  'auth/superseded': { kind: 'retry', message: 'A newer token came before this one was checked.' },
  'session/superseded': { kind: 'terminal', message: 'A newer link of the same client has taken over.' },
  'session/replaced': { kind: 'terminal', message: 'The user has newer sessions, as many as the server allows.' },
  'session/revoked': { kind: 'terminal', message: 'The server ended the session of this user.' },
  'room/forbidden': { kind: 'terminal', message: 'This user may not read the room.' },
  'room/kicked': { kind: 'terminal', message: 'The user was removed from the room.' },
  'room/banned': { kind: 'terminal', message: 'The user is banned from the room.' },
  'room/muted': { kind: 'terminal', message: 'The user may not publish in the room at present.' },
  'room/closed': { kind: 'terminal', message: 'The room is closed.' },
  'room/exists': { kind: 'terminal', message: 'There is a room with this name already.' },
  'room/invalid': { kind: 'terminal', message: 'The order about the room is not valid.' },
  'room/refused': { kind: 'terminal', message: 'The application refuses this.' },
  'room/password': { kind: 'terminal', message: 'The room needs a password, and this is none or a wrong one.' },
  'room/invitation': { kind: 'terminal', message: 'The room needs an invitation, and this is none or no valid one.' },
  'room/rate': {
    kind: 'retry',
    message: 'More wrong passwords in a short time than the server allows.',
    retryAfterMs: 5_000,
  },
  'room/not-open': { kind: 'terminal', message: 'The room takes nobody new at present.' },
  'room/full': { kind: 'retry', message: 'Every seat of the room is taken.', retryAfterMs: 5_000 },
  'room/memory': {
    kind: 'retry',
    message: 'The server has no memory for more memberships at present.',
    retryAfterMs: 5_000,
  },
  'room/limit': { kind: 'terminal', message: 'The session is in as many rooms as the server allows.' },
  'room/joins': { kind: 'retry', message: 'A message held more joins than the server allows.', retryAfterMs: 1_000 },
  'room/not-joined': { kind: 'retry', message: 'The session is not in the room.', retryAfterMs: 1_000 },
  'room/not-found': { kind: 'terminal', message: 'There is no such room.' },
  'room/superseded': { kind: 'terminal', message: 'The same link has joined the room again.' },
  'room/unavailable': { kind: 'retry', message: 'The room cannot be opened at the moment.', retryAfterMs: 1_000 },
  'room/table-full': { kind: 'terminal', message: 'The table of the room has no place for this row.' },
  'room/unanswered': { kind: 'unknown', message: 'The engine did not answer: the write may have been executed.' },
  'room/value-too-large': { kind: 'terminal', message: 'The value, or the state, is larger than the server takes.' },
  'room/term': { kind: 'terminal', message: 'The term is not that of the present leader of the room.' },
  'room/busy': {
    kind: 'retry',
    message: 'More requests are under way than the server takes of one client.',
    retryAfterMs: 1_000,
  },
  'call/unsupported': { kind: 'terminal', message: 'The server does not answer such calls.' },
  'call/unknown-name': { kind: 'terminal', message: 'The server answers no call of this name.' },
  'call/input': { kind: 'terminal', message: 'The input of the call is not what the server takes.' },
  'call/forbidden': { kind: 'terminal', message: 'This user may not make the call.' },
  'call/cancelled': { kind: 'terminal', message: 'The call was cancelled before it ran.' },
  'call/failed': { kind: 'terminal', message: 'The server failed to answer the call.' },
  'call/forgotten': { kind: 'terminal', message: 'The call has run, and its answer is no longer known.' },
  'call/unknown': { kind: 'unknown', message: 'The call may have run, wholly or in part.' },
  'call/late': { kind: 'retry', message: 'The call was not answered in its time.' },
  'call/lost': { kind: 'retry', message: 'The stream has ended, or goes on elsewhere.' },
  'call/unavailable': { kind: 'retry', message: 'The call cannot be made at the moment.', retryAfterMs: 1_000 },
  'call/nobody': { kind: 'retry', message: 'Nobody in the room answers this call.', retryAfterMs: 1_000 },
  'call/too-few': { kind: 'retry', message: 'Fewer members answer than the call needs.', retryAfterMs: 1_000 },
  'call/too-many': { kind: 'terminal', message: 'More members answer than one call may ask.' },
  'call/gone': { kind: 'retry', message: 'The member has left, or no longer answers the call.' },
  'call/rate': { kind: 'retry', message: 'More calls than the server allows.', retryAfterMs: 1_000 },
  'delivery/forbidden': { kind: 'terminal', message: 'This user may not publish in the room.' },
  'delivery/unchecked': { kind: 'retry', message: 'The permission could not be checked.', retryAfterMs: 1_000 },
  'delivery/refused': { kind: 'terminal', message: 'The application refuses this message.' },
  'delivery/too-large': { kind: 'terminal', message: 'The payload is larger than the limit.' },
  'delivery/rate': { kind: 'retry', message: 'More publishes in a short time than the server allows.' },
  'delivery/unavailable': { kind: 'retry', message: 'The log could not be written.', retryAfterMs: 1_000 },
  'delivery/order': { kind: 'retry', message: 'An earlier publish of the same producer is not settled.' },
  'delivery/unknown': { kind: 'unknown', message: 'The server does not know whether this was published before.' },
  'delivery/forgotten': { kind: 'unknown', message: 'This was decided so long ago that the outcome is forgotten.' },
} as const satisfies Readonly<Record<string, Meaning>>

export type RefusalCode = keyof typeof meanings

/** Returns the close code for the end of a session: that of a violation of the protocol, unless there is another one. */
export const closeCodeOf = (code: RefusalCode): CloseCode => endings[code] ?? closeCodes.protocol

const endings: Readonly<Partial<Record<RefusalCode, CloseCode>>> = {
  'auth/expired': closeCodes.auth,
  'session/replaced': closeCodes.superseded,
  'session/revoked': closeCodes.forbidden,
}

/** Returns the text of a code, without quotes from a frame. */
export const meaningOf = (code: string): string =>
  Object.hasOwn(meanings, code) ? meanings[code as RefusalCode].message : 'The server refused it.'

/** Builds a refusal for the protocol. */
export const refusal = (code: RefusalCode, more: Partial<Omit<Refusal, 'code'>> = {}): Refusal => ({
  code,
  ...meanings[code],
  ...more,
})
