import { isDeepStrictEqual } from 'node:util'
import * as E from '#fp/Either'
import fc from 'fast-check'
import { type Msg, type Pub, version } from '../../lib/protocol/frame.js'
import { isMsg } from '../../lib/protocol/server-frames.js'
import { json } from '../../lib/protocol/json.js'
import { escaped } from '../../lib/protocol/escape.js'
import { unescaped } from '../../lib/protocol/payload.js'
import { byteLength } from '../../lib/protocol/utf8.js'
import { anyJson, anyLogged, anyPayload, anyText } from './arbitrary.js'
import { clientFrames, serverFrames } from '../../lib/testing/conformance/codec/frames.js'

const utf8 = new TextEncoder()

const unpacked = (text: string): readonly unknown[] => {
  const result = json.unpack(text)
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}

describe('the JSON codec', () => {
  it('[PR1] names version and codec in its subprotocol', () => {
    expect(json.subprotocol).toBe('rx-rooms.v1.json')
    expect(version).toBe('rx-rooms.v1')
  })

  it.each(Object.entries({ ...clientFrames, ...serverFrames }))('[PR4] brings %s back', (_, frame) => {
    expect(unpacked(json.pack([json.encode(frame)]) as string)).toEqual([frame])
  })

  it('[PR3] packs one envelope as it is, and many as an array in their order', () => {
    const one = json.encode({ t: 'ping', n: 1 })
    const pub: Pub = ['p', 1, 'lobby', 'x1', 1, 0, 'm1', 'message', ['p', 2], 0]
    const two = json.encode(pub)
    expect(json.pack([one])).toBe('{"t":"ping","n":1}')
    expect(unpacked(json.pack([two]) as string)).toEqual([pub])
    expect(unpacked(json.pack([one, two, one]) as string)).toEqual([{ t: 'ping', n: 1 }, pub, { t: 'ping', n: 1 }])
    expect(unpacked('[]')).toEqual([])
    expect(unpacked('[["p"],["m"]]')).toEqual([['p'], ['m']])
    expect(unpacked('7')).toEqual([7])
  })

  it.each(['', '{', '{"t":"ping","n":1', '[1,]', '<html>502</html>', 'undefined', '\ufeff{}', "{'t':1}", 'NaN'])(
    '[PR5] finds %j unreadable',
    (text) => {
      expect(json.unpack(text)).toEqual(E.left('text that is not JSON'))
    },
  )

  it('[PR5] takes no binary message, and survives any nesting', () => {
    expect(E.isLeft(json.unpack(utf8.encode('{"t":"ping","n":1}')))).toBe(true)
    expect(E.isLeft(json.unpack('['.repeat(100_000)))).toBe(true)
    expect(json.unpack('['.repeat(100_000) + ']'.repeat(100_000))._tag).toBe('Right')
  })

  it('[PR5] answers any text at all', () => {
    fc.assert(fc.property(anyText(200), (text) => ['Left', 'Right'].includes(json.unpack(text)._tag)))
  })

  it('[PR23] tells the size of a piece in bytes', () => {
    fc.assert(
      fc.property(anyText(300), (text) => {
        expect(byteLength(text)).toBe(utf8.encode(text).length)
        const piece = json.encode({ t: 'auth', ref: 1, token: text })
        expect(json.size(piece)).toBe(utf8.encode(piece).length)
      }),
    )
    expect(byteLength('\ud83d')).toBe(3)
    expect(byteLength('\ude00\ud83d')).toBe(6)
    expect(byteLength('\ud83d\ude00')).toBe(4)
  })
})

