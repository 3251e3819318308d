import type { Entry } from '../../../lib/server/engine.js'
import { seeded } from '../../../lib/testing/random.js'
import { entry, word } from '../../server/support/engine.js'
import { asked, following, logOf, open } from './rig.js'
import { shakyDisk } from './shaky-disk.js'

/** Three appends in one commit, to `r`, `other` and `r`; when `other` is told, `entries` are appended to `r`. */
const between = (entries: readonly Entry[]) => {
  const disk = shakyDisk()
  const { engine } = open(disk)
  const feed = following(engine, 'r')
  disk.run()
  const busy = asked(engine.append('other', [entry(1)]))
  let late = busy
  const first = asked(engine.append('r', [entry(1)]))
  const other = asked(engine.append('other', [entry(2)]), () => {
    late = asked(engine.append('r', entries))
  })
  const last = asked(engine.append('r', [entry(2)]))
  disk.run()
  const words = [first, other, last, late].map(({ value }) => value()?.map(word).join())
  const next = disk.after('crash', seeded(1))
  const again = open(next)
  const told = feed.flatMap((each) => (each._tag === 'Messages' ? each.messages.map(({ id }) => id) : []))
  return { words, told, log: logOf(next, again.engine, 'r').messages.map(({ id }) => id), faults: again.faults }
}

describe('answers', () => {
  it('[EN30] what is asked while others are still to be told comes after what they are told', () => {
    expect(between([entry(3), entry(1, { producer: 'q' })])).toEqual({
      words: ['1', '2', '2', '3,4'],
      told: ['p.1', 'p.2', 'p.3', 'q.1'],
      log: ['p.1', 'p.2', 'p.3', 'q.1'],
      faults: [],
    })
  })

  it('[EN30] a retry of what is about to be told has its receipt', () => {
    expect(between([entry(2, { retry: true })])).toEqual({
      words: ['1', '2', '2', 'again 2'],
      told: ['p.1', 'p.2'],
      log: ['p.1', 'p.2'],
      faults: [],
    })
  })

  it('[EN30] a room that is written again meanwhile is written with it, and its epoch stays', () => {
    const disk = shakyDisk()
    const bounds = { segmentBytes: 4_096, messages: 10, outcomes: 10 }
    const { engine } = open(disk, bounds)
    const data = JSON.stringify('x'.repeat(300))
    const seqs = { a: 0, b: 0 }
    const append = (room: 'a' | 'b', then?: () => void) =>
      asked(engine.append(room, [entry(++seqs[room], { data })]), then)
    for (let n = 0; n < 150; n++) {
      append('a', () => append('a'))
      append('b')
      append('a', () => append('a'))
      append('b')
      disk.run()
    }
    expect(disk.names()).not.toContain('journal-000000001')
    const before = ['a', 'b'].map((room) => logOf(disk, engine, room))
    const next = disk.after('crash', seeded(1))
    const again = open(next, bounds)
    expect(again.faults).toEqual([])
    expect(['a', 'b'].map((room) => logOf(next, again.engine, room))).toEqual(before)
  })
})
