import fc from 'fast-check'
import type { Join } from '../../lib/protocol/frame.js'
import { readClient } from '../../lib/protocol/client-frames.js'
import { json } from '../../lib/protocol/json.js'
import { joinFrames, type JoinLimits, singles } from '../../lib/rooms/join-frames.js'
import { extrasOf, record, type RoomRecord } from '../../lib/rooms/record.js'

type More = Pick<Join, 'from' | 'mustExist' | 'password'>

const positioned = { epoch: 'E', offset: 3 }
const anyMore = fc.oneof(
  { weight: 20, arbitrary: fc.constant<More>({ from: positioned }) },
  { weight: 5, arbitrary: fc.constant<More>({}) },
  fc.constantFrom<More>({ from: { last: 2 } }, { from: positioned, password: 'p' }, { mustExist: true }),
)

/** The room that is joined with such a join. */
const roomOf = ({ from, ...ask }: More, at: number): RoomRecord => {
  const room = Object.assign(record(`room-${at}`), { ch: at + 7 })
  if (from && 'last' in from) extrasOf(room).start = from
  else Object.assign(room, from)
  if (ask.mustExist !== undefined || ask.password !== undefined) extrasOf(room).ask = ask
  return room
}
const joinOf = (more: More, at: number): Join => ({
  t: 'join', ch: at + 7, room: `room-${at}`, want: ['messages', 'info'], ...more,
}) // prettier-ignore
const framesOf = (all: readonly RoomRecord[], limits: JoinLimits) => {
  const frames = joinFrames(limits)
  all.forEach(frames.add)
  return frames.all
}

describe('the joins of many rooms', () => {
  it('[PR108] are written in frames within the limits, which stand for the same joins', () => {
    fc.assert(
      fc.property(
        fc.array(anyMore, { maxLength: 900 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1_024, max: 65_536 }),
        (all, joinsPerFrame, bytesPerFrame) => {
          const frames = framesOf(all.map(roomOf), { joinsPerFrame, bytesPerFrame })
          expect(frames.flatMap(singles)).toEqual(all.map(joinOf))
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
    const all = Array.from({ length: 1_000 }, (_, at): More => ({ from: { epoch: 'x'.repeat(22), offset: at } }))
    const bytes = (frames: readonly Parameters<typeof json.encode>[0][]) =>
      json.pack(frames.map(json.encode)).length / 1_000
    expect(bytes(framesOf(all.map(roomOf), { joinsPerFrame: 2_000, bytesPerFrame: 65_536 }))).toBeLessThan(50)
    expect(bytes(all.map(joinOf))).toBeGreaterThan(100)
  })
})
