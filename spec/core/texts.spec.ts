import { cutShort } from '../../lib/client/action.js'
import { payloadText } from '../../lib/client/payload-text.js'
import { contractFault, nameFault } from '../../lib/client/validate.js'
import { secretFault } from '../../lib/features/room-life/admission.js'
import { closed } from '../../lib/connection/close-code.js'
import * as connection from '../../lib/connection/error.js'
import { handshakeFailed } from '../../lib/connection/handshake.js'
import { count, group, invalid, ms, optionFault, text, whole } from '../../lib/core/check.js'
import { authenticationError, type WebSocketError } from '../../lib/core/error.js'
import { explain } from '../../lib/core/texts/explain.js'
import { told as full } from '../../lib/core/texts/full.js'
import { refusalRemedy as noRemedy, told as short } from '../../lib/core/texts/short.js'
import { type Code, isCode } from '../../lib/core/texts/words.js'
import * as history from '../../lib/features/history/error.js'
import { last, stored } from '../../lib/features/history/index.js'
import { closedByUser } from '../../lib/kernel/kernel.js'
import { refused } from '../../lib/kernel/refusal.js'
import { urlFault } from '../../lib/kernel/url.js'
import * as delivery from '../../lib/outbox/error.js'
import type { Message } from '../../lib/outbox/message.js'
import * as streams from '../../lib/operators/stream-error.js'
import { gapError } from '../../lib/rooms/deliver.js'
import * as rooms from '../../lib/rooms/error.js'
import * as token from '../../lib/token/error.js'

