import { seeded } from '../../../lib/testing/random.js'
import { entry, word } from '../../server/support/engine.js'
import { asked, following, logOf, now, open } from './rig.js'
import { shakyDisk } from './shaky-disk.js'

const writes = (log: readonly string[]): readonly string[] => log.filter((step) => /^(write|sync) journal/.test(step))

describe('durability', () => {
  it('[EN24] with always neither ack nor feed comes before the syncs of journal and mark, and one sync serves all that waits', () => {
    const disk = shakyDisk()
    const { engine } = open(disk)
    const feed = following(engine, 'r0')
    disk.run()
    const before = disk.log.length
    const answers = Array.from({ length: 100 }, (_, n) =>
      asked(engine.append(`r${n % 10}`, [entry(1, { producer: `p${n}` })])),
    )
    expect(disk.waiting()).toEqual(['write journal-000000001'])
    disk.step()
    expect(answers.filter(({ value }) => value())).toEqual([])
    for (const step of ['sync journal-000000001', 'write mark', 'sync mark']) {
      expect([disk.waiting(), answers.filter(({ value }) => value())]).toEqual([[step], []])
      disk.step()
    }
    expect(answers.filter(({ value }) => value())).toHaveLength(1)
    expect(feed).toHaveLength(2)
    disk.run()
    expect(answers.filter(({ value }) => value())).toHaveLength(100)
    expect(writes(disk.log.slice(before))).toHaveLength(4)
    expect(engine.durability).toBe('disk')
  })

  it.each(['interval', 'never'] as const)('[EN24] with %s they come after the writes', (durability) => {
    const disk = shakyDisk()
    const { engine } = open(disk, { durability })
    now(disk, engine.append('r', [entry(1)]))
    const before = disk.log.length
    const { value } = asked(engine.append('r', [entry(2)]))
    expect(value()).toBeUndefined()
    disk.step()
    expect(value()).toBeUndefined()
    disk.step()
    expect(value()?.map(word)).toEqual(['2'])
    expect(disk.log.slice(before)).toEqual(['write journal-000000001', 'write mark'])
    expect(engine.durability).toBe('process')
  })

  it('[EN24] with interval the disk follows within syncMs, and rests when there is nothing to sync', () => {
    const disk = shakyDisk()
    const { engine, time } = open(disk, { durability: 'interval', syncMs: 300 })
    time.advanceBy(300)
    disk.run()
    const before = disk.log.length
    now(disk, engine.append('r', [entry(1)]))
    time.advanceBy(299)
    now(disk, engine.append('r', [entry(2)]))
    const each = ['write journal-000000001', 'write mark']
    expect(disk.log.slice(before)).toEqual([...each, ...each])
    time.advanceBy(1)
    disk.run()
    expect(disk.log.slice(before + 4)).toEqual(['sync journal-000000001'])
    expect(time.pending()).toBe(0)
  })

  it('[EN24] with never nothing is synced but a segment that is full', () => {
    const disk = shakyDisk()
    const { engine, time } = open(disk, { durability: 'never', segmentBytes: 4_096 })
    const before = disk.log.length
    for (let n = 1; n <= 30; n++) now(disk, engine.append('r', [entry(n, { data: JSON.stringify('x'.repeat(200)) })]))
    time.advanceBy(1e9)
    const steps = disk.log.slice(before).filter((step) => step.startsWith('sync journal'))
    expect(steps).toEqual(['sync journal-000000001', 'sync journal-000000002'])
  })

  it.each`
    durability    | clean    | end        | stays
    ${'always'}   | ${true}  | ${'crash'} | ${true}
    ${'always'}   | ${false} | ${'crash'} | ${true}
    ${'interval'} | ${true}  | ${'crash'} | ${true}
    ${'interval'} | ${false} | ${'kill'}  | ${true}
    ${'interval'} | ${false} | ${'crash'} | ${false}
    ${'never'}    | ${true}  | ${'crash'} | ${true}
    ${'never'}    | ${false} | ${'kill'}  | ${true}
    ${'never'}    | ${false} | ${'crash'} | ${false}
  `(
    '[EN23] after the end $end with $durability, clean $clean, epochs and the name of lanes stay: $stays',
    ({
      durability,
      clean,
      end,
      stays,
    }: {
      durability: 'always'
      clean: boolean
      end: 'kill' | 'crash'
      stays: boolean
    }) => {
      const disk = shakyDisk()
      const { engine, isComplete } = open(disk, { durability })
      const unused = following(engine, 'unused')
      now(disk, engine.append('r', [entry(1), entry(2)]))
      const before = { head: now(disk, engine.head('r')), unused: unused[0] }
      const name = engine.lanes?.('u')
      if (clean) engine.close()
      disk.run()
      expect(isComplete()).toBe(clean)
      // The machine happens to have written all of it, which nobody can know.
      const next = disk.after(end, () => 0.99)
      if (!stays) disk.names().forEach((each) => { next.damage(each, () => disk.bytes(each)) }) // prettier-ignore
      const again = open(next, { durability })
      const after = { head: now(next, again.engine.head('r')), unused: following(again.engine, 'unused')[0] }
      if (stays) expect([after, again.engine.lanes?.('u'), again.faults]).toEqual([before, name, []])
      else {
        expect(after.head).toMatchObject({ first: 1, head: 2 })
        expect(after.head?.epoch).not.toBe(before.head?.epoch)
        expect(after.unused).not.toEqual(before.unused)
        expect(again.engine.lanes?.('u')).not.toBe(name)
        expect(again.faults).toEqual([
          `the machine ended while the journal was open with durability ${durability}`,
          '1 rooms have a new epoch: messages of theirs may be lost',
        ])
      }
    },
  )

  it('[EN23] where the run of the machine cannot be told, every end without a clean one counts as that of the machine', () => {
    const disk = shakyDisk('')
    const { engine } = open(disk, { durability: 'never' })
    now(disk, engine.append('r', [entry(1)]))
    const next = disk.after('kill', () => 0.9)
    expect(open(next, { durability: 'never' }).faults).toHaveLength(2)
  })

  it('[EN39] newEpochs begins a new epoch in every room and says so, and the next start keeps it', () => {
    const disk = shakyDisk()
    const { engine } = open(disk)
    for (const room of ['a', 'b']) now(disk, engine.append(room, [entry(1)]))
    const [before, name] = [now(disk, engine.head('a')), engine.lanes?.('u')]
    engine.close()
    disk.run()
    const second = disk.after('kill', () => 0.9)
    const again = open(second, { newEpochs: true })
    expect(again.faults).toEqual([
      'new epochs were asked for',
      '2 rooms have a new epoch: messages of theirs may be lost',
    ])
    const told = now(second, again.engine.head('a'))
    expect(told).toMatchObject({ head: 1 })
    expect(told?.epoch).not.toBe(before?.epoch)
    expect(again.engine.lanes?.('u')).not.toBe(name)
    const third = second.after('crash', seeded(1))
    const last = open(third)
    expect([last.faults, now(third, last.engine.head('a'))]).toEqual([[], told])
  })

  it('[EN23] new epochs stay once they are told', () => {
    const disk = shakyDisk()
    const { engine } = open(disk, { durability: 'never' })
    now(disk, engine.append('r', [entry(1)]))
    engine.close()
    disk.run()
    disk.damage('mark', () => undefined)
    const second = disk.after('kill', () => 0.9)
    const again = open(second)
    expect(again.faults[0]).toBe('the file mark is missing')
    const told = now(second, again.engine.head('r'))
    const third = second.after('crash', seeded(1))
    expect(now(third, open(third).engine.head('r'))).toEqual(told)
  })

  it.each([
    ['always', 'write'],
    ['always', 'sync'],
    ['interval', 'write'],
    ['never', 'write'],
  ] as const)('[EN25] with %s a failed %s fails what was in it, and the next segment goes on', (durability, what) => {
    const disk = shakyDisk()
    const { engine } = open(disk, { durability })
    const feed = following(engine, 'r')
    now(disk, engine.append('r', [entry(1)]))
    disk.refuse = (step) => (step.startsWith(`${what} journal`) ? 'ENOSPC' : undefined)
    for (let n = 0; n < 3; n++) {
      const { failure } = asked(engine.append('r', [entry(2)]))
      disk.run()
      expect(failure()).toBe('the disk says ENOSPC')
    }
    expect(now(disk, engine.head('r'))?.head).toBe(1)
    disk.refuse = () => undefined
    const before = disk.log.length
    expect(now(disk, engine.append('r', [entry(2), entry(3, { after: 2 })])).map(word)).toEqual(['2', '3'])
    expect(disk.log.slice(before).filter((step) => step === 'write journal-000000001')).toEqual([])
    expect(feed.flatMap((each) => (each._tag === 'Messages' ? each.messages.map(({ id }) => id) : []))).toEqual([
      'p.1',
      'p.2',
      'p.3',
    ])
    const next = disk.after(durability === 'always' ? 'crash' : 'kill', seeded(3))
    expect(logOf(next, open(next, { durability }).engine, 'r').messages.map(({ id }) => id)).toEqual([
      'p.1',
      'p.2',
      'p.3',
    ])
    expect(disk.names().length).toBeLessThan(4)
  })

  it('[EN25] what a failed sync leaves in doubt is written again', () => {
    const disk = shakyDisk()
    const { engine, time, faults } = open(disk, { durability: 'interval', syncMs: 100 })
    now(disk, engine.append('r', [entry(1), entry(2)]))
    disk.refuse = (step) => (step.startsWith('sync journal-000000001') ? 'EIO' : undefined)
    time.advanceBy(100)
    disk.run()
    expect(faults).toEqual(['the disk says EIO'])
    time.advanceBy(100)
    disk.run()
    expect(disk.names()).toContain('journal-000000002')
    // The system has lost what it could not write.
    disk.damage('journal-000000001', (bytes) => bytes.subarray(0, 0))
    const next = disk.after('kill', () => 0.9)
    expect(logOf(next, open(next, { durability: 'interval' }).engine, 'r').messages).toHaveLength(2)
  })

  it('[EN31] what became too old while nobody served is not there, and what did not is', () => {
    const disk = shakyDisk()
    let date = 1_000_000
    const wall = (): number => date
    const options = { ageMs: 1_000, dedupeMs: 2_000, sessionMs: 3_000, wall }
    const { engine } = open(disk, options)
    const claim = { user: 'u', instance: 'i', generation: 1 }
    now(disk, engine.claim(claim))
    now(disk, engine.append('r', [entry(1)]))
    date += 600
    now(disk, engine.append('r', [entry(2)]))
    const after = (ms: number) => {
      date = 1_000_600 + ms
      const next = disk.after('kill', () => 0.9)
      const again = open(next, options).engine
      return [
        now(next, again.head('r'))?.first,
        now(next, again.append('r', [entry(1, { retry: true })])).map(word)[0],
        now(next, again.claim(claim))._tag,
      ]
    }
    expect(after(0)).toEqual([1, 'again 1', 'Superseded'])
    expect(after(500)).toEqual([2, 'again 1', 'Superseded'])
    expect(after(1_001)).toEqual([3, 'again 1', 'Superseded'])
    expect(after(3_001)).toEqual([3, 'again 1', 'Granted'])
    // The calendar was put back: nothing is younger than now.
    expect(after(-1e6)).toEqual([1, 'again 1', 'Superseded'])
  })

  it.each([
    ['set ahead between two lives', [0, 3_600_001, 0]],
    ['set ahead in each', [7_200_000, 0, 7_200_000]],
    ['set back and ahead again', [-86_400_000, 0, 86_400_000]],
  ])('[EN31] a calendar that was %s forgets no lane before its time', (_, [within = 0, next = 0, last = 0]) => {
    let date = 1e12
    const wall = (): number => date
    const first = shakyDisk()
    const { engine } = open(first, { wall })
    const name = engine.lanes?.('u')
    const retry = entry(1, { retry: true, ...(name === undefined ? {} : { lanes: name }) })
    now(first, engine.append('r', [entry(1)]))
    date += within
    const second = first.after('kill', () => 0.9)
    date += next
    const again = open(second, { wall })
    expect(now(second, again.engine.append('r', [retry])).map(word)).toEqual(['again 1'])
    again.time.advanceBy(3_600_000)
    date += last
    expect(now(second, again.engine.append('r', [retry])).map(word)).toEqual(['again 1'])
    const third = second.after('kill', () => 0.9)
    const { engine: end, time } = open(third, { wall })
    expect(end.lanes?.('u')).toBe(name)
    expect(now(third, end.append('r', [retry])).map(word)).toEqual(['again 1'])
    time.advanceBy(3_600_001)
    now(third, end.head('r'))
    expect(now(third, end.append('r', [entry(1, { retry: true })])).map(word)).toEqual(['delivery/unknown'])
  })

  it('[EN32] closing writes what was given, refuses what comes later, and completes when all is on the disk', () => {
    const disk = shakyDisk()
    const { engine, isComplete, time } = open(disk, { durability: 'interval' })
    const given = Array.from({ length: 3 }, (_, n) => asked(engine.append('r', [entry(n + 1)])))
    engine.close()
    engine.close()
    const late = asked(engine.append('r', [entry(9)]))
    expect(late.failure()).toBe('the engine was closed')
    while (disk.step()) expect(isComplete()).toBe(disk.waiting().length === 0)
    expect(given.map(({ value }) => value()?.map(word))).toEqual([['1'], ['2'], ['3']])
    expect(isComplete()).toBe(true)
    expect(time.pending()).toBe(0)
    const next = disk.after('crash', () => 0)
    expect(logOf(next, open(next).engine, 'r').messages).toHaveLength(3)
  })
})
