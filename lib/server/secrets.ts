import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import type { Redactor } from '../core/redact.js'
import type { ClientFrame } from '../protocol/frame.js'
import type { Credentials } from './options.js'

/** Headers whose values are secret. */
const isSecret = (header: string): boolean => /auth|cookie|token|secret|key|session|password/i.test(header)

/** What of a request a text must not show: the values of such headers, and those of the URL. */
const ofRequest = (request: unknown): readonly string[] => {
  const { url, headers } = Object(request) as { readonly url?: unknown; readonly headers?: unknown }
  const values = Object.entries(Object(headers) as object).flatMap(([header, value]: [string, unknown]) =>
    isSecret(header) ? String(value) : [],
  )
  const queries = typeof url === 'string' ? url.split(/[?&]/).slice(1) : []
  const parts = [...values.flatMap((value) => value.split(/[\s;,]+/)), ...queries]
  const named = parts.map((part) => part.slice(part.indexOf('=') + 1))
  return [...values.flatMap(basic), ...named.flatMap((value) => [value, ...decoded(value)])]
}

/** The value of a query as it is meant. */
const decoded = (value: string): readonly string[] => {
  const plain = guard(() => decodeURIComponent(value.replaceAll('+', ' ')))
  return E.isRight(plain) ? [plain.right] : []
}

/** The user and the password of a Basic authorization. */
const basic = (value: string): readonly string[] => {
  const [, coded] = /^Basic\s+([A-Za-z0-9+/=]{4,1024})$/i.exec(value) ?? []
  const plain = coded === undefined ? undefined : guard(() => atob(coded))
  return plain && E.isRight(plain) ? [plain.right, plain.right.slice(plain.right.indexOf(':') + 1)] : []
}

/** The parts of a JSON Web Token: each can be read for itself. */
const partsOf = (token: string): readonly string[] => token.split('.')

/** How many secrets of one client are looked for, and their characters in all: it says them, and each takes time. */
const most = 32
const mostLength = 8_192

/** The first ones, each once. */
const few = (secrets: readonly string[]): readonly string[] => {
  let length = 0
  return [...new Set(secrets)]
    .filter((secret) => secret.length > 3)
    .slice(0, most)
    .filter((secret) => (length += secret.length) <= mostLength)
}

/** What of credentials a text must not show. */
export const secretsOf = ({ token, request }: Credentials): readonly string[] => [
  ...(token === undefined ? [] : [token, ...few(partsOf(token))]),
  ...few(ofRequest(request)),
]

/** Remembers the secrets that a client says. */
export const noteSecrets = (secrets: Redactor, frame: ClientFrame): void => {
  if (!('t' in frame)) return
  if ('token' in frame) secrets.note(frame.token ?? '', 'token')
  if ('password' in frame) secrets.note(frame.password ?? '', 'password')
  if (frame.t !== 'hello') return
  secrets.note(frame.session.resume ?? '', 'session')
  for (const join of frame.rooms) noteSecrets(secrets, join)
}
