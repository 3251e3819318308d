import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard } from '../core/guard.js'
import { isLoopback, nameOf } from './origin.js'

/**
 * The requests that may read the metrics: those from this machine, those with a token as `Authorization: Bearer`, or
 * those for which a function returns true.
 */
export type Readers = 'loopback' | { readonly token: string } | ((request: IncomingMessage) => boolean)

/** Decides on a request: undefined lets it read, otherwise the status of the answer. */
export type Reading = (request: IncomingMessage) => 401 | 403 | undefined

/** `threw` receives the error of the application's function, which lets nobody read. */
export const reading = (readers: Readers, threw: (said: string) => void): Reading => {
  if (readers === 'loopback') return (request) => (isLocal(request) ? undefined : 403)
  if (typeof readers === 'object') return (request) => (hasToken(request, readers.token) ? undefined : 401)
  return (request) => {
    // A promise is no permission.
    const answer: Either<string, unknown> = guard(() => readers(request))
    if (E.isLeft(answer)) threw(answer.left)
    return E.isRight(answer) && answer.right === true ? undefined : 403
  }
}

/** Headers by which a proxy tells that it passes on a request. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/**
 * Returns true for a request from this machine. Not for one that a proxy on this machine passes on for others, and not
 * for a page whose name server lies about the address of its host.
 */
const isLocal = ({ headers, socket }: IncomingMessage): boolean =>
  isLoopback(socket.remoteAddress ?? '') &&
  isLoopback(nameOf(headers.host ?? '')) &&
  !forwarding.some((name) => headers[name] !== undefined)

/** Compares digests, whose length and time of comparison tell nothing about the token. */
const hasToken = ({ headers }: IncomingMessage, token: string): boolean => {
  const [, shown = ''] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  return timingSafeEqual(digest(shown), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
