import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { urlFault } from '../kernel/url.js'
import { guard } from '../core/guard.js'
import { bounds } from '../protocol/frame.js'
import { isName } from '../protocol/field.js'
import { ALL, isReserved, takesMessages, USER } from '../protocol/reserved.js'
import { printable } from '../core/printable.js'

const schemes: Readonly<Record<string, string>> = { 'http:': 'ws', 'https:': 'wss' }

/**
 * Checks the URL of a server: returns it, or its fault and the remedy. The fault does not repeat a URL that may hold a
 * secret, because faults end up in logs.
 */
export const address = (text: string): Either<string, string> => {
  const parsed = guard(() => new URL(text))
  if (E.isLeft(parsed) || parsed.right.host === '') {
    const guess = `ws://${text}`
    const isGuessable = !/[\s@?]|[\w~+-]{24}/.test(text) && E.isRight(guard(() => new URL(guess)))
    return E.left(
      isGuessable ? `"${printable(text)}" is no URL: write ${printable(guess)}` : `that is no URL: ${example}`,
    )
  }
  const { protocol, username, password, searchParams, hash, host, pathname } = parsed.right
  if (username !== '' || password !== '') return E.left(`the URL holds a user or password: ${instead}`)
  for (const name of searchParams.keys())
    if (urlFault(`ws://host/?${name}=`)) return E.left(`the URL carries "${printable(name)}": ${instead}`)
  const scheme = schemes[protocol]
  if (scheme !== undefined) return E.left(`the URL begins with ${protocol}//: write ${scheme}://${host}${pathname}`)
  if (protocol !== 'ws:' && protocol !== 'wss:') return E.left(`the URL begins with ${printable(protocol)}: ${example}`)
  if (hash !== '') return E.left('the URL has a #fragment, which WebSockets do not take')
  return E.right(text)
}

/** Returns the printable part of a server's URL: without path and values, which may be secret. */
export const originOf = (url: string): string => {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

const example = 'write something like ws://127.0.0.1:7420'
const instead = 'give a token by --token-file FILE or RX_ROOMS_TOKEN instead'

/** Returns the fault of a room's name, if any. */
export const roomFault = (name: string): string | undefined => nameFault('room', name, bounds.roomBytes)

/** Returns the fault of the name of a room to read messages from, if any. */
export const sourceFault = (name: string): string | undefined =>
  roomFault(name) ??
  (!isReserved(name) || name === ALL || name === USER
    ? undefined
    : `nobody reads "${printable(name)}": write @all, or @user for the messages to the user of your token`)

/** Returns the fault of the name of a room to send messages to, if any. */
export const targetFault = (name: string): string | undefined =>
  roomFault(name) ??
  (takesMessages(name)
    ? undefined
    : `"${printable(name)}" takes no messages: write @all, or @user/NAME for the messages to a user`)

/** Returns the fault of the name of a room whose members are asked, if any. */
export const membersFault = (name: string): string | undefined =>
  roomFault(name) ?? (isReserved(name) ? `"${printable(name)}" has no members: write the name of a room` : undefined)

/** Returns the fault of a user's name, if any. */
export const userFault = (name: string): string | undefined => nameFault('user', name, bounds.userBytes)

/** Returns the fault of an event's name, if any. */
export const eventFault = (name: string): string | undefined => nameFault('event', name, bounds.eventBytes)

const nameFault = (what: string, name: string, bytes: number): string | undefined =>
  isName(name, bytes) ? undefined : `the name of ${what === 'event' ? 'an' : 'a'} ${what} has 1 to ${bytes} bytes`
