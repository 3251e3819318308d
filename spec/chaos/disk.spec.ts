import * as E from '#fp/Either'
import { keepings } from '../../chaos/campaign/settings.js'
import { forgetful } from '../../chaos/server/forgetful.js'
import type { DiskFile, Done } from '../../lib/node/files/disk.js'
import { seeded } from '../../lib/testing/random.js'
import { entry } from '../server/support/engine.js'
import { logOf, now, open } from '../node/files/rig.js'
import { type ShakyDisk, shakyDisk } from '../node/files/shaky-disk.js'

/** The answer once the disk has taken all steps. */
const taken = <T>(disk: ShakyDisk, done: Done<T>): T => {
  const answers: T[] = []
  done.subscribe((each) => {
    if (E.isRight(each)) answers.push(each.right)
  })
  disk.run()
  expect(answers).toHaveLength(1)
  return answers[0] as T
}

const created = (disk: ShakyDisk): DiskFile => taken(disk, forgetful(() => disk)('d').create('f'))

describe('the disks of a campaign', () => {
  it('[CH17] what was not synced is lost with the process, and what was is there', () => {
    const disk = shakyDisk()
    const file = created(disk)
    taken(disk, file.write(Buffer.from('one '), 0))
    taken(disk, file.write(Buffer.from('two '), 4))
    expect(disk.bytes('f').toString()).toBe('')
    taken(disk, file.sync())
    taken(disk, file.write(Buffer.from('three'), 8))
    expect(disk.bytes('f').toString()).toBe('one two ')
    taken(disk, file.sync())
    taken(disk, disk.sync())
    expect(disk.after('crash', seeded(1)).bytes('f').toString()).toBe('one two three')
  })

  it('[CH17] what a failed sync has left is written by the next', () => {
    const disk = shakyDisk()
    const file = created(disk)
    taken(disk, file.write(Buffer.from('one'), 0))
    disk.refuse = (step) => (step.startsWith('write') ? 'EIO' : undefined)
    const answers: boolean[] = []
    file.sync().subscribe((each) => answers.push(E.isRight(each)))
    disk.run()
    disk.refuse = () => undefined
    taken(disk, file.sync())
    expect([answers, disk.bytes('f').toString()]).toEqual([[false], 'one'])
  })

  it('[CH17] both kinds of disk and of segments have their turn, and an engine with durability always goes on with what it was given', () => {
    expect(new Set(keepings.map(({ losesUnsynced }) => losesUnsynced))).toEqual(new Set([true, false]))
    expect(Math.min(...keepings.map(({ segmentBytes }) => segmentBytes))).toBeLessThan(2 ** 15)
    expect(Math.max(...keepings.map(({ segmentBytes }) => segmentBytes))).toBeGreaterThan(2 ** 21)
    const disk = shakyDisk()
    const held: ShakyDisk = { ...disk, ...forgetful(() => disk)('d') }
    const { engine } = open(held)
    now(held, engine.append('r', [entry(1), entry(2)]))
    const next = disk.after('kill', () => 0.9)
    expect(logOf(next, open(next).engine, 'r').messages).toHaveLength(2)
  })
})
