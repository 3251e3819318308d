import { deadlines } from '../../lib/core/deadlines.js'
import { storedPositions } from '../../lib/session/positions.js'
import type { Change } from '../../lib/store/port.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { see } from '../support/seen.js'

const at = (offset: number) => ({ epoch: 'E', offset })

const positions = (most = 10) => {
  const time = virtualTime()
  const written: (Change & { readonly at: number })[] = []
  const reports: string[] = []
  let barred = false
  const made = storedPositions({
    every: 1_000,
    most,
    deadlines: deadlines(time),
    due: () => {
      const { changes = [], answered } = made.collect(false) ?? {}
      written.push(...changes.map((change) => ({ ...change, at: time.now() })))
      answered?.(true)
    },
    isBarred: () => barred,
    report: (message) => void reports.push(message),
  })
  const get = (room: string) => made.get(room)?.position
  const bar = (isBarred: boolean) => void (barred = isBarred)
  return { ...made, get, time, written, reports, bar }
}
const resume = (offset: number) => ({ position: at(offset), offered: offset })

describe('stored positions', () => {
  it('[ST27] are written each second in which they moved, the last of each room alone', () => {
    const { get, moved, time, written } = positions()
    for (let offset = 1; offset <= 100; offset++) {
      moved('a', at(offset))
      if (offset % 10 === 0) moved('b', at(offset))
      time.advanceBy(25)
    }
    expect(get('a')).toEqual(at(100))
    time.advanceBy(10_000)
    expect(written.map(({ key, text, at: when }) => [when, key, text])).toEqual([
      [1_000, 'position a', '["E",40,40]'],
      [1_000, 'position b', '["E",40,40]'],
      [2_000, 'position a', '["E",80,80]'],
      [2_000, 'position b', '["E",80,80]'],
      [3_000, 'position a', '["E",100,100]'],
      [3_000, 'position b', '["E",100,100]'],
    ])
    expect(time.pending()).toBe(0)
  })

  it('[ST27] are those of so many rooms: the one that moved longest ago is forgotten, also in the store', () => {
    const { get, hold, load, moved, flush, written, reports } = positions(3)
    hold('d')
    hold('e')
    moved('d', at(1))
    load(new Map(['a', 'b'].map((room) => [room, resume(5)])))
    moved('e', at(1))
    moved('b', at(6))
    flush()
    expect(['a', 'b', 'd', 'e'].map(get)).toEqual([undefined, at(6), at(1), at(1)])
    expect(reports).toEqual([
      'storing.positions is 3: the position of a, which moved longest ago, is forgotten. Raise it to the number of rooms.',
    ])
    expect(written.map(({ key, text }) => [key, text]).sort()).toEqual([
      ['position a', undefined],
      ['position b', '["E",6,6]'],
      ['position d', '["E",1,1]'],
      ['position e', '["E",1,1]'],
    ])
  })

  it('[ST27] of this life count more than those that were stored; closed they are nobody’s, and hold no timer', () => {
    const { get, load, moved, close, time, written } = positions()
    moved('a', at(9))
    load(new Map([['a', resume(5)]]))
    expect(get('a')).toEqual(at(9))
    close()
    moved('a', at(10))
    expect([get('a'), time.pending(), written]).toEqual([undefined, 0, []])
  })

  it('[ST37] are not stored while they are barred: saving fails at once, and they are due when the bar is lifted', () => {
    const { moved, save, flush, time, written, bar } = positions()
    bar(true)
    moved('a', at(1))
    const saved = see(save())
    flush()
    expect(saved.only()).toBe(false)
    time.advanceBy(5_000)
    expect(written).toEqual([])
    bar(false)
    flush()
    expect(written.map(({ key, text }) => [key, text])).toEqual([['position a', '["E",1,1]']])
  })
})
