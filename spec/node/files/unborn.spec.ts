import { blockAt, blockOf, blocksOf, checkOf } from '../../../lib/node/files/block.js'
import { manifestBlock, type Manifest, manifestName } from '../../../lib/node/files/manifest.js'
import { entry, word } from '../../server/support/engine.js'
import { asked, following, logOf, now, open } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

const writes = (disk: ShakyDisk): number => disk.log.filter((step) => step.startsWith('write journal')).length
const first = 'journal-000000001'

/** The records of the first segment. */
const recordsOf = (disk: ShakyDisk): readonly (readonly unknown[])[] =>
  [...blocksOf(disk.bytes(first))].flatMap(({ text }) => JSON.parse(text) as (readonly unknown[])[])

/** A journal as an earlier version wrote it: without makers, counts of lost lanes, and an epoch in which rooms begin. */
const aged = (disk: ShakyDisk): void => {
  const blocks = [...blocksOf(disk.bytes(first))].map(({ text }) =>
    (JSON.parse(text) as (readonly unknown[])[]).filter(([kind]) => kind !== 'u' && kind !== 'f'),
  )
  let bytes = Buffer.alloc(0)
  let check = 0
  for (const records of blocks) {
    const block = blockOf(JSON.stringify(records), { position: bytes.length, synced: 0, mark: 0 })
    bytes = Buffer.concat([bytes, block])
    check = checkOf(block)
  }
  const mark = JSON.parse(blockAt(disk.bytes(manifestName), 0)?.text ?? '') as Manifest
  disk.put(first, bytes)
  const end = { segment: 1, bytes: bytes.length, check }
  disk.put(manifestName, manifestBlock({ ...mark, number: 99, end, closed: true }, 0))
}

