import fc from 'fast-check'
import * as E from '#fp/Either'
import type { Data } from '../../lib/core/ports.js'
import type { Codec } from '../../lib/protocol/codec.js'
import { json } from '../../lib/protocol/json.js'
import { byteLength } from '../../lib/protocol/utf8.js'
import { sequences } from '../../lib/server/sequence.js'
import { writer, type Writer } from '../../lib/server/writer.js'

interface Sink {
  readonly out: Writer
  readonly sent: Data[]
  readonly dirtied: () => number
  buffered: number
}

const sink = (highWaterBytes = 1_000, codec: Codec = json, outputs = sequences()): Sink => {
  const sent: Data[] = []
  let dirtied = 0
  const self: Sink = {
    sent,
    dirtied: () => dirtied,
    buffered: 0,
    out: writer(
      { sequences: outputs, highWaterBytes, messageBytes: 2 ** 20 },
      {
        protocol: '',
        send: (data) => {
          sent.push(data)
        },
        buffered: () => self.buffered,
        close: () => undefined,
        terminate: () => undefined,
      },
      codec,
      { dirty: () => dirtied++ },
    ),
  }
  return self
}

const envelopes = (data: Data): readonly unknown[] => {
  const read = json.unpack(data)
  if (E.isLeft(read)) throw new Error(read.left)
  return read.right
}

const message = (bytes: number): string => `["m",${'1'.repeat(bytes - 6)}]`

describe('writer', () => {
  it('[SV43] what a turn writes leaves as one message, control first, the rest in order', () => {
    const { out, sent, dirtied } = sink()
    out.message(message(20), 20)
    out.inOrder({ t: 'bye.done' })
    out.control({ t: 'pong', n: 1 })
    out.message(message(21), 21)
    out.control({ t: 'pong', n: 2 })
    expect(sent).toEqual([])
    out.flush()
    expect(sent).toEqual([`[{"t":"pong","n":1},{"t":"pong","n":2},${message(20)},{"t":"bye.done"},${message(21)}]`])
    out.flush()
    expect(sent).toHaveLength(1)
    expect(dirtied()).toBe(1)
  })

  it('[SV43] messages hold at most 64 envelopes and 64 KiB, a larger envelope goes alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 7, max: 90 }), fc.integer({ min: 7, max: 90_000 })), { maxLength: 300 }),
        (sizes) => {
          const { out, sent } = sink()
          for (const size of sizes) out.message(message(size), size)
          out.flush()
          expect(sent.flatMap(envelopes).map((envelope) => JSON.stringify(envelope).length)).toHaveLength(sizes.length)
          for (const data of sent) {
            const held = envelopes(data).length
            expect(held).toBeLessThanOrEqual(64)
            if (held > 1) expect(byteLength(String(data))).toBeLessThanOrEqual(64 * 1024)
          }
        },
      ),
    )
  })

  it('[SV42] connections that are written the same in a turn share one message', () => {
    let packed = 0
    const codec: Codec<string> = {
      ...json,
      pack: (pieces) => {
        packed++
        return json.pack(pieces)
      },
    }
    const outputs = sequences()
    const sinks = Array.from({ length: 10 }, () => sink(1_000, codec, outputs))
    for (const { out } of sinks) for (const size of [20, 21]) out.message(message(size), size)
    sinks[3]!.out.control({ t: 'pong', n: 1 })
    sinks[4]!.out.message(message(22), 22)
    sinks[5]!.out.limitMessage(30)
    for (const { out } of sinks) out.flush()
    const [same, pong, more, split] = [0, 3, 4, 5].map((at) => sinks[at]!.sent)
    expect(sinks.filter(({ sent }) => sent[0] === same![0])).toHaveLength(7)
    expect(same).toEqual([`[${message(20)},${message(21)}]`])
    expect(pong).toEqual([`[{"t":"pong","n":1},${message(20)},${message(21)}]`])
    expect(more).toEqual([`[${message(20)},${message(21)},${message(22)}]`])
    expect(split).toEqual([message(20), message(21)])
    expect(packed).toBe(1 + 1 + 1 + 2 + 1)
    outputs.clear()
    sinks[0]!.out.message(message(23), 23)
    sinks[0]!.out.flush()
    expect(same!.at(-1)).toBe(message(23))
  })

  it('[SV40] has room while less than the high water is buffered or collected', () => {
    const { out } = sink(1_000)
    out.message(message(900), 900)
    expect(out.hasRoom()).toBe(true)
    out.message(message(100), 100)
    expect(out.hasRoom()).toBe(false)
    out.flush()
    expect(out.hasRoom()).toBe(true)
    const full = sink(1_000)
    full.out.message(message(20), 20)
    full.buffered = 1_000
    full.out.flush()
    expect(full.out.hasRoom()).toBe(false)
    full.buffered = 999
    expect(full.out.hasRoom()).toBe(true)
  })

  it('[SV41] has no room while more than the limit is unseen, if the client says what it has seen', () => {
    const { out } = sink(100_000)
    out.limitUnseen(100)
    out.message(message(60), 60)
    out.flush()
    out.message(message(60), 60)
    expect(out.hasRoom()).toBe(false)
    out.flush()
    out.seen(0)
    expect(out.hasRoom()).toBe(false)
    out.seen(1)
    expect(out.hasRoom()).toBe(true)
    out.seen(99)
    expect(out.hasRoom()).toBe(true)
    const silent = sink(100_000)
    for (let n = 0; n < 10; n++) silent.out.message(message(60), 60)
    expect(silent.out.hasRoom()).toBe(true)
  })
})
