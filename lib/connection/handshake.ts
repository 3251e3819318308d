import { clamp, wait } from '../protocol/clamp.js'
import { asksAgain, authenticationError, connectionError, type Kind, type WebSocketError } from '../core/error.js'
import type { Handshake } from '../core/ports.js'

/** A failed handshake. */
export interface Failed extends Handshake {
  readonly url: string
  /** The platform's text, without secrets. */
  readonly reason: string
  /** The wall clock in ms, for a `Retry-After` that is a date. */
  readonly now: number
}

/** `{url}` stands for the url without query and user, `{host}` for its host and port, `{scheme}` for its scheme. */
type Meaning = readonly [code: string, kind: Kind, says: string, remedy: string]

const notFound = 'there is nothing at {url}'
const redirects = '{url} redirects, which WebSockets do not follow'
const follow = 'Write the address that {url} redirects to as the url.'
const movedForNow: Meaning = ['redirected', 'retry', redirects, follow]
const movedForGood: Meaning = ['redirected', 'terminal', redirects, follow]
const notWebSocket: Meaning = [
  'not-websocket',
  'retry',
  '{url} answers, but not as a WebSocket',
  'Check that {url} leads to the room server, and that proxies before it pass on the Upgrade header.',
]
const refused: Meaning = [
  'handshake-refused',
  'retry',
  '{url} refused the handshake',
  'Find out from the server or proxy at {url} why.',
]
const unavailable: Meaning = [
  'unavailable',
  'retry',
  '{host} cannot serve for now',
  'Look at the server or proxy at {host} if it stays so.',
]

/** The statuses with their own meaning; the first digit decides others. */
const statuses: Readonly<Record<number, Meaning>> = {
  301: movedForGood,
  302: movedForNow,
  303: movedForNow,
  307: movedForNow,
  308: movedForGood,
  404: ['not-found', 'retry', notFound, 'Check the path of {url}: it must be the path of the room server.'],
  410: ['not-found', 'terminal', notFound, 'Write another url: {url} is gone for good.'],
  426: notWebSocket,
  429: ['too-many-requests', 'retry', '{url} takes no more connections for now', 'Connect less often to {url}.'],
}

const ofStatus = (status: number): Meaning =>
  statuses[status] ?? (status >= 500 ? unavailable : status < 300 ? notWebSocket : refused)

const untrusted: Meaning = [
  'certificate-untrusted',
  'retry',
  'the certificate of {host} is signed by nobody who is trusted here',
  'Give {host} a certificate of a known authority, or trust its authority with NODE_EXTRA_CA_CERTS.',
]
const unresolved: Meaning = [
  'dns',
  'retry',
  'the name of {host} cannot be resolved',
  'Check the spelling of {host}, and the name servers of this machine.',
]
const nobody: Meaning = [
  'refused',
  'retry',
  'nothing listens at {host}',
  'Start the server at {host}, or check host and port.',
]
const unreachable: Meaning = [
  'unreachable',
  'retry',
  'there is no way through the network to {host}',
  'Check the network, firewalls, and the address of {host}.',
]
const broken: Meaning = [
  'reset',
  'retry',
  '{host} ended the connection before it answered',
  'Check that {host} speaks what {scheme} says: TLS for wss:, plain HTTP for ws:.',
]
const notTls: Meaning = [
  'tls',
  'retry',
  'no TLS connection to {host} could be agreed on',
  'Check that {host} speaks TLS, as wss: says, in a version that is known here.',
]

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
  CERT_HAS_EXPIRED: [
    'certificate-expired',
    'retry',
    'the certificate of {host} has expired',
    "Renew the certificate of {host}, or correct this machine's clock.",
  ],
  CERT_NOT_YET_VALID: [
    'certificate-expired',
    'retry',
    'the certificate of {host} is not valid yet',
    "Correct this machine's clock, or wait until the certificate of {host} is valid.",
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'certificate-host',
    'retry',
    'the certificate is of another host than {host}',
    'Connect by a name that the certificate holds, or give {host} a certificate with its name.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
}

const ofErrno = (errno: string): Meaning | undefined =>
  errnos[errno] ?? (errno.startsWith('HPE_') ? notWebSocket : undefined)

/** The error of a failed handshake; `undefined` if the platform gave no detail. */
export const handshakeFailed = (failed: Failed): WebSocketError | undefined => {
  const { status, errno = '', reason } = failed
  const { protocol, host, pathname } = new URL(failed.url)
  const shown = { url: `${protocol}${host && '//'}${host}${pathname}`, host: host || pathname, scheme: protocol }
  const filledIn = (text: string): string =>
    text.replace(/\{(url|host|scheme)\}/g, (_, name: keyof typeof shown) => shown[name])
  if (status === 401 || status === 403)
    return authenticationError({
      code: 'auth/rejected',
      message: `The handshake failed: ${shown.url} asks for other credentials (status ${status}).`,
      remedy: `${asksAgain} What a proxy asks for is given by the option headers of webSocket().`,
      kind: 'reauth',
    })
  const meaning = status === undefined ? ofErrno(errno) : ofStatus(status)
  if (!meaning) return undefined
  const [code, kind, says, remedy] = meaning
  const told = status === undefined ? reason || errno : `status ${status}`
  return connectionError({
    code: `connection/${code}`,
    message: `The handshake failed: ${filledIn(says)} (${told.slice(0, 128)}).`,
    remedy: filledIn(remedy) + (kind === 'retry' ? ' It is tried again after a wait.' : ''),
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
