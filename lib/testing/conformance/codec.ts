import * as E from '#fp/Either'
import type { Codec, Logged, WireData } from '../../protocol/codec.js'
import { type ClientFrame, type Msg, type Pub, type ServerFrame, version } from '../../protocol/frame.js'
import { isMsg } from '../../protocol/server-frames.js'
import { escaped } from '../../protocol/escape.js'
import { byteLength } from '../../protocol/utf8.js'
import { type Case, caseOf } from './case.js'
import { equals, holds } from './check.js'
import { deceivers, junk, payloads } from './codec/payloads.js'
import { callFrames, clientFrames, serverFrames, tableFrames } from './codec/frames.js'

/** Conformance tests for a codec: the rules of docs/protocol.md about frames and payloads. */
export const codecSuite = <Piece = WireData>(codec: Codec<Piece>): readonly Case[] => {
  const bench = codecBench(codec)
  return [...envelopeCases(bench), ...payloadCases(bench), ...textCases(bench), ...sizeCases(bench)]
}

/** A codec under test. */
interface CodecBench<Piece> {
  readonly codec: Codec<Piece>
  /** Returns the envelopes of a message, which must be readable. */
  readonly unpacked: (data: WireData) => readonly unknown[]
  /** Returns frames as their receiver sees them. */
  readonly through: (...frames: readonly (ClientFrame | ServerFrame)[]) => readonly unknown[]
}

const codecBench = <Piece>(codec: Codec<Piece>): CodecBench<Piece> => {
  const unpacked = (data: WireData): readonly unknown[] => {
    const result = codec.unpack(data)
    holds(`a message of its own is readable: ${E.isLeft(result) ? result.left : ''}`, E.isRight(result))
    return result.right
  }
  const through = (...frames: readonly (ClientFrame | ServerFrame)[]): readonly unknown[] =>
    unpacked(codec.pack(frames.map((frame) => codec.encode(frame)))).map((envelope) => seen(codec, envelope))
  return { codec, unpacked, through }
}

const publish = (payload: unknown): Pub => ['p', 1, 'r', 'x1', 2, 1, 'm1', 'e', payload, 0]
const message = (payload: unknown, number = 1): Msg => ['m', number, 9, 'm1', 'e', ['u', 's'], 5, payload]
const logged = (payload: unknown): Logged => ({
  offset: 9,
  id: 'm1',
  event: 'e',
  from: ['u', 's'],
  at: 5,
  data: JSON.stringify(escaped(payload)),
})

/** Cases about messages and the envelopes in them. */
const envelopeCases = <Piece>({ codec, through }: CodecBench<Piece>): readonly Case[] => [
  caseOf('[PR1] names the version and itself in its subprotocol', () => {
    const [, name] = codec.subprotocol.split(`${version}.`)
    holds(`a name of letters and digits, and not ${name}`, /^[a-z0-9]+$/.test(name ?? ''))
  }),

  caseOf('[PR4] brings every frame back', () => {
    for (const [name, frame] of [
      ...Object.entries(clientFrames),
      ...Object.entries(serverFrames),
      ...Object.entries(tableFrames),
      ...Object.entries(callFrames),
    ])
      equals(name, through(frame), [frame])
  }),

  caseOf('[PR3] packs one envelope, and many in their order', () => {
    const frames: readonly ClientFrame[] = [
      { t: 'ping', n: 1 },
      publish(['p', 2]),
      { t: 'leave', ch: 3 },
      publish({ t: 'ping' }),
      { t: 'ping', n: 2 },
    ]
    for (const count of [1, 2, 5]) {
      equals(`the first ${count}`, through(...frames.slice(0, count)), frames.slice(0, count))
      equals(`the last ${count}`, through(...frames.slice(-count)), frames.slice(-count))
    }
    equals('a hundred', through(...Array.from({ length: 20 }, () => frames).flat()).length, 100)
  }),

  caseOf('[PR5] answers any message at all, and takes no other kind than it gives', () => {
    for (const data of junk) holds('an Either', ['Left', 'Right'].includes(codec.unpack(data)._tag))
    const own = codec.pack([codec.encode({ t: 'ping', n: 1 })])
    const other = typeof own === 'string' ? new TextEncoder().encode(own) : new TextDecoder().decode(own)
    equals('a message of the other kind', codec.unpack(other)._tag, 'Left')
    const whole = codec.pack([codec.encode(publish({ text: 'hello' })), codec.encode({ t: 'ping', n: 1 })])
    for (let length = 0; length < whole.length; length++)
      equals(`the first ${length} of ${whole.length}`, codec.unpack(whole.slice(0, length))._tag, 'Left')
  }),
]

