import * as E from '#fp/Either'
import type { ClientCodec } from './codec.js'
import { type ControlFrame, type Reply, version } from './frame.js'
import { unescaped } from './payload.js'
import { byteLength } from './utf8.js'

/** The part of the codec `json` that clients use. */
export const clientJson = {
  subprotocol: `${version}.json`,
  encode: (frame) => JSON.stringify(frame),
  carry: (frame: ControlFrame | Reply, data: string) => `${JSON.stringify(frame).slice(0, -1)},"data":${data}}`,
  publish: ({ room, producer }) => {
    const lane = `,${JSON.stringify(room)},${JSON.stringify(producer)},`
    const inLane = beyondLength(lane)
    // Most messages of a lane are of one event.
    let last: string | undefined
    let name = ''
    let inName = 0
    return ([ref, seq, after, id, event, flags, term], text) => {
      if (event !== last) {
        last = event
        name = JSON.stringify(event)
        inName = beyondLength(name)
      }
      const key = JSON.stringify(id)
      const piece = `["p",${ref}${lane}${seq},${after},${key},${name},${text},${term ? `${flags},${term}` : flags}]`
      // Measures the parts instead of the whole, which would be copied first.
      return { piece, bytes: piece.length + inLane + beyondLength(key) + inName + beyondLength(text) }
    }
  },
  signal: (number, event, text, from) =>
    `["s",${number},${JSON.stringify(event)},${text}${from ? `,${JSON.stringify(from)}` : ''}]`,
  size: byteLength,
  pack: (pieces) => (pieces.length === 1 ? (pieces[0] ?? '[]') : `[${pieces.join(',')}]`),
  unpack: (data) => {
    if (typeof data !== 'string') return E.left('a binary message where text was agreed on')
    try {
      const value: unknown = JSON.parse(data)
      if (!Array.isArray(value)) return E.right([value])
      return E.right(typeof value[0] === 'string' ? [value] : (value as unknown[]))
    } catch {
      return E.left('text that is not JSON')
    }
  },
  payload: unescaped,
} satisfies ClientCodec<string>

/** The UTF-8 bytes of a text beyond its characters; JSON escapes are ASCII. */
const beyondLength = (text: string): number => byteLength(text) - text.length
