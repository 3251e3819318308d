import * as E from '#fp/Either'
import type { Data } from '../core/ports.js'
import type { ClientFrame, From, Join, Refusal, ServerFrame } from '../protocol/frame.js'
import { readReply } from '../protocol/call-frames.js'
import { readClient } from '../protocol/client-frames.js'
import type { Read } from '../protocol/read.js'
import { readServer } from '../protocol/server-frames.js'
import { readTable } from '../protocol/table-frames.js'
import { joinsOf } from '../protocol/joins.js'
import { json } from '../protocol/json.js'

export type AnyFrame = ClientFrame | ServerFrame

/** Returns the frames of a WebSocket message in JSON, without invalid frames. */
export const framesOf = (data: Data, direction: 'up' | 'down'): readonly AnyFrame[] => {
  const envelopes = json.unpack(data)
  if (E.isLeft(envelopes)) return []
  return envelopes.right.flatMap((envelope): readonly AnyFrame[] => {
    const read = direction === 'up' ? readClient(envelope) : readAny(envelope)
    return read._tag === 'Frame' ? [read.frame] : []
  })
}

/** Reads a frame of a server, also one of a feature. */
const readAny = (envelope: unknown): Read<ServerFrame> => {
  const core = readServer(envelope)
  const table = core._tag === 'Unknown' ? readTable(envelope) : core
  return table._tag === 'Unknown' ? readReply(envelope) : table
}

/** Number of rooms of a `hello` to show by name; the text counts the others. */
const shownRooms = 3

/** Maximum length of a shown payload, in characters. */
const shownPayload = 40

/** Formats a frame on one line. Hides tokens, passwords and session secrets, and shows only the beginning of a payload. */
export const frameText = (frame: AnyFrame): string => {
  if (!('t' in frame)) return hotText(frame)
  switch (frame.t) {
    case 'hello':
      return words('hello', frame.token === undefined ? '' : 'token ***', ...roomsText(frame.rooms.flatMap(joinsOf)))
    case 'auth':
      return `auth r${frame.ref} token ***`
    case 'auth.ok':
      return words(`auth.ok r${frame.ref}`, frame.expiresInMs === undefined ? '' : `for ${frame.expiresInMs} ms`)
    case 'join':
      return words('join', roomText(frame))
    case 'joins':
      return words('joins', ...roomsText(joinsOf(frame)))
    case 'leave':
      return `leave #${frame.ch}`
    case 'ping':
    case 'pong':
    case 'seen':
      return `${frame.t} ${frame.n}`
    case 'welcome':
      return `welcome ${frame.user}`
    case 'refused':
      return words('refused', frame.ref === undefined ? '' : `r${frame.ref}`, refusalText(frame))
    case 'joined':
      return words(
        `joined #${frame.ch} as ${frame.number} at ${frame.epoch}:${frame.base}`,
        frame.recovered ? '' : `not recovered: ${frame.because ?? 'unknown'}`,
      )
    case 'call':
      return words(
        'call',
        `#${frame.ch}`,
        frame.room ?? '',
        frame.name,
        payloadText(frame.data),
        'again' in frame && frame.again ? 'again' : '',
      )
    case 'reply':
      return words(
        'reply',
        `#${frame.ch}`,
        frame.is,
        'n' in frame ? `${frame.n}` : '',
        frame.error ?? '',
        payloadText(frame.data),
      )
    case 'cancel':
      return `cancel ${frame.id}`
    case 'credit':
      return `credit #${frame.ch} up to ${frame.upTo}`
    case 'left':
      return `left #${frame.ch} ${refusalText(frame)}`
    case 'gap':
      return `gap #${frame.ch} ${frame.from.offset} to ${frame.to.offset}: ${frame.because}`
    case 'bye':
      return frame.to === undefined ? `bye ${frame.because}` : `bye ${frame.because}, to ${frame.to}`
    default:
      return frame.t
  }
}

const hotText = (frame: Extract<AnyFrame, readonly unknown[]>): string => {
  const [tag]: readonly [string, ...unknown[]] = frame
  switch (frame[0]) {
    case 'p':
      return words('publish', `r${frame[1]}`, frame[2], frame[7], payloadText(frame[8]), frame[9] ? 'again' : '')
    case 'm':
    case 'h':
      return words(
        `message ${frame[0] === 'h' ? '#' : ''}${frame[1]}@${frame[2]}`,
        frame[4],
        payloadText(frame[7]),
        `from ${frame[5][0]}`,
      )
    case 'a': {
      const [, , repeated, ...acks] = frame
      const triples = acks.filter((element) => typeof element === 'number')
      const acked = triples.flatMap((ref, at) => (at % 3 === 0 ? [`r${ref}@${triples[at + 1]}`] : []))
      return words('ack', ...acked, repeated ? 'again' : '')
    }
    default:
      return tag
  }
}

const words = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ')

const refusalText = ({ code, retryAfterMs }: Refusal): string =>
  words(code, retryAfterMs === undefined ? '' : `after ${retryAfterMs} ms`)

const roomsText = (rooms: readonly Join[]): readonly string[] => [
  ...rooms.slice(0, shownRooms).map((room) => `+ ${roomText(room)}`),
  ...(rooms.length > shownRooms ? [`+ ${rooms.length - shownRooms} more`] : []),
]

const roomText = ({ room, ch, from }: Join): string => words(room, `#${ch}`, from === undefined ? '' : fromText(from))

const fromText = (from: From): string => ('last' in from ? `last ${from.last}` : `from ${from.epoch}:${from.offset}`)

const payloadText = (data: unknown): string => {
  const text = JSON.stringify(data) as string | undefined
  if (text === undefined) return ''
  return text.length > shownPayload ? `${text.slice(0, shownPayload - 1)}…` : text
}