/** Cases about payloads on their way. */
const payloadCases = <Piece>({ codec, unpacked, through }: CodecBench<Piece>): readonly Case[] => [
  caseOf('[PR18] brings any payload back, from sender to receiver', () => {
    for (const payload of payloads()) {
      equals('published', through(publish(payload)), [publish(payload)])
      equals('delivered', through(message(payload)), [message(payload)])
    }
  }),

  caseOf('[PR18] brings any payload back, through sender, log and receiver', () => {
    for (const payload of payloads()) {
      const [pub] = unpacked(codec.pack([codec.encode(publish(payload))]))
      const data = codec.stored((pub as Pub)[8])
      equals('stored', JSON.parse(data), JSON.parse(JSON.stringify(escaped(payload))))
      const piece = codec.logged(['m', 7], { ...logged(undefined), data })
      const [first, second] = unpacked(codec.pack([piece, piece]))
      holds('a message', isMsg(first) && isMsg(second))
      equals('payload', codec.payload(first[7]), payload)
      equals('payload of the second', codec.payload(second[7]), payload)
    }
  }),

  caseOf('[PR18] brings large bytes back', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 31) & 255)
    equals('bytes', through(message(bytes)), [message(bytes)])
  }),

  caseOf('[PR19] is not deceived by payloads that look like its marks', () => {
    for (const payload of deceivers) equals('payload', through(publish(payload)), [publish(payload)])
  }),
]

/** Cases about payloads that are JSON text already. */
const textCases = <Piece>({ codec, unpacked }: CodecBench<Piece>): readonly Case[] => [
  caseOf('[PR22] encodes a payload that is text already as if it had been encoded', () => {
    for (const payload of payloads())
      for (const extra of [undefined, { prev: 4 }]) {
        for (const [t, number] of [
          ['m', 1],
          ['m', 2 ** 53 - 1],
          ['h', 7],
        ] as const) {
          const [, ...fields] = message(payload, number)
          const frame = (extra ? [t, ...fields, extra] : [t, ...fields]) as unknown as Msg
          const piece = codec.logged([t, number], logged(payload), extra)
          equals(
            'the message',
            unpacked(codec.pack([piece])).map((each) => seen(codec, each)),
            [frame],
          )
          equals('as encoded', piece, codec.encode(frame))
        }
      }
  }),

  caseOf('[PR22] publishes a payload that is text already as if it had been encoded', () => {
    for (const payload of payloads()) {
      const publish = codec.publish({ room: 'r', producer: 'x1' })
      const { piece, bytes } = publish([1, 2, 1, 'm1', 'e', 1], JSON.stringify(escaped(payload)))
      const [pub] = unpacked(codec.pack([piece]))
      equals('the publish', seen(codec, pub), ['p', 1, 'r', 'x1', 2, 1, 'm1', 'e', payload, 1])
      equals('its bytes', bytes, codec.size(piece))
    }
  }),

  caseOf('[PR22] carries data that is text already as if it had been encoded', () => {
    for (const payload of payloads()) {
      const data: unknown = JSON.parse(JSON.stringify(escaped(payload)))
      for (const frame of [
        { t: 'call', ch: 3, id: 'c1', name: 'é', kind: 'query' },
        { t: 'reply', ch: 3, n: 1, is: 'last' },
      ] as const) {
        const carried = codec.carry(frame, JSON.stringify(data))
        equals('the frame', unpacked(codec.pack([carried])), unpacked(codec.pack([codec.encode({ ...frame, data })])))
      }
    }
  }),

  caseOf('[PR22] signals a payload that is text already as if it had been encoded', () => {
    for (const payload of payloads())
      for (const from of [undefined, ['u', 's']] as const) {
        for (const ch of [1, 7]) {
          const expected = from ? ['s', ch, 'e', payload, from] : ['s', ch, 'e', payload]
          equals(
            'a copy',
            unpacked(codec.pack([codec.signal(ch, 'e', JSON.stringify(escaped(payload)), from)])).map((each) =>
              seen(codec, each),
            ),
            [expected],
          )
        }
      }
  }),
]

/** Cases about sizes. */
const sizeCases = <Piece>({ codec }: CodecBench<Piece>): readonly Case[] => [
  caseOf('[PR23] tells the size of a piece in bytes', () => {
    for (const text of ['', 'x', 'é', '€', '😀', '"\\\n', 'x'.repeat(300)]) {
      const piece = codec.encode({ t: 'auth', ref: 1, token: text })
      const data = codec.pack([piece])
      equals('size', codec.size(piece), typeof data === 'string' ? byteLength(data) : data.length)
    }
  }),

  caseOf('[PR23] packs many in no more than their sizes and a few bytes for each', () => {
    const pieces = Array.from({ length: 50 }, (_, n) => codec.encode(publish(`text ${n}`)))
    const data = codec.pack(pieces)
    const bytes = typeof data === 'string' ? byteLength(data) : data.length
    const sum = pieces.reduce((total, piece) => total + codec.size(piece), 0)
    holds(`${bytes} bytes for pieces of ${sum}`, bytes <= sum + 2 * pieces.length + 8)
  }),
]

/** Returns an envelope as its receiver sees it, with the payload decoded. */
const seen = <Piece>(codec: Codec<Piece>, envelope: unknown): unknown => {
  if (!Array.isArray(envelope)) return envelope
  const place = PLACES.get(envelope[0]) ?? -1
  return envelope.map((field: unknown, at) => (at === place ? codec.payload(field) : field))
}

/** The index of the payload in an envelope, by the tag of the envelope. */
const PLACES: ReadonlyMap<unknown, number> = new Map([
  ['p', 8],
  ['m', 7],
  ['h', 7],
  ['s', 3],
])