const url = 'wss://user:secret@rooms.example.com:8443/path?query'
const handshakes = [
  ...[200, 301, 302, 400, 401, 403, 404, 410, 426, 429, 503].map((status) => ({ status })),
  ...['ENOTFOUND', 'ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET', 'EPROTO', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN'].map((errno) => ({ errno })), // prettier-ignore
].map((more) => handshakeFailed({ url, reason: 'said', now: 0, ...more }))

const checks = { count, ms, inner: group({ whole: whole(1, 9), text: text('text 1 9', 1, 9) }) }
const invalidOptions: readonly unknown[] = [
  5, { count: 0 }, { ms: -1 }, { inner: 1 }, { inner: { whole: 10 } }, { inner: { text: '' } }, { cuont: 1 }, { inner: { x: 1 } },
  new Proxy({}, { ownKeys: () => { throw new Error('boom') } }),
] // prettier-ignore
const options = [
  ...invalidOptions.map((each) => optionFault(each, checks)),
  ...['nonsense', 'http://a.example', 'wss://a.example#b', 'wss://a.example?token=1'].map(urlFault),
  ...(['ids', 'identity', 'transport', 'policy', 'health'] as const).map((of) => invalid(of, of)),
  contractFault(5),
  secretFault('password')(''),
  last(NaN).fault,
  stored({ window: 5 }).fault,
]

const message = { id: 'm1', room: 'lobby', event: 'say', written: undefined, bytes: 9 } as const
const written = { ...message, written: {} } as const
const held = (of: object, isStored: boolean): Message =>
  ({ ...of, kept: isStored ? { isStored } : undefined }) as Message
const deliveries = [
  delivery.full(message, message, '5 entries'),
  delivery.dropped(message),
  delivery.replaced(message),
  delivery.idReused(message),
  delivery.tooLarge(message, 8),
  delivery.takenOver(message),
  delivery.tooOld(message),
  delivery.poison(message),
  ...(['no', 'unknown'] as const).flatMap((executed) => [
    delivery.aborted(message, executed),
    delivery.overdue(message, 5, executed),
  ]),
  ...[held(message, false), held(written, false), held(message, true)].flatMap((each) => [
    delivery.closed(each),
    delivery.disowned(each),
  ]),
  ...(['delivery/not-in', 'delivery/forbidden', 'delivery/unsupported', 'delivery/too-large', 'delivery/congested'] as const).map((code) =>
    delivery.deliveryFailure(code, 'terminal', message, 'no', { of: 'signal' })), // prettier-ignore
  delivery.deliveryFailure('delivery/undone', 'retry', message, 'no', { room: 'lobby' }),
]

const at = { epoch: 'e', offset: 1 }
const inRooms = [
  nameFault(''),
  rooms.joinOverdue('lobby', 5),
  rooms.aborted('lobby'),
  rooms.released('lobby'),
  rooms.unreadable('lobby', 'say', { path: 'a.b', expected: 'number', actual: '"x"' }, at),
  ...(['truncated', 'epoch', 'forbidden', 'overflow', 'too-large', 'lost'] as const).map((because) =>
    gapError({ room: 'lobby', because, from: at, to: at, ...(because === 'epoch' ? {} : { missing: 2 }) })), // prettier-ignore
  history.unsupported('lobby'),
  history.tooMany('lobby', 5),
  history.pageOverdue('lobby', 5),
  history.anotherLog('lobby'),
  history.oversized('lobby'),
  history.abandoned('lobby'),
  history.invalidCommit('lobby', at, 0),
  rooms.roomFailure('room/invalid-history', 'terminal', 'lobby', { fault: 'Last is 0' }),
  rooms.roomFailure('room/invalid-commit', 'terminal', 'lobby', { of: 'place', actual: '5' }),
  rooms.roomFailure('room/invalid-commit', 'terminal', 'lobby', { of: 'room', actual: '"x"' }),
  rooms.roomFailure('room/invalid-commit', 'terminal', 'lobby', { of: 'position', fault: 'Position is 5' }),
  rooms.roomFailure('room/commit-aborted', 'unknown', 'lobby'),
  rooms.roomFailure('room/commit-timeout', 'unknown', 'lobby'),
  rooms.roomFailure('room/not-stored', 'retry', 'lobby'),
]

const unsendable = payloadText('lobby', '', 1, (value) => ({ _tag: 'Right', right: value }))
const words = (code: Code, about: Parameters<typeof full>[1]) =>
  authenticationError({ ...full(code, about), kind: 'terminal' } as Parameters<typeof authenticationError>[0])
const ofClient = [
  closedByUser,
  cutShort('aborted'),
  cutShort('timeout'),
  unsendable._tag === 'Left' ? unsendable.left : undefined,
  words('connection/disconnected', undefined),
  words('connection/defect', { said: 'boom' }),
  words('session/not-erased', { because: 'failed', said: 'boom' }),
  words('config/url-failed', { said: 'boom' }),
  words('protocol/unsupported', { protocol: 'mqtt', own: 'rx-rooms.v1' }),
  words('protocol/unsupported', { protocol: '', own: 'rx-rooms.v1' }),
  words('auth/no-token', { of: 'server' }),
]

const errors = [
  ...handshakes,
  ...options,
  ...deliveries,
  ...inRooms,
  ...ofClient,
  streams.empty(),
  streams.failed('boom'),
  streams.aborted(),
  streams.late(),
  streams.overflow(5, 4),
  ...[1000, 1006, 1008, 3000, 4401, 4409, 4999].flatMap((code) => [closed(code, ''), closed(code, 'because')]),
  ...(['open-timeout', 'handshake-timeout', 'silent', 'stalled', 'unacknowledged'] as const).map((code) =>
    connection.overdue(`connection/${code}`, 3.4),
  ),
  words('protocol/outdated', { t: 'later' }),
  token.noToken,
  token.signedOut,
  token.rejected,
  token.overdue(7),
  token.failed('boom'),
].filter((error) => error !== undefined)

/** The same error as in a build for production. */
const shortened = (error: WebSocketError): WebSocketError => {
  if (!isCode(error.code)) throw new Error(`${error.code} has no words`)
  return { ...error, ...short(error.code, error.about) } as WebSocketError
}

describe('the texts of errors', () => {
  it.each(errors.map((error) => [error.code, error.message, error] as const))(
    '[ER2] are given by explain, of every build: %s, %s',
    (_code, message, error) => {
      const { remedy } = error
      expect(explain(error)).toEqual({ message, remedy })
      expect(explain(shortened(error))).toEqual({ message, remedy })
      expect(message).toMatch(/^[\w"].+/)
      expect(remedy).toMatch(/^[A-Z].*\.$/)
      expect(message + remedy).not.toMatch(/undefined|\{\w+\}(?! to wait)|secret|query/)
    },
  )

  it('[ER2] of an error without words of its own are its own', () => {
    const foreign = authenticationError({ code: 'auth/custom', message: 'No.', remedy: 'Try.', kind: 'terminal' })
    expect(explain(foreign)).toEqual({ message: 'No.', remedy: 'Try.' })
  })

  it.each([
    ['room/forbidden', 'terminal', /^Ask for permission/],
    ['server/busy', 'retry', /^Nothing to do/],
    ['auth/rejected', 'reauth', /^Ask whoever/],
  ] as const)(
    '[ER2] of a refusal by a server are its own message, and the remedy of its code: %s',
    (code, kind, says) => {
      const refusal = refused('lobby', { code, kind, message: 'the owner said no' })
      expect(refusal.remedy).toMatch(says)
      expect(refusal.message).toContain('the owner said no')
      expect(explain({ ...refusal, remedy: noRemedy() })).toEqual({ message: refusal.message, remedy: refusal.remedy })
    },
  )

  it('[ER2] of a message that a server refused say if it may have arrived', () => {
    const refusal = { code: 'too-fast', kind: 'terminal', message: 'slow down' } as const
    for (const isRetry of [false, true]) {
      const error = delivery.refused({ message, isRetry } as Parameters<typeof delivery.refused>[0], refusal)
      expect(error).toMatchObject({ code: 'delivery/too-fast', message: 'slow down' })
      expect(error.remedy).toMatch(isRetry ? /^It may or may not have arrived/ : /^The server will not take it/)
      expect(explain({ ...error, remedy: noRemedy() })).toEqual({ message: error.message, remedy: error.remedy })
    }
  })

  it('[ER3] are the code and the values in a build for production, with all other fields the same', () => {
    const error = token.overdue(10_000)
    const { message, remedy, ...rest } = shortened(error)
    expect([message, remedy]).toEqual(['auth/timeout 10000', ''])
    expect(error).toMatchObject(rest)
    expect(short('auth/signed-out')).toEqual({ code: 'auth/signed-out', message: 'auth/signed-out', remedy: '' })
    expect(full('auth/timeout', { deadlineMs: 1 })).toMatchObject({ code: 'auth/timeout', about: { deadlineMs: 1 } })
  })
})
