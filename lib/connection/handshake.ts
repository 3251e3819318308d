import { authenticationError, connectionError, type Kind, type WebSocketError } from '../core/error.js'
import type { Handshake } from '../core/ports.js'

/** A handshake that failed. */
export interface Failed extends Handshake {
  readonly url: string
  /** The words of the platform, without secrets. */
  readonly reason: string
  /** The calendar's ms, for a `Retry-After` that is a date. */
  readonly now: number
}

interface Meaning {
  /** The part of the code after `connection/`. */
  readonly code: string
  readonly kind: Exclude<Kind, 'reauth'>
  /** What happened, said of the url or its host. */
  readonly says: (where: Where) => string
  readonly remedy: (where: Where) => string
}

/** What may be shown of a url: it has no query, user or fragment. */
interface Where {
  readonly url: string
  readonly host: string
  readonly scheme: string
}

const again = 'It is tried again after a wait.'

const meaning = (code: string, kind: Meaning['kind'], says: Meaning['says'], remedy: Meaning['remedy']): Meaning => ({
  code,
  kind,
  says,
  remedy,
})

const notFound = meaning(
  'not-found',
  'retry',
  ({ url }) => `there is nothing at ${url}`,
  ({ url }) => `Check the path of ${url}: it must be the path of the room server. ${again}`,
)
const moved = (kind: 'retry' | 'terminal'): Meaning =>
  meaning(
    'redirected',
    kind,
    ({ url }) => `${url} redirects, which WebSockets do not follow`,
    ({ url }) => `Write the address that ${url} redirects to as the url.${kind === 'retry' ? ` ${again}` : ''}`,
  )
const notWebSocket = meaning(
  'not-websocket',
  'retry',
  ({ url }) => `${url} answers, but not as a WebSocket`,
  ({ url }) =>
    `Check that ${url} leads to the room server, and that proxies before it pass on the Upgrade header. ${again}`,
)
const crowded = meaning(
  'too-many-requests',
  'retry',
  ({ url }) => `${url} takes no more connections for now`,
  () => again,
)
const unavailable = meaning(
  'unavailable',
  'retry',
  ({ host }) => `${host} cannot serve for now`,
  ({ host }) => `Look at the server or proxy at ${host} if it stays so. ${again}`,
)
const refused = meaning(
  'handshake-refused',
  'retry',
  ({ url }) => `${url} refused the handshake`,
  ({ url }) => `Find out from the server or proxy at ${url} why. ${again}`,
)

/** The meanings of the statuses that have one of their own; others go by their first digit. */
const statuses: Readonly<Record<number, Meaning>> = {
  301: moved('terminal'),
  302: moved('retry'),
  303: moved('retry'),
  307: moved('retry'),
  308: moved('terminal'),
  404: notFound,
  410: { ...notFound, kind: 'terminal', remedy: ({ url }) => `Write another url: ${url} is gone for good.` },
  426: notWebSocket,
  429: crowded,
}

const ofStatus = (status: number): Meaning =>
  statuses[status] ?? (status >= 500 ? unavailable : status < 300 ? notWebSocket : refused)

const certificate = (code: string, says: Meaning['says'], remedy: Meaning['remedy']): Meaning =>
  meaning(`certificate-${code}`, 'retry', says, (where) => `${remedy(where)} ${again}`)
