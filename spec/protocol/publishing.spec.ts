import fc from 'fast-check'
import { NEVER, of } from 'rxjs'
import { RETRY } from '../../lib/protocol/frame.js'
import { memory } from '../../lib/server/memory.js'
import { hello, join, pub } from '../server/support/peer.js'
import { brief, rig, sorted } from './rig.js'

describe('publishing on the wire', () => {
  it('[PR56] every publish is answered once', () => {
    const { guest } = rig({ authorize: ({ room }) => of(room === 'a' ? ['read', 'publish'] : ['read']) })
    const peer = guest()
    peer.send(pub(1, 'a', 1), pub(2, 'b', 1), pub(3, 'a', 2), pub(4, 'a', 2), pub(5, 'a', 4, { after: 3 }))
    expect(sorted(brief(peer.news()))).toEqual([
      'a E1 0 1 1 0 3 2 0',
      'a E1 1 4 2 0',
      'refused 2 delivery/forbidden',
      'refused 5 delivery/order',
    ])
  })

  it('[PR57] nobody hears of a message before the log has it', () => {
    const kept = memory({ epochs: () => 'E1' })
    const slow = { ...kept, append: () => NEVER } as typeof kept
    const { guest, time } = rig({ engine: slow, answerMs: 1_000 })
    const [writer, reader] = [guest('w'), guest('r', { rooms: [join(1, 'a')] })]
    writer.send(pub(1, 'a', 1))
    time.advanceBy(999)
    expect([...writer.news(), ...reader.news()]).toEqual([])
    time.advanceBy(1)
    expect(brief(writer.news())).toEqual(['refused 1 delivery/unavailable'])
  })

  it('[PR58] publishing needs permission and no join', () => {
    const { guest } = rig({ authorize: ({ room }) => of(room === 'in' ? ['publish'] : ['read']) })
    const peer = guest()
    peer.send(pub(1, 'in', 1), pub(2, 'out', 1), pub(3, '@all', 1))
    expect(sorted(brief(peer.news()))).toEqual([
      'a E1 0 1 1 0',
      'refused 2 delivery/forbidden',
      'refused 3 delivery/forbidden',
    ])
  })

  it('[PR25] a payload that others could not receive is refused for good', () => {
    const { guest } = rig({ limits: { messageBytes: 70_000 } })
    const peer = guest()
    peer.send(pub(1, 'a', 1, { data: 'x'.repeat(67_900) }))
    peer.send(pub(2, 'a', 2, { data: 'x'.repeat(67_960) }))
    expect(peer.news()).toMatchObject([
      ['a', 'E1', 0, 1, 1, 0],
      { ref: 2, code: 'delivery/too-large', kind: 'terminal' },
    ])
  })

  it('[PR27] what comes too fast is refused for now, and not decided', () => {
    const { guest, time } = rig({ limits: { publishesPerSecond: 2 } })
    const peer = guest()
    peer.send(pub(1, 'a', 1), pub(2, 'a', 2, { after: 1 }), pub(3, 'a', 3, { after: 2 }))
    expect(peer.news()).toMatchObject([
      { ref: 3, code: 'delivery/rate', kind: 'retry', retryAfterMs: 500 },
      ['a', 'E1', 0, 1, 1, 0, 2, 2, 0],
    ])
    time.advanceBy(500)
    peer.send(pub(4, 'a', 3))
    expect(brief(peer.news())).toEqual(['a E1 0 4 3 500'])
  })

  it('[PR60] a publish is decided by the table', () => {
    const { guest } = rig({ authorize: () => of(['publish']) }, { outcomes: 2 })
    const peer = guest()
    const ask = (seq: number, after = 0, flags = 0): string => {
      peer.send(pub(seq, 'a', seq, { after, flags }))
      return brief(peer.news()).join()
    }
    expect(ask(1, 0, RETRY)).toBe('refused 1 delivery/unknown')
    expect(ask(1)).toBe('a E1 0 1 1 0')
    expect(ask(1, 0, RETRY)).toBe('a E1 1 1 1 0')
    expect(ask(1)).toBe('a E1 1 1 1 0')
    expect(ask(3, 2)).toBe('refused 3 delivery/order')
    expect(ask(3, 1)).toBe('a E1 0 3 2 0')
    expect(ask(2)).toBe('refused 2 delivery/forgotten')
    expect(ask(7)).toBe('a E1 0 7 3 0')
    expect(ask(9, 7, RETRY)).toBe('a E1 0 9 4 0')
    expect(ask(1)).toBe('refused 1 delivery/forgotten')
  })

  it('[PR60] a refusal for good is decided, and told again', () => {
    const { guest } = rig({ limits: { messageBytes: 70_000 } })
    const peer = guest()
    peer.send(pub(1, 'a', 1, { data: 'x'.repeat(69_000) }))
    peer.send(pub(2, 'a', 2, { after: 1 }))
    peer.send(pub(3, 'a', 1, { flags: RETRY }))
    expect(brief(peer.news())).toEqual(['refused 1 delivery/too-large', 'a E1 0 2 1 0', 'refused 3 delivery/too-large'])
  })

  it('[PR63] a lane belongs to its user', () => {
    const { socket } = rig({ authenticate: ({ token }) => of({ user: token ?? '' }) })
    const answers = ['ann', 'bob'].map((token) => {
      const peer = socket()
      peer.send(hello({ token }), pub(1, 'a', 5), pub(2, 'a', 5))
      return brief(peer.frames()).slice(1).join()
    })
    expect(answers).toEqual(['a E1 0 1 1 0,a E1 1 2 1 0', 'a E1 0 1 2 0,a E1 1 2 2 0'])
  })

  it('[PR61] [PR62] order and once hold, however publishes are refused, repeated and moved to other links', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ write: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 2_000 }) }) },
      { weight: 1, arbitrary: fc.constant({ cut: true } as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { socket, time } = rig({ limits: { publishesPerSecond: 3 } })
        let generation = 0
        let ref = 0
        let open: number[] = []
        let written = new Map<number, number>()
        const ever = new Set<number>()
        const accepted: (readonly [seq: number, offset: number])[] = []
        const connect = () => {
          const peer = socket()
          peer.send(hello({ session: { instance: 'i1', generation: ++generation } }))
          peer.news()
          return peer
        }
        let peer = connect()
        const read = (): void => {
          for (const frame of peer.news()) {
            if (!('t' in frame) && frame[0] === 'a') {
              for (let at = 3; at < frame.length; at += 3) {
                const seq = written.get(Number(frame[at])) ?? 0
                accepted.push([seq, Number(frame[at + 1])])
                open = open.filter((other) => other !== seq)
              }
            } else if ('t' in frame && frame.t === 'refused') {
              expect(['delivery/rate', 'delivery/order']).toContain(frame.code)
              // The writing is back: it was not executed.
              if (written.size > 0) ever.delete(written.get(frame.ref ?? 0) ?? 0)
            }
          }
          written = new Map()
        }
        const write = (): void => {
          let after = 0
          for (const seq of open) {
            written.set(++ref, seq)
            peer.send(pub(ref, 'a', seq, { after, flags: ever.has(seq) ? RETRY : 0 }))
            ever.add(seq)
            after = seq
          }
          read()
        }
        // A lane that is known from the beginning.
        open = [1]
        write()
        let last = 1
        for (const now of steps) {
          if ('write' in now) for (let n = 0; n < now.write; n++) open.push(++last)
          else if ('waitMs' in now) time.advanceBy(now.waitMs)
          else peer = connect()
          write()
        }
        for (let n = 0; n < 100 && open.length > 0; n++) {
          time.advanceBy(1_000)
          write()
        }
        const seqs = accepted.map(([seq]) => seq)
        expect(open).toEqual([])
        expect(seqs).toEqual(Array.from({ length: last }, (_, at) => at + 1))
        expect(accepted.map(([, offset]) => offset)).toEqual(seqs)
      }),
      { numRuns: 100 },
    )
  })
})
