import type { Ansis } from 'ansis'
import * as E from '#fp/Either'
import { isBytes } from '../core/bytes.js'
import type { Gap } from '../core/position.js'
import type { Message } from '../rooms/message.js'
import type { Settled } from './outgoing.js'
import { printable } from '../core/printable.js'
import { jsonLine, plural } from './text.js'

/** Returns a payload as a JSON value: bytes as `{"$":"base64"}`, as in the protocol; no payload as nothing. */
const plain = (data: unknown): unknown =>
  isBytes(data) ? { $: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') } : data

export const messageJson = ({ room, event, position, id, from, at, data }: Message<unknown>): string =>
  jsonLine({ room, event, offset: position.offset, id, at, from: from.user, data: plain(data) })

/** Formats a message for people: its room, offset, event, and payload as JSON. */
export const messageLine = ({ room, event, position, data }: Message<unknown>, paint: Ansis): string => {
  const head = `${paint.dim(`${printable(room)} #${position.offset}`)} ${paint.cyan(printable(event))}`
  return data === undefined ? head : `${head} ${jsonLine(plain(data))}`
}

export const gapJson = ({ room, ...gap }: Gap): string => jsonLine({ room, gap })

const causes: Readonly<Record<Gap['because'], string>> = {
  truncated: 'the server no longer has them',
  epoch: 'the server started the room anew',
  forbidden: 'this user may not read the history',
  overflow: 'they came faster than they were taken',
  'too-large': 'larger than this client takes',
  lost: 'the server skipped them',
}

export const gapLine = ({ room, missing, because }: Gap): string =>
  `gap in ${room}: ${missing === undefined ? 'messages may be missing' : `${plural(missing, 'message')} missing`}, ${causes[because]}`

/** Formats the result of one message for programs. */
export const receiptJson = (room: string, event: string, { letter: { number }, result }: Settled): string => {
  if (E.isRight(result)) {
    const { id, position, at, repeated, durability } = result.right
    const { epoch, offset } = position
    return jsonLine({ line: number, room, event, offset, id, epoch, at, repeated, durability })
  }
  const { code, message, ...more } = result.left
  const about = 'executed' in more ? { id: more.id, executed: more.executed } : { executed: 'no' }
  return jsonLine({ line: number, room, event, ...about, error: { code, message } })
}