describe('rooms that nobody has made, on files', () => {
  it('[EN40] who follows, reads and asks writes nothing', () => {
    const disk = shakyDisk()
    const { engine } = open(disk)
    const before = writes(disk)
    const feeds = Array.from({ length: 100 }, (_, at) => following(engine, `room ${at}`))
    now(disk, engine.read('r', { epoch: 'E', offset: 0 }, { count: 1, bytes: 1 }))
    now(disk, engine.head('r'))
    now(disk, engine.append('r', [entry(1, { retry: true })]))
    expect([writes(disk), feeds.every(([base]) => base?._tag === 'Base')]).toEqual([before, true])
    expect(engine.held().rooms).toBe(0)
  })

  it('[EN40] a room is recorded once, however many publish first, and not after a write that failed', () => {
    const disk = shakyDisk()
    const { engine } = open(disk)
    disk.refuse = (step) => (step.startsWith('write journal') ? 'EIO' : undefined)
    const failed = asked(engine.append('r', [entry(1)]))
    disk.run()
    expect([failed.failure(), now(disk, engine.head('r'))]).toEqual(['the disk says EIO', undefined])
    disk.refuse = () => undefined
    asked(engine.append('other', [entry(1)]))
    const answers = ['p', 'q', 's'].map((producer) => asked(engine.append('r', [entry(1, { producer })])))
    disk.run()
    expect(answers.flatMap(({ value }) => value()?.map(word))).toEqual(['1', '2', '3'])
    const next = disk.after('kill', () => 0.9)
    expect(logOf(next, open(next).engine, 'r')).toEqual(logOf(disk, engine, 'r'))
  })

  it('[EN41] the epoch in which rooms begin stays over ends, also where it is a new one', () => {
    let disk = shakyDisk()
    let opened = open(disk, { rooms: 1 })
    const told = [following(opened.engine, 'unborn 0')[0]]
    for (const end of ['kill', 'crash', 'kill'] as const) {
      now(disk, opened.engine.append('a', [entry(1)]))
      now(disk, opened.engine.append('b', [entry(1)]))
      // A room that began in it is forgotten now; whoever follows another room is told of the next one once it is recorded.
      const feed = following(opened.engine, `unborn ${told.length}`)
      disk.run()
      told.push(feed[0])
      disk = disk.after(end, () => 0.1)
      opened = open(disk, { rooms: 1 })
      expect(following(opened.engine, `unborn ${told.length - 1}`)[0]).toEqual(feed[0])
    }
    expect(new Set(told.map((base) => base?._tag === 'Base' && base.epoch)).size).toBe(4)
  })

  it('[EN41] it is a new one where something may be missing', () => {
    const disk = shakyDisk()
    const { engine } = open(disk)
    now(disk, engine.append('r', [entry(1)]))
    const at = disk.bytes(first).length + 40
    now(disk, engine.append('gone', [entry(1), entry(2)]))
    now(disk, engine.append('r', [entry(2)]))
    const { epoch } = logOf(disk, engine, 'gone')
    const next = disk.after('kill', () => 0.9)
    next.damage(first, (bytes) => bytes.fill(0, at, at + 1))
    const again = open(next)
    expect(now(next, again.engine.head('gone'))).toBeUndefined()
    now(next, again.engine.append('gone', [entry(9)]))
    const feed = following(again.engine, 'gone', { epoch, offset: 1 })
    next.run()
    expect(feed[0]).toMatchObject({ base: 0, recovered: false, because: 'epoch' })
  })

  it('[EN42] [EN27] a journal of an earlier version opens, and its rooms are those of whom published first', () => {
    const disk = shakyDisk()
    const opened = open(disk)
    now(disk, opened.engine.append('of ann', [entry(1, { user: 'ann' })]))
    for (const room of ['a', 'b', 'c'])
      now(disk, opened.engine.append(room, [entry(1, { user: 'stranger', from: ['stranger', 's'] })]))
    const before = logOf(disk, opened.engine, 'of ann')
    opened.engine.close()
    disk.run()
    const old = disk.after('kill', () => 0.9)
    aged(old)
    expect(recordsOf(old).filter(([kind]) => kind === 'u' || kind === 'f')).toEqual([])
    const { engine, faults } = open(old, { rooms: 3 })
    expect(faults).toEqual([])
    expect(logOf(old, engine, 'of ann')).toEqual(before)
    expect(['a', 'b', 'c'].filter((room) => now(old, engine.head(room)))).toEqual(['b', 'c'])
    expect(following(engine, 'unborn')[0]).toMatchObject({ head: 0, recovered: true })
  })

  it('[EN42] [EN41] makers, and the epoch in which rooms begin, stay over ends, also of rooms that were written again', () => {
    const bounds = { segmentBytes: 4_096, messages: 5, outcomes: 5 }
    const disk = shakyDisk()
    const { engine } = open(disk, bounds)
    now(disk, engine.append('of ann', [entry(1, { user: 'ann' })]))
    const data = JSON.stringify('x'.repeat(300))
    for (let n = 1; n < 100; n++) for (const room of ['a', 'b']) now(disk, engine.append(room, [entry(n, { data })]))
    expect(disk.names()).not.toContain(first)
    const next = disk.after('kill', () => 0.9)
    const again = open(next, bounds)
    expect(following(again.engine, 'unborn')).toEqual(following(engine, 'unborn'))
    const last = open(
      next.after('kill', () => 0.9),
      { ...bounds, rooms: 2 },
    )
    expect(['of ann', 'a', 'b'].filter((room) => now(next, last.engine.head(room)))).toEqual(['of ann', 'b'])
  })

  it('[EN45] [EN41] what is recorded beside rooms stays when the segments that held it go', () => {
    const bounds = { rooms: 3, segmentBytes: 4_096 }
    const disk = shakyDisk()
    const { engine } = open(disk, bounds)
    const before = engine.lanes?.('ann')
    now(disk, engine.append('of ann', [entry(1, { user: 'ann' })]))
    const data = JSON.stringify('x'.repeat(300))
    for (let n = 1; n < 90; n++) now(disk, engine.append(`room ${n}`, [entry(1, { data })]))
    now(disk, engine.append('room 89', [entry(2)]))
    const names = ['ann', 'u'].map((user) => engine.lanes?.(user))
    const [base] = following(engine, 'unborn')
    expect([names[0], names[1]?.startsWith(`${before}.`)]).toEqual([before, true])
    expect(disk.names()).not.toContain(first)
    for (const end of ['kill', 'crash'] as const) {
      const next = disk.after(end, () => 0.9)
      const again = open(next, bounds)
      expect(['ann', 'u'].map((user) => again.engine.lanes?.(user))).toEqual(names)
      expect(following(again.engine, 'unborn')[0]).toEqual(base)
    }
  })
})
