import { type About, asksAgain, asksNoMore, type Telling } from './text.js'

const retried = 'Nothing to do: it is tried again after a wait.'
const another = ({ final }: About): string => (final === undefined ? asksAgain : asksNoMore)

const closes: Readonly<Record<number, string>> = {
  1000: 'it was closed normally',
  1001: 'the peer is going away',
  1002: 'a protocol error',
  1003: 'a kind of data that the peer does not take',
  1005: 'it was closed without a code',
  1006: 'the network ended it, or it never opened',
  1007: 'data that does not fit its type',
  1008: 'a policy of the server',
  1009: 'a message that was too large',
  1010: 'an extension that the server lacks',
  1011: 'a failure of the server',
  1012: 'the server restarts',
  1013: 'the server is busy',
  1014: 'a bad gateway',
  1015: 'the TLS handshake failed',
  3000: 'it is not authorised',
  3003: 'it is forbidden',
  3008: 'a deadline of the peer passed',
  4400: 'the peers do not speak the same protocol',
  4401: 'the token is not accepted any more',
  4403: 'it is forbidden',
  4408: 'the greeting took too long',
  4409: 'another client took over the session',
  4429: 'too many frames',
}

/** The words of a close. */
export const closedWords: Telling = ({ closeCode, reason, kind, ...rest }) => [
  `The socket was closed (${closeCode}): ${closes[closeCode as number] ?? `the code ${closeCode}`}${reason === '' ? '.' : `, "${reason}".`}`,
  kind === 'terminal'
    ? 'Find out from the server why, then call connect().'
    : kind === 'reauth'
      ? another(rest)
      : retried,
]

/** The words of a refused handshake with a status that asks for credentials. */
export const handshakeWords: Telling = ({ url, status, ...rest }) => [
  `The handshake failed: ${url} asks for other credentials (status ${status}).`,
  `${another(rest)} What a proxy asks for is given by the option headers of webSocket().`,
]

/** `{url}` stands for the url without query and user, `{host}` for its host and port, `{scheme}` for its scheme. */
const handshake =
  (says: string, remedy: string): Telling =>
  ({ url, said, kind }) => {
    const [, scheme = '', host = '', path = ''] = /^([^:]*:)(?:\/\/([^/]*))?(.*)$/.exec(String(url)) ?? []
    const shown = { url, host: host || path, scheme }
    const filledIn = (text: string): string =>
      text.replace(/\{(url|host|scheme)\}/g, (_, name: keyof typeof shown) => String(shown[name]))
    return [
      `The handshake failed: ${filledIn(says)} (${said}).`,
      filledIn(remedy) + (kind === 'retry' ? ' It is tried again after a wait.' : ''),
    ]
  }

const timed =
  (says: (ms: string | number | undefined) => string, remedy: string): Telling =>
  ({ ms }) => [says(ms), remedy]

const notFound = 'there is nothing at {url}'
const stays = handshake(notFound, 'Check the path of {url}: it must be the path of the room server.')
const gone = handshake(notFound, 'Write another url: {url} is gone for good.')
const expired = handshake(
  'the certificate of {host} has expired',
  "Renew the certificate of {host}, or correct this machine's clock.",
)
const early = handshake(
  'the certificate of {host} is not valid yet',
  "Correct this machine's clock, or wait until the certificate of {host} is valid.",
)
const either =
  (isFirst: (about: About) => boolean, first: Telling, second: Telling): Telling =>
  (about) =>
    (isFirst(about) ? first : second)(about)

/** The words of errors of connections. */
export const connection = {
  'connection/closed': closedWords,
  'connection/open-timeout': timed(
    (ms) => `The socket did not open within ${ms} ms.`,
    `${retried} If it never opens, check the url.`,
  ),
  'connection/handshake-timeout': timed(
    (ms) => `The socket opened, but no server answered the greeting within ${ms} ms.`,
    `${retried} If it never answers, the url may lead to something that does not speak rx-rooms.v1.`,
  ),
  'connection/silent': timed((ms) => `Nothing was heard from the server for ${ms} ms.`, retried),
  'connection/stalled': timed((ms) => `The network took nothing of what waits to be written for ${ms} ms.`, retried),
  'connection/unacknowledged': timed((ms) => `The server answers, but acknowledged nothing for ${ms} ms.`, retried),
  'connection/unwell': () => ['The check of the endpoint says that it is not well.', retried],
  'protocol/outdated': ({ t }) => [
    `The server insists on a frame that this version does not know: ${t}.`,
    'Use a later version of rx-rooms.',
  ],
  'protocol/unsupported': ({ protocol, own }) => [
    `The server speaks ${protocol === '' ? 'no subprotocol' : `"${protocol}"`}, not ${own}.`,
    'Check the url: it leads to a server of another kind.',
  ],
  'connection/redirected': handshake(
    '{url} redirects, which WebSockets do not follow',
    'Write the address that {url} redirects to as the url.',
  ),
  'connection/not-websocket': handshake(
    '{url} answers, but not as a WebSocket',
    'Check that {url} leads to the room server, and that proxies before it pass on the Upgrade header.',
  ),
  'connection/handshake-refused': handshake(
    '{url} refused the handshake',
    'Find out from the server or proxy at {url} why.',
  ),
  'connection/unavailable': handshake(
    '{host} cannot serve for now',
    'Look at the server or proxy at {host} if it stays so.',
  ),
  'connection/not-found': either(({ kind }) => kind === 'terminal', gone, stays),
  'connection/too-many-requests': handshake('{url} takes no more connections for now', 'Connect less often to {url}.'),
  'connection/certificate-untrusted': handshake(
    'the certificate of {host} is signed by nobody who is trusted here',
    'Give {host} a certificate of a known authority, or trust its authority with NODE_EXTRA_CA_CERTS.',
  ),
  'connection/certificate-expired': either(({ of }) => of === 'early', early, expired),
  'connection/certificate-host': handshake(
    'the certificate is of another host than {host}',
    'Connect by a name that the certificate holds, or give {host} a certificate with its name.',
  ),
  'connection/dns': handshake(
    'the name of {host} cannot be resolved',
    'Check the spelling of {host}, and the name servers of this machine.',
  ),
  'connection/refused': handshake('nothing listens at {host}', 'Start the server at {host}, or check host and port.'),
  'connection/unreachable': handshake(
    'there is no way through the network to {host}',
    'Check the network, firewalls, and the address of {host}.',
  ),
  'connection/reset': handshake(
    '{host} ended the connection before it answered',
    'Check that {host} speaks what {scheme} says: TLS for wss:, plain HTTP for ws:.',
  ),
  'connection/tls': handshake(
    'no TLS connection to {host} could be agreed on',
    'Check that {host} speaks TLS, as wss: says, in a version that is known here.',
  ),
} satisfies Readonly<Record<string, Telling>>
