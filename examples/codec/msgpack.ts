// A codec of MessagePack. It takes the library as an argument, so it depends on no version of it:
//   import * as msgpack from '@msgpack/msgpack'
//   const codec = msgpackCodec(msgpack)
//   serve({ codecs: [codec, json] })          createClient({ url, codec })
import type { Either } from 'fp-ts/lib/Either.js'
import type { Codec } from 'rx-rooms/server'

/** The part of `@msgpack/msgpack` that is used. */
export interface MessagePack {
  readonly encode: (value: unknown, options: object) => Uint8Array
  readonly decode: (bytes: Uint8Array, options: object) => unknown
  readonly ExtensionCodec: new () => object & { readonly register: (extension: Extension) => void }
}

interface Extension {
  readonly type: number
  readonly encode: (value: unknown) => Uint8Array | null
  readonly decode: (bytes: Uint8Array) => unknown
}

const left = (said: string): Either<string, never> => ({ _tag: 'Left', left: said })
const right = <T>(value: T): Either<never, T> => ({ _tag: 'Right', right: value })

/** A payload that MessagePack does not keep as it is, as JSON text. */
class Text {
  readonly json: string

  constructor(json: string) {
    this.json = json
  }
}

/** The payload of an event without one: MessagePack has no `undefined`. */
const absent = new Text('{"$":0}')
/** The place of the payload in the envelopes that have one, by their tag. */
const places = new Map<unknown, number>([['p', 8], ['m', 7], ['h', 7], ['s', 3]]) // prettier-ignore
/** Texts with half a character, which UTF-8 has not, and a name that decoders refuse. */
const unsafe = /\\ud[89a-f]|__proto__/i

/** The JSON form of a payload, as engines store it: docs/protocol.md, "Payloads". */
const toJson = (payload: unknown): string => {
  if (payload === undefined) return '{"$":0}'
  if (payload instanceof Uint8Array) return JSON.stringify({ $: base64(payload) })
  const text = JSON.stringify(payload)
  const plain = JSON.parse(text) as unknown
  const isMarked = typeof plain === 'object' && plain !== null && '$' in plain && Object.keys(plain).length === 1
  return isMarked ? `{"$":[${text}]}` : text
}
const fromJson = (text: string): unknown => {
  const value = JSON.parse(text) as unknown
  if (typeof value !== 'object' || value === null || !('$' in value) || Object.keys(value).length !== 1) return value
  const { $: inner } = value
  if (typeof inner === 'string') return Uint8Array.from(atob(inner), (character) => character.charCodeAt(0))
  return Array.isArray(inner) ? (inner[0] as unknown) : undefined
}
const base64 = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

export const msgpackCodec = ({ encode, decode, ExtensionCodec }: MessagePack): Codec<Uint8Array> => {
  const extensionCodec = new ExtensionCodec()
  const [toBytes, toText] = [new TextEncoder(), new TextDecoder()]
  extensionCodec.register({
    type: 1,
    encode: (value) => (value instanceof Text ? toBytes.encode(value.json) : null),
    decode: (bytes) => new Text(toText.decode(bytes)),
  })
  const options = { extensionCodec, ignoreUndefined: true, maxDepth: 1_000 }
  const write = (envelope: unknown): Uint8Array => encode(envelope, options)

  /** A payload in the place of an envelope, from its JSON text. */
  const wire = (json: string): unknown => {
    const payload = fromJson(json)
    if (payload === undefined) return absent
    return unsafe.test(json) ? new Text(json) : payload
  }
  const payload = (raw: unknown): unknown => (raw instanceof Text ? fromJson(raw.json) : raw)
  /** A control frame, or its JSON text where MessagePack does not keep it. */
  const control = (json: string): Uint8Array =>
    write(unsafe.test(json) ? new Text(json) : (JSON.parse(json) as unknown))
  return {
    subprotocol: 'rx-rooms.v1.msgpack',
    carry: (frame, data) => control(`${JSON.stringify(frame).slice(0, -1)},"data":${data}}`),
    encode: (frame) => {
      if (!Array.isArray(frame)) return control(JSON.stringify(frame))
      const place = places.get(frame[0])
      return write(frame.map((field: unknown, at) => (at === place ? wire(toJson(field)) : field)))
    },
    publish:
      ({ room, producer }) =>
      ([ref, seq, after, id, event, flags, term], text) => {
        const fields = ['p', ref, room, producer, seq, after, id, event, wire(text), flags]
        const piece = write(term ? [...fields, term] : fields)
        return { piece, bytes: piece.length + 1 }
      },
    signal: (number, event, text, from) => write(['s', number, event, wire(text), ...(from ? [from] : [])]),
    logged: ([t, number], { offset, id, event, from, at, data }, extra) =>
      write([t, number, offset, id, event, from, at, wire(data), ...(extra ? [extra] : [])]),
    // A message is an array of envelopes, so a cut message is no message.
    size: (piece) => piece.length + 1,
    pack: (pieces) => {
      const head = write(Array.from({ length: pieces.length }, () => 0)).subarray(0, -pieces.length)
      const message = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, head.length))
      message.set(head)
      let at = head.length
      for (const piece of pieces) {
        message.set(piece, at)
        at += piece.length
      }
      return message
    },
    unpack: (data): Either<string, readonly unknown[]> => {
      if (typeof data === 'string') return left('a text where binary messages were agreed on')
      try {
        const envelopes = decode(new Uint8Array(data), options)
        if (!Array.isArray(envelopes)) return left('a message that is no array')
        return right(envelopes.map((each): unknown => (each instanceof Text ? JSON.parse(each.json) : each)))
      } catch (thrown) {
        return left(`a message that is no MessagePack: ${thrown instanceof Error ? thrown.message : ''}`)
      }
    },
    payload,
    stored: (raw) => (raw instanceof Text ? raw.json : toJson(raw)),
  }
}
