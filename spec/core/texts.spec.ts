import { closed } from '../../lib/connection/close-code.js'
import * as connection from '../../lib/connection/error.js'
import { handshakeFailed } from '../../lib/connection/handshake.js'
import { authenticationError, type WebSocketError } from '../../lib/core/error.js'
import { explain } from '../../lib/core/texts/explain.js'
import { told as full } from '../../lib/core/texts/full.js'
import { told as short } from '../../lib/core/texts/short.js'
import { isCode } from '../../lib/core/texts/words.js'
import * as token from '../../lib/token/error.js'

const url = 'wss://user:secret@rooms.example.com:8443/path?query'
const handshakes = [
  ...[200, 301, 302, 400, 401, 403, 404, 410, 426, 429, 503].map((status) => ({ status })),
  ...['ENOTFOUND', 'ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET', 'EPROTO', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN'].map((errno) => ({ errno })), // prettier-ignore
].map((more) => handshakeFailed({ url, reason: 'said', now: 0, ...more }))

const errors = [
  ...handshakes,
  ...[1000, 1006, 1008, 3000, 4401, 4409, 4999].flatMap((code) => [closed(code, ''), closed(code, 'because')]),
  connection.connectTimeout(1),
  connection.handshakeTimeout(2),
  connection.heartbeatTimeout(3.4),
  connection.protocolTooOld('later'),
  connection.stalled(5),
  connection.unacknowledged(6),
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
      expect(message).toMatch(/^[A-Z]/)
      expect(remedy).toMatch(/^[A-Z].*\.$/)
      expect(message + remedy).not.toMatch(/undefined|\{\w+\}|secret|query/)
    },
  )

  it('[ER2] of an error without words of its own are its own', () => {
    const foreign = authenticationError({ code: 'auth/custom', message: 'No.', remedy: 'Try.', kind: 'terminal' })
    expect(explain(foreign)).toEqual({ message: 'No.', remedy: 'Try.' })
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
