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

  it('[EN86] commands are forgotten in the order of their ends, also after an opening', () => {
    const options = { dedupeMs: 1_000 }
    const first = started(options)
    const { lease, claim, settle } = of(first)
    lease('one')
    for (const id of ['a', 'b']) claim(id)
    first.opened.time.advanceBy(100)
    settle('b')
    first.opened.time.advanceBy(800)
    settle('a')
    const second = again(first, options)
    of(second).lease('one')
    second.opened.time.advanceBy(201)
    expect([of(second).claim('a'), of(second).claim('b')]).toEqual(['Done', 'First'])
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

  it('[EN90] a command that is forgotten while it is written again leaves the journal too', () => {
    const { disk, opened } = started({ segmentBytes: 4_096, messages: 5, outcomes: 5, dedupeMs: 1_000 })
    const { calls, lease, settle } = of({ disk, opened })
    lease('one', 10 ** 9)
    const most = 400
    for (let n = 1; n <= most; n++) {
      now(disk, opened.engine.append('r', [entry(n, { data: JSON.stringify('x'.repeat(3_000)) })]))
      calls.claim({ user: 'u', id: `<${n}>`, lease: 'one' }).subscribe()
      // The commit is under way, with what is written again.
      opened.time.advanceBy(n % 20 === 0 ? 700 : 10)
      calls.watch({ user: 'u', id: 'any' }).subscribe().unsubscribe()
      disk.run()
      settle(`<${n}>`)
    }
    const journals = disk.names().filter((name) => name.startsWith('journal'))
    const texts = journals.map((name) => disk.bytes(name).toString()).join('')
    const ids = [...texts.matchAll(/<(\d+)>/g)].map(([, n]) => Number(n))
    expect(Math.min(...ids)).toBeGreaterThan(most - 150)
  })

  it('[EN90] commands of any size are written again, in parts', () => {
    const first = started()
    const { lease, claim, settle } = of(first)
    lease('one')
    const ids = Array.from({ length: 40 }, (_, n) => `c${n}`)
    for (const id of ids) {
      claim(id)
      settle(id, `${id} ${'x'.repeat(60_000)}`)
    }
    now(first.disk, first.opened.engine.append('r', [entry(1)]))
    const second = again(first, { newEpochs: true })
    // A new epoch makes the engine write everything again, and remove all older segments.
    expect(second.disk.names()).not.toContain('journal-000000001')
    const third = again(second)
    of(third).lease('one')
    const words = ids.map((id) =>
      of(third)
        .cancel(id)
        .slice(0, 10 + id.length),
    )
    expect(words).toEqual(ids.map((id) => `Done: ${id} xxx`))
  })

  it('[EN90] one that could not be written is not known, also by a segment that could not be removed', () => {
    const options = { segmentBytes: 4_096, messages: 5, outcomes: 5 }
    const place = started(options)
    of(place).lease('one', 10 ** 9)
    let isFailed = false
    place.disk.refuse = (step) => (step === 'sync journal-000000001' ? 'EIO' : undefined)
    of(place)
      .calls.cancel({ user: 'u', id: 'a' })
      .subscribe(({ _tag }) => {
        isFailed = _tag === 'Left'
      })
    place.disk.run()
    place.disk.refuse = (step) => (step === 'remove journal-000000001' ? 'EBUSY' : undefined)
    for (let n = 1; n < 120; n++) {
      const data = JSON.stringify('x'.repeat(300))
      now(place.disk, place.opened.engine.append('r', [entry(n, { data })]))
    }
    const names = place.disk.names()
    expect([isFailed, names[0], names.includes('journal-000000002')]).toEqual([true, 'journal-000000001', false])
    const next = again(place, options)
    of(next).lease('one')
    expect([next.opened.faults, of(next).claim('a')]).toEqual([[], 'First'])
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

  it('[EN87] and so they do for the bytes of each user', () => {
    const taken = (isTogether: boolean): readonly string[] => {
      const { disk, opened } = started({ commandBytes: 40_000 })
      const { calls, lease } = of({ disk, opened })
      lease('one')
      const words: string[] = []
      opened.engine.append('r', [entry(1)]).subscribe()
      for (let n = 0; n < 40; n++) {
        calls.claim({ user: `u${n % 3}`, id: `c${n}`, lease: 'one' }).subscribe((each) => {
          words.push(each._tag === 'Right' ? each.right._tag : 'failed')
        })
        if (!isTogether) disk.run()
      }
      disk.run()
      return words
    }
    expect(taken(true)).toEqual(taken(false))
    expect(taken(true).filter((word) => word === 'First').length).toBeGreaterThan(10)
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
