import { clamp, wait } from '../protocol/clamp.js'
import {
  authenticationError,
  connectionError,
  type ConnectionError,
  type Kind,
  type WebSocketError,
} from '../core/error.js'
import type { Handshake, TransportEvent } from '../core/ports.js'
import { told } from '#texts'
import { closed } from './close-code.js'

/** The end of a socket. */
export type Ended = Extract<TransportEvent, { readonly _tag: 'Closed' }>

/** A failed handshake. */
export interface Failed extends Handshake {
  readonly url: string
  /** The platform's text, without secrets. */
  readonly reason: string
  /** The wall clock in ms, for a `Retry-After` that is a date. */
  readonly now: number
}

type Meaning = readonly [code: FailureCode, kind: Kind, of?: string]
type FailureCode = Extract<ReturnType<typeof told>['code'], ConnectionError['code']>

const movedForNow: Meaning = ['connection/redirected', 'retry']
const movedForGood: Meaning = ['connection/redirected', 'terminal']
const notWebSocket: Meaning = ['connection/not-websocket', 'retry']

/** The statuses with their own meaning; the first digit decides others. */
const statuses: Readonly<Record<number, Meaning>> = {
  301: movedForGood,
  302: movedForNow,
  303: movedForNow,
  307: movedForNow,
  308: movedForGood,
  404: ['connection/not-found', 'retry'],
  410: ['connection/not-found', 'terminal'],
  426: notWebSocket,
  429: ['connection/too-many-requests', 'retry'],
}

const ofStatus = (status: number): Meaning =>
  statuses[status] ??
  (status >= 500
    ? ['connection/unavailable', 'retry']
    : status < 300
      ? notWebSocket
      : ['connection/handshake-refused', 'retry'])

const untrusted: Meaning = ['connection/certificate-untrusted', 'retry']
const unresolved: Meaning = ['connection/dns', 'retry']
const nobody: Meaning = ['connection/refused', 'retry']
const unreachable: Meaning = ['connection/unreachable', 'retry']
const broken: Meaning = ['connection/reset', 'retry']
const notTls: Meaning = ['connection/tls', 'retry']

/** The error codes of operating systems and of the TLS library. */
const errnos: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  ECONNREFUSED: nobody,
  ENOENT: nobody,
  EACCES: nobody,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  ECONNRESET: broken,
  EPIPE: broken,
  EPROTO: notTls,
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  CERT_HAS_EXPIRED: ['connection/certificate-expired', 'retry'],
  CERT_NOT_YET_VALID: ['connection/certificate-expired', 'retry', 'early'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['connection/certificate-host', 'retry'],
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
}

const ofErrno = (errno: string): Meaning | undefined =>
  errnos[errno] ?? (errno.startsWith('HPE_') ? notWebSocket : undefined)

/** The error of a socket that closed, or did not open. Its reason holds no secret; `now` is the wall clock in ms. */
export const lossOf = ({ code, reason, handshake }: Ended, url: string, now: number): WebSocketError =>
  (handshake && handshakeFailed({ ...handshake, url, reason, now })) ?? closed(code, reason)

/** The error of a failed handshake; `undefined` if the platform gave no detail. */
export const handshakeFailed = (failed: Failed): WebSocketError | undefined => {
  const { status, errno = '', reason } = failed
  const { protocol, host, pathname } = new URL(failed.url)
  const url = `${protocol}${host && '//'}${host}${pathname}`
  if (status === 401 || status === 403)
    return authenticationError({ ...told('auth/rejected', { of: 'handshake', url, status }), kind: 'reauth' })
  const meaning = status === undefined ? ofErrno(errno) : ofStatus(status)
  if (!meaning) return undefined
  const [code, kind, of] = meaning
  const said = (status === undefined ? reason || errno : `status ${status}`).slice(0, 128)
  return connectionError({
    ...told(code, { url, said, kind, ...(of !== undefined && { of }) }),
    kind,
    closeCode: 1006,
    ...retryAfter(failed),
  })
}

/**
 * The time in `Retry-After`, in seconds or as a date; a tenth of it is the spread, so that clients do not return all at
 * once.
 */
const retryAfter = ({
  retryAfter: wish = '',
  date,
  now,
}: Failed): Pick<WebSocketError, 'retryAfterMs' | 'spreadMs'> => {
  const sent = Date.parse(date ?? '') || now
  const ms = /^\d+$/.test(wish) ? Number(wish) * 1_000 : Date.parse(wish) - sent
  if (!Number.isFinite(ms)) return {}
  const retryAfterMs = Math.max(0, ms)
  const spreadMs = Math.max(1_000, Math.round(retryAfterMs / 10))
  return { retryAfterMs: clamp(retryAfterMs, wait), spreadMs: clamp(spreadMs, wait) }
}