describe('payloads in JSON', () => {
  const carried = (payload: unknown): unknown => {
    const [raw] = unpacked(json.pack([json.encode(['m', 1, 1, 'm1', 'e', ['u', 's'], 0, payload])]) as string)
    expect(isMsg(raw)).toBe(true)
    return json.payload((raw as Msg)[7])
  }

  it.each([
    ['null', null, 'null'],
    ['a text', 'x', '"x"'],
    ['absence', undefined, '{"$":0}'],
    ['bytes', new Uint8Array([1, 2, 3]), '{"$":"AQID"}'],
    ['no bytes', new Uint8Array(), '{"$":""}'],
  ])('[PR18] writes %s', (_, payload, text) => {
    expect(JSON.stringify(escaped(payload))).toBe(text)
    expect(carried(payload)).toEqual(payload)
  })

  it.each([{ $: 'AQID' }, { $: 0 }, { $: [1] }, { $: null }, { $: { $: 0 } }, { $: [{ $: 'AQID' }] }])(
    '[PR19] is not deceived by %j',
    (payload) => {
      expect(escaped(payload)).toEqual({ $: [payload] })
      expect(carried(payload)).toEqual(payload)
    },
  )

  it.each([{ $: true }, { $: 7 }, { $: {} }, { $: null }, { $: [] }, { $: 'no base64!' }])(
    '[PR19] reads the reserved %j as absent',
    (raw) => {
      expect(unescaped(raw)).toBeUndefined()
    },
  )

  it('[PR20] leaves `$` alone within a payload', () => {
    for (const payload of [[{ $: 'AQID' }], { a: { $: 0 } }, { $: 'AQID', b: 1 }]) {
      expect(escaped(payload)).toBe(payload)
      expect(carried(payload)).toEqual(payload)
    }
  })

  it('[PR18] [PR19] brings any payload back, through sender, log and receiver', () => {
    fc.assert(
      fc.property(anyPayload(), (payload) => {
        const sent = json.encode(['p', 1, 'r', 'x1', 1, 0, 'm1', 'e', payload, 0])
        const [pub] = unpacked(json.pack([sent]) as string)
        const data = json.stored((pub as Pub)[8])
        const out = json.logged(['m', 7], { offset: 1, id: 'm1', event: 'e', from: ['u', 's'], at: 0, data })
        const [msg] = unpacked(json.pack([out, out]) as string)
        expect(isMsg(msg)).toBe(true)
        expect(isDeepStrictEqual(json.payload((msg as Msg)[7]), payload)).toBe(true)
      }),
    )
  })

  it('[PR18] brings large bytes back', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 31) & 255)
    expect(carried(bytes)).toEqual(bytes)
  })

  it('[PR22] encodes a payload that is text already as if it had been encoded', () => {
    fc.assert(
      fc.property(
        anyLogged(),
        anyPayload(),
        fc.option(fc.maxSafeNat(), { nil: undefined }),
        (logged, payload, prev) => {
          const extra = prev === undefined ? undefined : { prev }
          const { offset, id, event, from, at } = logged
          const data = json.stored(escaped(payload))
          for (const number of [1, 2 ** 53 - 1]) {
            const frame: Msg = extra
              ? ['m', number, offset, id, event, from, at, payload, extra]
              : ['m', number, offset, id, event, from, at, payload]
            expect(json.logged(['m', number], { ...logged, data }, extra)).toBe(json.encode(frame))
          }
        },
      ),
    )
  })

  it('[PR22] stores what came, mark and all, as one JSON text', () => {
    fc.assert(
      fc.property(anyJson(), (raw) => {
        expect(isDeepStrictEqual(JSON.parse(json.stored(raw)), raw)).toBe(true)
      }),
    )
  })

  it('[PR22] publishes a payload that is text already as if it had been encoded', () => {
    fc.assert(
      fc.property(anyPayload(), (payload) => {
        const text = JSON.stringify(escaped(payload))
        expect(json.publish({ room: 'r', producer: 'x1' })([1, 2, 1, 'm1', 'e', 1], text).piece).toBe(
          json.encode(['p', 1, 'r', 'x1', 2, 1, 'm1', 'e', payload, 1]),
        )
      }),
    )
  })

  it('[PR23] tells the bytes of a publish, whatever its names are made of', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(name, name, name, name, anyPayload(), (room, producer, id, event, payload) => {
        const text = JSON.stringify(escaped(payload))
        const { piece, bytes } = json.publish({ room, producer })([1, 2, 1, id, event, 1], text)
        expect(piece).toBe(json.encode(['p', 1, room, producer, 2, 1, id, event, payload, 1]))
        expect(bytes).toBe(Buffer.byteLength(piece))
      }),
    )
  })
})