const untrusted = certificate(
  'untrusted',
  ({ host }) => `the certificate of ${host} is signed by nobody who is trusted here`,
  ({ host }) => `Give ${host} a certificate of a known authority, or trust its authority with NODE_EXTRA_CA_CERTS.`,
)
const unresolved = meaning(
  'dns',
  'retry',
  ({ host }) => `the name of ${host} cannot be resolved`,
  ({ host }) => `Check the spelling of ${host}, and the name servers of this machine. ${again}`,
)
const nobody = meaning(
  'refused',
  'retry',
  ({ host }) => `nothing listens at ${host}`,
  ({ host }) => `Start the server at ${host}, or check host and port. ${again}`,
)
const unreachable = meaning(
  'unreachable',
  'retry',
  ({ host }) => `there is no way through the network to ${host}`,
  ({ host }) => `Check the network, firewalls, and the address of ${host}. ${again}`,
)
const broken = meaning(
  'reset',
  'retry',
  ({ host }) => `${host} ended the connection before it answered`,
  ({ host, scheme }) =>
    `Check that ${host} speaks ${scheme === 'wss' ? 'TLS' : 'plain HTTP'}, as ${scheme}: says. ${again}`,
)
const notTls = meaning(
  'tls',
  'retry',
  ({ host }) => `no TLS connection to ${host} could be agreed on`,
  ({ host }) => `Check that ${host} speaks TLS, as wss: says, in a version that is known here. ${again}`,
)

/** The meanings of the error codes of systems and of the TLS library. */
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
  CERT_HAS_EXPIRED: certificate(
    'expired',
    ({ host }) => `the certificate of ${host} has expired`,
    ({ host }) => `Renew the certificate of ${host}, or correct this machine's clock.`,
  ),
  CERT_NOT_YET_VALID: certificate(
    'expired',
    ({ host }) => `the certificate of ${host} is not valid yet`,
    ({ host }) => `Correct this machine's clock, or wait until the certificate of ${host} is valid.`,
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: certificate(
    'host',
    ({ host }) => `the certificate is of another host than ${host}`,
    ({ host }) => `Connect by a name that the certificate holds, or give ${host} a certificate with its name.`,
  ),
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
}

const ofErrno = (errno: string): Meaning | undefined =>
  errnos[errno] ?? (errno.startsWith('HPE_') ? notWebSocket : undefined)

/** What a failed handshake means; `undefined` where the platform told too little to say more than that it failed. */
export const handshakeFailed = (failed: Failed): WebSocketError | undefined => {
  const { status, errno, reason } = failed
  const where = whereOf(failed.url)
  if (status === 401 || status === 403)
    return authenticationError({
      code: 'auth/rejected',
      message: `The server answered the handshake with ${status}: ${where.url} lets this client in only with other credentials.`,
      remedy:
        'Another token is asked for. Where a proxy asks for credentials of its own, give them by the option headers of webSocket().',
      kind: 'reauth',
    })
  const meant = status === undefined ? ofErrno(errno ?? '') : ofStatus(status)
  if (!meant) return undefined
  const told = status === undefined ? reason || errno : `status ${status}`
  return connectionError({
    code: `connection/${meant.code}`,
    message: `The handshake failed: ${meant.says(where)} (${(told ?? '').slice(0, 128)}).`,
    remedy: meant.remedy(where),
    kind: meant.kind,
    closeCode: 1006,
    ...retryAfter(failed),
  })
}

const whereOf = (text: string): Where => {
  const { protocol, host, pathname } = new URL(text)
  return {
    url: `${protocol}${host === '' ? '' : `//${host}`}${pathname}`,
    host: host || pathname,
    scheme: protocol.slice(0, -1),
  }
}

/** The server's wish in `Retry-After`, in seconds or as a date, with a tenth of it as spread so that a herd does not return at once. */
const retryAfter = ({
  retryAfter: wish,
  date,
  now,
}: Failed): { readonly retryAfterMs?: number; readonly spreadMs?: number } => {
  if (wish === undefined) return {}
  const sent = date === undefined ? NaN : Date.parse(date)
  const ms = /^\s*\d+\s*$/.test(wish) ? Number(wish) * 1_000 : Date.parse(wish) - (Number.isNaN(sent) ? now : sent)
  if (!Number.isFinite(ms)) return {}
  const retryAfterMs = Math.max(0, ms)
  return { retryAfterMs, spreadMs: Math.max(1_000, Math.round(retryAfterMs / 10)) }
}
