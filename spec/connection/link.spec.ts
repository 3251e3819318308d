import fc from 'fast-check'
import { link } from '../../lib/connection/link.js'
import type { Data } from '../../lib/core/ports.js'
import { bounds } from '../../lib/protocol/frame.js'
import { json } from '../../lib/protocol/json.js'

/** A link over a socket that takes so many messages. */
const rig = (takes = Infinity) => {
  const sent: Data[] = []
  const socket = {
    protocol: json.subprotocol,
    send: (data: Data) => sent.length < takes && sent.push(data) > 0,
    buffered: () => 1_000,
    close: () => undefined,
  }
  const made = link(1, socket, json, 5)
  const publish = (ref: number, text: string): void =>
    made.publish({ room: 'room', producer: 'producer' }, [ref, ref, ref - 1, `id-${ref}`, 'event', 0], text)
  const messages = (): unknown[][] =>
    sent.map((data) => json.unpack(data)).map((read) => ('right' in read ? [...read.right] : []))
  return { made, publish, sent, messages }
}
const refOf = (envelope: unknown): number =>
  Array.isArray(envelope) ? (envelope[1] as number) : (envelope as { n: number }).n

describe('a link', () => {
  it('[CN14] writes nothing before the turn ends, and then what is urgent ahead of publishes', () => {
    const { made, publish, sent, messages } = rig()
    publish(1, '"a"')
    made.control({ t: 'pong', n: 7 })
    publish(2, '"b"')
    expect(sent).toEqual([])
    expect(made.flush()).toBe(true)
    expect(messages().map((envelopes) => envelopes.map(refOf))).toEqual([[7], [1, 2]])
    expect(made.flush()).toBe(true)
    expect(sent).toHaveLength(2)
  })

  it('[CN14] messages are at most 64 publishes and 64 KiB, larger ones go alone, and all keep their order', () => {
    const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(40_000), fc.integer({ min: 65_000, max: 70_000 })), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(sizes, (plan) => {
        const { made, publish, sent, messages } = rig()
        for (const [index, size] of plan.entries()) publish(index + 1, JSON.stringify('x'.repeat(size)))
        made.flush()
        expect(messages().flat().map(refOf)).toEqual(plan.map((_, index) => index + 1))
        for (const [index, envelopes] of messages().entries()) {
          expect(envelopes.length).toBeLessThanOrEqual(64)
          if (envelopes.length > 1) expect(json.size(sent[index] as string)).toBeLessThanOrEqual(bounds.batchBytes)
        }
      }),
    )
  })

  it('[CN14] a batch of exactly 64 KiB goes as one, of one byte more as two', () => {
    const messagesOf = (extra: number): number => {
      const { made, publish, sent } = rig()
      const empty = json.size(
        json.pack(
          [1, 2].map(
            (ref) =>
              json.publish({ room: 'room', producer: 'producer' })([ref, ref, ref - 1, `id-${ref}`, 'event', 0], '""')
                .piece,
          ),
        ) as string,
      )
      publish(1, JSON.stringify('x'.repeat(bounds.batchBytes - empty + extra)))
      publish(2, '""')
      made.flush()
      return sent.length
    }
    expect([messagesOf(0), messagesOf(1)]).toEqual([1, 2])
  })

  it('[CN14] joins go by as many as the server takes in one message', () => {
    const { made, messages } = rig()
    made.joinsPerFrame = 100
    for (let ch = 1; ch <= 250; ch++) made.control({ t: 'join', ch, room: `r${ch}`, want: ['messages'] })
    made.flush()
    expect(messages().map(({ length }) => length)).toEqual([100, 100, 50])
  })

  it('[OB18] remembers the largest message that could have been smaller: of several frames, or of control frames', () => {
    const { made, publish, sent } = rig()
    const bytes = (): readonly number[] => sent.splice(0).map((data) => json.size(data as string))
    publish(1, JSON.stringify('x'.repeat(1_000)))
    made.flush()
    expect([made.packedBytes, bytes().length]).toEqual([0, 1])
    publish(2, '"b"')
    publish(3, '"c"')
    made.flush()
    expect([made.packedBytes]).toEqual(bytes())
    const { packedBytes } = made
    made.control({ t: 'pong', n: 7 })
    publish(4, JSON.stringify('x'.repeat(1_000)))
    made.flush()
    expect([made.packedBytes, bytes().length]).toEqual([packedBytes, 2])
    made.control({ t: 'join', ch: 1, room: 'r'.repeat(200), want: ['messages'] })
    made.flush()
    const [join = 0] = bytes()
    expect(made.packedBytes).toBeGreaterThanOrEqual(join)
    expect(made.packedBytes).toBeGreaterThan(packedBytes)
  })

  it('[SG5] remembers the largest signal, alone or not', () => {
    const { made, publish, sent } = rig()
    made.signal(1, 'event', JSON.stringify('é'.repeat(1_000)))
    made.flush()
    expect([made.signalBytes, made.packedBytes]).toEqual([json.size(sent[0] as string), 0])
    made.signal(1, 'event', '"small"')
    publish(1, '"a"')
    made.flush()
    expect(made.signalBytes).toBe(json.size(sent[0] as string))
  })

  it('[CN14] what waits counts as buffered; a socket that takes nothing more gets nothing more, and says so', () => {
    const { made, publish, sent } = rig(1)
    expect(made.buffered()).toBe(1_000)
    for (let ref = 1; ref <= 130; ref++) publish(ref, '"x"')
    expect(made.buffered()).toBeGreaterThan(1_000 + 130 * 20)
    expect(made.flush()).toBe(false)
    expect([sent.length, made.buffered()]).toEqual([1, 1_000])
  })
})
