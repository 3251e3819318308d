import type { FilesOptions } from '../../../lib/node/files/files.js'
import type { Answer } from '../../../lib/server/engine.js'
import { entry } from '../../server/support/engine.js'
import { commandsOf } from './commands.js'
import { now, open, type Opened } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

interface Place {
  readonly disk: ShakyDisk
  readonly opened: Opened
}

/** Closes an engine, and opens another one on what it left. */
const again = ({ disk, opened }: Place, options: Partial<FilesOptions> = {}): Place => {
  opened.engine.close()
  disk.run()
  const next = disk.after('kill', () => 0.9)
  return { disk: next, opened: open(next, options) }
}

const started = (options: Partial<FilesOptions> = {}): Place => {
  const disk = shakyDisk()
  return { disk, opened: open(disk, options) }
}

const of = ({ disk, opened }: Place) => commandsOf(disk, opened)

describe('commands in files', () => {
  it('[EN86] a command is remembered for dedupeMs of the time in which engines are open', () => {
    const options = { dedupeMs: 1_000 }
    const first = started(options)
    const { lease, claim, settle } = of(first)
    lease('one')
    claim('done')
    settle('done', 'yes')
    first.opened.time.advanceBy(600)
    claim('later')
    const second = again(first, options)
    of(second).lease('one')
    second.opened.time.advanceBy(400)
    expect(of(second).claim('done')).toBe('Done: yes')
    second.opened.time.advanceBy(1)
    expect([of(second).claim('done'), of(second).claim('later')]).toEqual(['First', 'Lost'])
    second.opened.time.advanceBy(600)
    // It was lost with the first engine, and that is its last change.
    expect(of(second).claim('later')).toBe('First')
  })

  it('[EN89] the name stays over openings and the cleaning of the journal, and so do the commands', () => {
    const options = { segmentBytes: 4_096, messages: 5, outcomes: 5, dedupeMs: 10_000 }
    let place = started(options)
    const { name } = of(place).calls
    of(place).lease('one', 10 ** 9)
    for (const id of ['a', 'b', 'c']) of(place).claim(id)
    of(place).settle('a', 'yes')
    of(place).cancel('d')
    for (let n = 1; n < 120; n++) {
      const data = JSON.stringify('x'.repeat(300))
      now(place.disk, place.opened.engine.append('r', [entry(n, { data })]))
    }
    expect(place.disk.names()).not.toContain('journal-000000001')
    expect(of(place).claim('b')).toBe('Running')
    for (let opening = 0; opening < 3; opening++) {
      place = again(place, options)
      of(place).lease('one', 10 ** 9)
      const words = ['a', 'b', 'c', 'd'].map((id) => of(place).claim(id))
      expect([of(place).calls.name, words]).toEqual([name, ['Done: yes', 'Lost', 'Lost', 'Cancelled']])
    }
  })

  it('[EN90] forgotten commands leave the journal, which stays within twice what is held and some segments', () => {
    const options = { segmentBytes: 4_096, dedupeMs: 1_000 }
    const place = started(options)
    const { lease, claim, settle } = of(place)
    lease('one', 10 ** 9)
    claim('running')
    for (let n = 0; n < 600; n++) {
      claim(`c${n}`)
      settle(`c${n}`, 'x'.repeat(300))
      place.opened.time.advanceBy(50)
    }
    // About twenty commands are remembered, of less than 1 kB each.
    expect(place.opened.engine.held().journalBytes).toBeLessThan(2 * 20_000 + 8 * 4_096)
    expect(claim('running')).toBe('Running')
    const next = again(place, options)
    of(next).lease('one')
    const words = ['running', 'c0', 'c599'].map((id) => of(next).claim(id).slice(0, 6))
    expect(words).toEqual(['Lost', 'First', 'Done: '])
  })

  it('[EN90] a removed segment with a command that is remembered is written again', () => {
    const place = started({ segmentBytes: 4_096 })
    const { lease, claim, settle } = of(place)
    lease('one')
    claim('a')
    settle('a', 'yes')
    for (let n = 0; n < 60; n++) {
      if (n === 30) place.disk.damage('journal-000000001', () => undefined)
      claim(`c${n}`)
      settle(`c${n}`, 'x'.repeat(300))
    }
    expect(place.opened.faults[0]).toContain('journal-000000001 was removed while in use')
    const next = again(place)
    of(next).lease('one')
    expect(of(next).claim('a')).toBe('Done: yes')
  })

  it('[EN88] a claim, an outcome, a cancel and a loss that could not be written have no effect, and can be tried again', () => {
    const place = started()
    const { calls, tables, lease, claim, settle, cancel } = of(place)
    lease('one')
    claim('a')
    const failures: boolean[] = []
    const fails = <T>(answer: Answer<T>): void => {
      answer.subscribe(({ _tag }) => failures.push(_tag === 'Left'))
      place.disk.run()
    }
    place.disk.refuse = (step) => (step.startsWith('write') ? 'EIO' : undefined)
    fails(calls.claim({ user: 'u', id: 'b', lease: 'one' }))
    fails(calls.settle({ user: 'u', id: 'a' }, 'no'))
    fails(calls.cancel({ user: 'u', id: 'c' }))
    fails(tables.lease('one', 0))
    place.disk.refuse = () => undefined
    expect(failures).toEqual([true, true, true, true])
    expect([claim('a'), claim('b'), cancel('b'), claim('c')]).toEqual(['Running', 'First', 'Running', 'First'])
    settle('a', 'yes')
    expect(claim('a')).toBe('Done: yes')
    expect(of(again(place)).cancel('a')).toBe('Done: yes')
  })

  it('[EN80] an outcome that is decided before its lease ends counts, also in the same commit', () => {
    const place = started()
    const { calls, tables, lease, claim, cancel } = of(place)
    lease('one')
    for (const id of ['a', 'b']) claim(id)
    const told: string[] = []
    calls.watch({ user: 'u', id: 'a' }).subscribe((each) => told.push(JSON.stringify(each)))
    // A commit is under way: what follows is decided after it, and together.
    place.opened.engine.append('r', [entry(1)]).subscribe()
    calls.settle({ user: 'u', id: 'a' }, 'yes').subscribe()
    tables.lease('one', 0).subscribe()
    calls.settle({ user: 'u', id: 'b' }, 'late').subscribe()
    place.disk.run()
    expect([cancel('a'), cancel('b'), told.length]).toEqual(['Done: yes', 'Lost', 2])
  })

  it('[EN82] claims in the same commit count for the bounds', () => {
    const place = started({ commands: 2 })
    const { calls, lease, claim } = of(place)
    lease('one')
    const words: string[] = []
    place.opened.engine.append('r', [entry(1)]).subscribe()
    for (const id of ['a', 'a', 'b', 'c'])
      calls.claim({ user: 'u', id, lease: 'one' }).subscribe((each) => {
        words.push(each._tag === 'Right' ? each.right._tag : 'failed')
      })
    place.disk.run()
    expect([words, claim('c')]).toEqual([['First', 'Running', 'First', 'Full'], 'Full'])
  })

  it.each([
    ['where all is lost', {}, true],
    ['with new epochs', { newEpochs: true }, false],
    ['where it is to remember for longer than before', { dedupeMs: 2_000 }, false],
  ] as const)('[EN89] it has another name %s', (_, options, isEmpty) => {
    const first = started({ dedupeMs: 1_000 })
    const { name } = of(first).calls
    of(first).lease('one')
    of(first).claim('a')
    if (isEmpty) for (const file of first.disk.names()) first.disk.damage(file, () => undefined)
    const second = again(first, { dedupeMs: 1_000, ...options })
    of(second).lease('one')
    const renamed = of(second).calls.name
    expect(renamed).not.toBe(name)
    const third = again(second, { dedupeMs: 1_000, ...options, newEpochs: false })
    expect(of(third).calls.name).toBe(renamed)
  })

  it('[EN89] it keeps its name where it is to remember for a shorter time', () => {
    const first = started({ dedupeMs: 1_000 })
    const second = again(first, { dedupeMs: 500 })
    expect(of(second).calls.name).toBe(of(first).calls.name)
  })

  it('[EN89] it has another name after the end of the machine with durability never', () => {
    const first = started({ durability: 'never' })
    of(first).lease('one')
    of(first).claim('a')
    const disk = first.disk.after('crash', () => 0)
    const second = { disk, opened: open(disk, { durability: 'never' }) }
    expect(of(second).calls.name).not.toBe(of(first).calls.name)
  })
})
