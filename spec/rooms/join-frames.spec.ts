import fc from 'fast-check'
import type { Join } from '../../lib/protocol/frame.js'
import { readClient } from '../../lib/protocol/client-frames.js'
import { joinsOf } from '../../lib/protocol/joins.js'
import { json } from '../../lib/protocol/json.js'
import { joinFrames, type JoinLimits } from '../../lib/rooms/join-frames.js'
import { extrasOf, record, type RoomRecord } from '../../lib/rooms/record.js'

type More = Pick<Join, 'from' | 'mustExist' | 'password'>

const positioned = { epoch: 'E', offset: 3 }
const anyMore = fc.oneof(
  { weight: 20, arbitrary: fc.constant<More>({ from: positioned }) },
  { weight: 5, arbitrary: fc.constantFrom<More>({ from: { epoch: 'F', offset: Number.MAX_SAFE_INTEGER } }) },
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
const framesOf = (all: readonly RoomRecord[], limits: JoinLimits, bytes = Infinity) => {
  const frames = joinFrames(limits, bytes)
  all.every(frames.add)
  return frames.all()
}
const bytesOf = (frames: readonly Parameters<typeof json.encode>[0][]): number =>
  Buffer.byteLength(json.pack(frames.map(json.encode)))

describe('the joins of many rooms', () => {
  it('[PR108] are written in frames within the limits, which stand for the same joins', () => {
    fc.assert(
      fc.property(
        fc.array(anyMore, { maxLength: 900 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1_024, max: 65_536 }),
        (all, joinsPerFrame, bytesPerFrame) => {
          const frames = framesOf(all.map(roomOf), { joinsPerFrame, bytesPerFrame })
          expect(frames.flatMap(joinsOf)).toEqual(all.map(joinOf))
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

  it('[RM1] [PR108] of a hello are as many as its bytes allow', () => {
    fc.assert(
      fc.property(
        fc.array(anyMore, { minLength: 400, maxLength: 900 }),
        fc.constantFrom('r', 'ä"\\', '\u0001'),
        fc.integer({ min: 1_024, max: 16_384 }),
        (all, prefix, bytes) => {
          const rooms = all.map(roomOf).map((room) => ({ ...room, name: `${prefix}${room.name}` }))
          const frames = framesOf(rooms, { joinsPerFrame: Infinity, bytesPerFrame: Infinity }, bytes)
          expect(bytesOf(frames)).toBeLessThanOrEqual(bytes)
          expect(frames.flatMap(joinsOf).map(({ room }) => room)).toEqual(
            rooms.slice(0, frames.flatMap(joinsOf).length).map(({ name }) => name),
          )
        },
      ),
      { numRuns: 30 },
    )
    const plain = Array.from({ length: 4_000 }, () => ({ from: positioned })).map(roomOf)
    const hello = framesOf(plain, { joinsPerFrame: Infinity, bytesPerFrame: Infinity }, 61_440)
    expect(hello.flatMap(joinsOf).length).toBeGreaterThan(2_000)
  })

  it.each([
    ['that share an epoch', () => 'x'.repeat(22), 17],
    ['with an epoch each', (at: number) => `${at}`.padStart(22, 'x'), 43],
  ])('[PR108] take few bytes: those of rooms %s', (_, epoch, most) => {
    const all = Array.from({ length: 1_000 }, (_, at): More => ({ from: { epoch: epoch(at), offset: at } }))
    const limits = { joinsPerFrame: 2_000, bytesPerFrame: 65_536 }
    expect(bytesOf(framesOf(all.map(roomOf), limits)) / 1_000).toBeLessThan(most)
    expect(bytesOf(all.map(joinOf)) / 1_000).toBeGreaterThan(100)
  })
})
