import { isFields } from '../protocol/field.js'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import type { Redactor } from '../core/redact.js'
import type { ClientFrame } from '../protocol/frame.js'
import type { Credentials } from './options.js'

/** Returns true for a header with a secret value. */
const isSecret = (header: string): boolean => /auth|cookie|token|secret|key|session|password/i.test(header)

/** Returns the secret texts of a request: the values of secret headers, and those of the URL's query. */
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

/** Decodes the value of a query. */
const decoded = (value: string): readonly string[] => {
  const plain = guard(() => decodeURIComponent(value.replaceAll('+', ' ')))
  return E.isRight(plain) ? [plain.right] : []
}

/** Returns the user and password of a Basic authorization. */
const basic = (value: string): readonly string[] => {
  const [, coded] = /^Basic\s+([A-Za-z0-9+/=]{4,1024})$/i.exec(value) ?? []
  const plain = coded === undefined ? undefined : guard(() => atob(coded))
  return plain && E.isRight(plain) ? [plain.right, plain.right.slice(plain.right.indexOf(':') + 1)] : []
}

/** Returns the parts of a JSON Web Token: each is readable by itself. */
const partsOf = (token: string): readonly string[] => token.split('.')

/** Maximum number and total characters of secrets per client: the client chooses them, and each takes time to search. */
const most = 32
const mostLength = 8_192

/** Returns the first distinct secrets within the maximum. */
const few = (secrets: readonly string[]): readonly string[] => {
  let length = 0
  return [...new Set(secrets)]
    .filter((secret) => secret.length > 3)
    .slice(0, most)
    .filter((secret) => (length += secret.length) <= mostLength)
}

/** Returns the secret texts of credentials. */
export const secretsOf = ({ token, request }: Credentials): readonly string[] => [
  ...(token === undefined ? [] : [token, ...few(partsOf(token))]),
  ...few(ofRequest(request)),
]

/** Records the secrets in a client's frame. */
export const noteSecrets = (secrets: Redactor, frame: ClientFrame): void => {
  if (!('t' in frame)) return
  if ('token' in frame) secrets.note(frame.token ?? '', 'token')
  if ('password' in frame) secrets.note(frame.password ?? '', 'password')
  if ('invitation' in frame) secrets.note(frame.invitation ?? '', 'invitation')
  if (frame.t === 'put' && isFields(frame.value)) {
    const { password } = frame.value
    if (typeof password === 'string') secrets.note(password, 'password')
  }
  if (frame.t !== 'hello') return
  secrets.note(frame.session.resume ?? '', 'session')
  for (const join of frame.rooms) noteSecrets(secrets, join)
}
