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
  return [...values, ...parts, ...parts.map((part) => part.slice(part.indexOf('=') + 1))].filter(
    ({ length }) => length > 3,
  )
}

/** What of credentials a text must not show. */
export const secretsOf = ({ token, request }: Credentials): readonly string[] => [
  ...(token === undefined ? [] : [token]),
  ...ofRequest(request),
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
