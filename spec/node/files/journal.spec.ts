import { readFileSync } from 'node:fs'
import { crc32, portable } from '../../../lib/node/files/crc32.js'
import { seeded } from '../../../lib/testing/random.js'
import { entry, word } from '../../server/support/engine.js'
import { asked, logOf, now, open, type Opened } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

const long = JSON.stringify('x'.repeat(300))

/** Appends one entry after the other to rooms in turn. */
const filled = (disk: ShakyDisk, { engine }: Opened, rooms: readonly string[], from: number, to: number): void => {
  for (let n = from; n <= to; n++) for (const room of rooms) now(disk, engine.append(room, [entry(n, { data: long })]))
}

const journals = (disk: ShakyDisk): readonly string[] => disk.names().filter((name) => name.startsWith('journal'))

describe('journal', () => {
  it('[EN20] has the checksum of zip', () => {
    const text = Buffer.from('123456789')
    expect(crc32(text)).toBe(0xcbf43926)
    const bytes = readFileSync(__filename)
    expect(portable(bytes)).toBe(crc32(bytes))
  })

  it('[EN26] a torn end is cut at whatever byte, and everything before it is there', () => {
    const disk = shakyDisk()
    const opened = open(disk)
    filled(disk, opened, ['r'], 1, 3)
    const whole = disk.bytes('journal-000000001')
    const { value } = asked(opened.engine.append('r', [entry(4, { data: long })]))
    disk.step()
    const longer = disk.bytes('journal-000000001')
    expect([longer.length > whole.length, value()]).toEqual([true, undefined])
    for (let length = whole.length; length < longer.length; length += 7) {
      const next = disk.after('kill', () => 0.9)
      next.damage('journal-000000001', (bytes) => bytes.subarray(0, length))
      const { engine, faults } = open(next)
      expect([logOf(next, engine, 'r').messages.length, faults]).toEqual([3, []])
    }
  })

  it('[EN26] damage in the middle is found: rooms that may have lost something have a new epoch, the file is kept and named', () => {
    const disk = shakyDisk()
    const opened = open(disk)
    filled(disk, opened, ['whole', 'torn'], 1, 3)
    const at = disk.bytes('journal-000000001').length + 40
    filled(disk, opened, ['torn'], 4, 4)
    filled(disk, opened, ['whole'], 4, 4)
    filled(disk, opened, ['torn'], 5, 6)
    const before = { whole: logOf(disk, opened.engine, 'whole'), torn: logOf(disk, opened.engine, 'torn') }
    const name = opened.engine.lanes?.('u')
    const next = disk.after('kill', () => 0.9)
    next.damage('journal-000000001', (bytes) => {
      bytes[at] = (bytes[at] ?? 0) ^ 1
      return bytes
    })
    const again = open(next)
    expect(again.faults).toEqual([
      expect.stringMatching(/^journal-000000001 is damaged at byte \d+; it is kept as damaged-journal-000000001$/),
      '1 rooms have a new epoch: messages of theirs may be lost',
    ])
    expect(logOf(next, again.engine, 'whole')).toEqual(before.whole)
    const torn = logOf(next, again.engine, 'torn')
    expect(torn.epoch).not.toBe(before.torn.epoch)
    expect(torn.messages.map(({ offset }) => offset)).toEqual([5, 6])
    expect(again.engine.lanes?.('u')).not.toBe(name)
    expect(next.names()).toEqual(['damaged-journal-000000001', 'journal-000000002', 'mark'])
    const third = next.after('crash', seeded(2))
    const last = open(third)
    expect([last.faults, logOf(third, last.engine, 'torn')]).toEqual([[], torn])
  })

  it('[EN26] so has a room of which nothing follows the damage: its last message may have been there', () => {
    const disk = shakyDisk()
    const opened = open(disk)
    filled(disk, opened, ['a', 'b'], 1, 2)
    const at = disk.bytes('journal-000000001').length + 40
    filled(disk, opened, ['b'], 3, 3)
    filled(disk, opened, ['a'], 3, 4)
    const before = [logOf(disk, opened.engine, 'a'), logOf(disk, opened.engine, 'b')]
    const next = disk.after('kill', () => 0.9)
    next.damage('journal-000000001', (bytes) => bytes.fill(0, at, at + 1))
    const { engine } = open(next)
    const after = [logOf(next, engine, 'a'), logOf(next, engine, 'b')]
    expect(after[0]).toEqual(before[0])
    expect(after[1]?.messages).toHaveLength(2)
    expect(after[1]?.epoch).not.toBe(before[1]?.epoch)
  })

  it('[EN26] whatever bit is flipped, nothing is told under the same epoch that is not so', () => {
    const disk = shakyDisk()
    const opened = open(disk, { segmentBytes: 4_096 })
    filled(disk, opened, ['a', 'b'], 1, 12)
    const before = new Map(['a', 'b'].map((room) => [room, logOf(disk, opened.engine, room)]))
    const chance = seeded(11)
    let rotated = 0
    for (let round = 0; round < 150; round++) {
      const next = disk.after('kill', () => 0.9)
      const name = journals(next)[Math.floor(chance() * (journals(next).length - 1))] ?? ''
      next.damage(name, (bytes) => {
        const at = Math.floor(chance() * bytes.length)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(chance() * 8))
        return bytes
      })
      const { engine, faults } = open(next, { segmentBytes: 4_096 })
      expect(faults[0]).toContain(`${name} is damaged`)
      for (const [room, { epoch, messages }] of before) {
        const log = logOf(next, engine, room)
        if (log.epoch === epoch) expect(log.messages).toEqual(messages)
        else rotated++
      }
    }
    expect(rotated).toBeGreaterThan(100)
  })

  it('[EN26] a segment that is missing is damage too', () => {
    const disk = shakyDisk()
    const opened = open(disk, { segmentBytes: 4_096 })
    filled(disk, opened, ['a'], 1, 30)
    const { epoch } = logOf(disk, opened.engine, 'a')
    for (const name of journals(disk).slice(0, -1)) {
      const next = disk.after('kill', () => 0.9)
      next.damage(name, () => undefined)
      const { engine, faults } = open(next, { segmentBytes: 4_096 })
      expect(faults[0]).toBe(`${name} is missing`)
      expect(logOf(next, engine, 'a').epoch).not.toBe(epoch)
    }
  })

  it('[EN26] damage before a clean end is found up to the last byte', () => {
    const disk = shakyDisk()
    const opened = open(disk)
    filled(disk, opened, ['a'], 1, 3)
    opened.engine.close()
    disk.run()
    const next = disk.after('kill', () => 0.9)
    next.damage('journal-000000001', (bytes) => bytes.subarray(0, -1))
    expect(open(next).faults[0]).toContain('journal-000000001 is damaged')
  })

  it('[EN27] the journal stays within twice what is held and some segments, and so does the start', () => {
    const disk = shakyDisk()
    const bounds = { segmentBytes: 4_096, messages: 20, outcomes: 20 }
    const opened = open(disk, bounds)
    const rooms = Array.from({ length: 5 }, (_, n) => `room ${n}`)
    filled(disk, opened, ['quiet'], 1, 2)
    const claim = { user: 'u', instance: 'i', generation: 1 }
    const session = now(disk, opened.engine.claim(claim))
    const name = opened.engine.lanes?.('u')
    const beyond: number[] = []
    for (let n = 1; n <= 300; n++) {
      filled(disk, opened, rooms, n, n)
      const { bytes, journalBytes } = opened.engine.held()
      beyond.push(journalBytes - 2 * bytes)
    }
    const { bytes } = opened.engine.held()
    expect(bytes).toBeGreaterThan(40_000)
    // For a moment, what was written again in one go comes on top.
    expect(Math.max(...beyond)).toBeLessThan(bytes + 8 * 4_096)
    expect(beyond.filter((each) => each >= 8 * 4_096).length).toBeLessThan(10)
    const next = disk.after('crash', seeded(5))
    const found = journals(next).length
    const again = open(next, bounds)
    expect(again.faults).toEqual([])
    expect(journals(disk)).not.toContain('journal-000000001')
    expect(again.engine.lanes?.('u')).toBe(name)
    expect(now(next, again.engine.claim(claim))._tag).toBe('Superseded')
    const resume = session._tag === 'Granted' ? session.resume : ''
    expect(now(next, again.engine.claim({ ...claim, generation: 2, resume }))).toMatchObject({ resumed: true })
    expect(now(next, again.engine.append('quiet', [entry(2, { retry: true })])).map(word)).toEqual(['again 2'])
    for (const room of ['quiet', ...rooms]) {
      expect(logOf(next, again.engine, room)).toEqual(logOf(disk, opened.engine, room))
    }
    const read = next.log.filter((step) => step.startsWith('read journal'))
    expect(read.length).toBeLessThanOrEqual(2 * found)
    expect(found).toBeLessThanOrEqual(journals(disk).length + 1)
  })

  it('[EN27] what is written again is on the disk before what it replaces goes', () => {
    const disk = shakyDisk()
    const opened = open(disk, { durability: 'never', segmentBytes: 4_096, messages: 20, outcomes: 20 })
    for (let n = 1; n < 1_000 && !disk.log.at(-1)?.startsWith('remove journal'); n++) filled(disk, opened, ['a'], n, n)
    const [written] = disk.log.filter((step) => step.startsWith('write journal')).slice(-1)
    expect(disk.log.slice(-2)).toEqual([written?.replace('write', 'sync'), 'remove journal-000000001'])
  })

  it('[EN27] rooms that were forgotten are not revived', () => {
    const disk = shakyDisk()
    const opened = open(disk, { rooms: 3 })
    filled(disk, opened, ['a', 'b', 'c', 'd'], 1, 1)
    filled(disk, opened, ['d'], 2, 2)
    const next = disk.after('kill', () => 0.9)
    const { engine } = open(next, { rooms: 3 })
    expect(['a', 'b', 'c', 'd'].filter((room) => now(next, engine.head(room)))).toEqual(['b', 'c', 'd'])
  })

  it('[EN27] nor are they by a segment that could not be removed when later ones could', () => {
    const disk = shakyDisk()
    const bounds = { segmentBytes: 4_096, messages: 5, outcomes: 5, rooms: 3 }
    const opened = open(disk, bounds)
    filled(disk, opened, ['a', 'b', 'c'], 1, 4)
    expect(journals(disk)).toHaveLength(2)
    disk.refuse = (step) => (step === 'remove journal-000000001' ? 'EBUSY' : undefined)
    for (let n = 5; n < 80; n++) filled(disk, opened, ['b', 'c', 'd'], n, n)
    expect(opened.faults).toEqual(['the disk says EBUSY'])
    expect(journals(disk).slice(0, 2)).not.toEqual(['journal-000000001', 'journal-000000002'])
    const before = ['b', 'c', 'd'].map((room) => logOf(disk, opened.engine, room))
    const next = disk.after('kill', () => 0.9)
    const again = open(next, bounds)
    expect([again.faults, now(next, again.engine.head('a'))]).toEqual([[], undefined])
    expect(['b', 'c', 'd'].map((room) => logOf(next, again.engine, room))).toEqual(before)
    for (let n = 80; n < 120; n++) filled(next, again, ['b', 'c', 'd'], n, n)
    expect(journals(next)).not.toContain('journal-000000001')
  })

  it('[EN27] the name of lanes that is told after a room was forgotten stays', () => {
    const disk = shakyDisk()
    const { engine } = open(disk, { rooms: 1 })
    for (const room of ['a', 'b', 'c']) now(disk, engine.append(room, [entry(1)]))
    const name = engine.lanes?.('u')
    now(disk, engine.append('c', [entry(2)]))
    expect(engine.lanes?.('u')).toBe(name)
    const next = disk.after('kill', () => 0.9)
    expect(open(next, { rooms: 1 }).engine.lanes?.('u')).toBe(name)
  })

  it('[EN27] many starts do not fill the directory', () => {
    let disk = shakyDisk()
    for (let start = 0; start < 300; start++) {
      const opened = open(disk)
      filled(disk, opened, ['a'], start + 1, start + 1)
      disk = disk.after('kill', () => 0.9)
    }
    const { engine } = open(disk)
    expect(logOf(disk, engine, 'a').messages).toHaveLength(300)
    expect(journals(disk).length).toBeLessThan(262)
  })
})
