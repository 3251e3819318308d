import fc from 'fast-check'
import type { Join } from '../../lib/protocol/frame.js'
import { readClient } from '../../lib/protocol/client-frames.js'
import { joinsOf } from '../../lib/protocol/joins.js'
import { json } from '../../lib/protocol/json.js'
import { merged } from '../../lib/rooms/merged-joins.js'

const positioned = { epoch: 'E', offset: 3 }
const anyMore = fc.oneof(
  { weight: 20, arbitrary: fc.constant({ from: positioned }) },
  { weight: 5, arbitrary: fc.constant({}) },
  fc.constantFrom<Partial<Join>>({ from: { last: 2 } }, { from: positioned, password: 'p' }, { mustExist: true }),
)
const anyJoins = fc
  .array(anyMore, { maxLength: 900 })
  .map((all) =>
    all.map((more, at): Join => ({ t: 'join', ch: at + 7, room: `room-${at}`, want: ['messages', 'info'], ...more })),
  )

describe('the joins of many rooms', () => {
  it('[PR108] are written in frames within the limits, which stand for the same joins', () => {
    fc.assert(
      fc.property(
        anyJoins,
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1_024, max: 65_536 }),
        (joins, joinsPerFrame, bytesPerFrame) => {
          const frames = merged(joins, { joinsPerFrame, bytesPerFrame })
          expect(frames.flatMap((frame) => (frame.t === 'joins' ? joinsOf(frame) : [frame]))).toEqual(joins)
          for (const frame of frames) {
            expect(readClient(frame)._tag).toBe('Frame')
            expect(json.size(json.encode(frame))).toBeLessThanOrEqual(bytesPerFrame)
            if (frame.t === 'joins') expect(frame.rooms.length).toBeLessThanOrEqual(joinsPerFrame)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('[PR108] take less than half of the bytes', () => {
    const joins = Array.from({ length: 1_000 }, (_, at): Join => {
      return {
        t: 'join',
        ch: at + 1,
        room: `room-${at}`,
        want: ['messages', 'info'],
        from: { epoch: 'x'.repeat(22), offset: at },
      }
    })
    const bytes = (frames: readonly Parameters<typeof json.encode>[0][]) =>
      json.pack(frames.map(json.encode)).length / 1_000
    expect(bytes(merged(joins, { joinsPerFrame: 2_000, bytesPerFrame: 65_536 }))).toBeLessThan(50)
    expect(bytes(joins)).toBeGreaterThan(100)
  })
})
