import fc from 'fast-check'
import { caches } from '../../lib/features/history/cache.js'
import type { Piece } from '../../lib/features/history/page.js'

const piece = (offset: number, text = '', prev?: number): Piece => ({
  frame: ['m', 1, offset, `m${offset}`, 'e', ['ana', 's'], 0, text, ...(prev === undefined ? [] : [{ prev }])] as never,
  plain: text,
})
const offsets = (pieces: readonly Piece[] | undefined) => pieces?.map(({ frame }) => frame[2])
const at = (offset: number, epoch = 'E') => ({ epoch, offset })

describe('the cache of a room', () => {
  it('[HI7] has the latest so many without a hole, or nothing', () => {
    const cache = caches(() => 1e6).make(3, at(4))
    expect(cache.after(at(4), 4)).toEqual([])
    for (const offset of [5, 6, 7, 8]) cache.keep('E', piece(offset))
    expect(offsets(cache.after(at(5), 8))).toEqual([6, 7, 8])
    expect(offsets(cache.after(at(7), 8))).toEqual([8])
    expect(offsets(cache.after(at(8), 8))).toEqual([])
    for (const [position, until] of [
      [at(4), 8],
      [at(9), 8],
      [at(7, 'F'), 8],
      [at(7), 9],
    ] as const)
      expect(cache.after(position, until)).toBeUndefined()
    cache.keep('E', piece(8))
    cache.keep('E', piece(12, '', 8))
    expect(offsets(cache.after(at(7), 12))).toEqual([8, 12])
    cache.keep('E', piece(14))
    expect([offsets(cache.after(at(13), 14)), cache.after(at(12), 14)]).toEqual([[14], undefined])
    cache.keep('F', piece(1))
    expect([offsets(cache.after(at(0, 'F'), 1)), cache.after(at(13), 14)]).toEqual([[1], undefined])
  })

  it('[HI7] keeps more if somebody asks for more', () => {
    const cache = caches(() => 1e6).make(1, at(0))
    cache.widen(3)
    cache.widen(2)
    for (const offset of [1, 2, 3, 4]) cache.keep('E', piece(offset))
    expect(offsets(cache.after(at(1), 4))).toEqual([2, 3, 4])
  })

  it('[HI7] all caches together keep to their bytes: the one that grew longest ago loses its oldest messages', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ room: fc.nat({ max: 3 }), length: fc.nat({ max: 2_000 }), cut: fc.boolean() }), {
          maxLength: 60,
        }),
        (steps) => {
          const all = caches(() => 8_000)
          const rooms = [0, 1, 2, 3].map(() => ({ cache: all.make(5, at(0)), head: 0 }))
          for (const { room, length, cut } of steps) {
            const one = rooms[room]!
            if (cut && length < 200) {
              one.cache.clear()
              continue
            }
            one.head++
            one.cache.keep('E', piece(one.head, 'x'.repeat(length)))
            expect(all.bytes()).toBeLessThanOrEqual(8_000)
            expect(all.bytes()).toBeGreaterThanOrEqual(0)
            for (const { cache, head } of rooms) {
              const held = [0, 1, 2, 3, 4, 5].flatMap(
                (back) => cache.after(at(Math.max(0, head - back)), head)?.length ?? [],
              )
              expect(held).toEqual(held.map((_, back) => Math.min(back, head)))
            }
          }
          for (const { cache } of rooms) cache.clear()
          expect(all.bytes()).toBe(0)
        },
      ),
      { numRuns: 100, seed: 4 },
    )
  })
})
