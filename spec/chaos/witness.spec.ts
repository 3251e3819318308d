import { watchTables } from '../../chaos/server/tables.js'
import { witness } from '../../chaos/server/witness.js'
import type { AnyRecord } from '../../chaos/history/record.js'
import { entry } from '../server/support/engine.js'
import { asked, open } from '../node/files/rig.js'
import { shakyDisk } from '../node/files/shaky-disk.js'

/** An engine on files whose witness writes to a list, and the list. */
const watched = () => {
  const disk = shakyDisk()
  const { engine } = open(disk)
  const written: AnyRecord[] = []
  const write = Object.assign((record: AnyRecord) => void written.push(record), { flush: () => undefined })
  return { disk, engine: witness(engine, write, () => 7), written }
}

describe('the witness of an engine', () => {
  it('[CH18] writes down what was taken before it is told', () => {
    const { disk, engine, written } = watched()
    const before: number[] = []
    asked(engine.append('r', [entry(1), entry(2)]), () => before.push(written.length))
    disk.run()
    asked(engine.append('r', [entry(2, { retry: true })]))
    disk.run()
    expect(before).toEqual([1])
    expect(written).toEqual([
      ['logged', 7, 'r', expect.any(String), 1, ['p.1', 'p.2']],
      ['decided', 7, 'repeated', 1],
    ])
  })

  it('[CH18] writes down what was taken though nobody waits for it any more', () => {
    const { disk, engine, written } = watched()
    engine
      .append('r', [entry(1)])
      .subscribe()
      .unsubscribe()
    disk.run()
    asked(engine.append('r', [entry(2)]))
    disk.run()
    expect(written).toEqual([
      ['logged', 7, 'r', expect.any(String), 1, ['p.1']],
      ['logged', 7, 'r', expect.any(String), 2, ['p.2']],
    ])
  })

  it('[CH22] writes down each change of a table, before the writer has its answer', () => {
    const { disk, engine, written } = watched()
    const write = Object.assign((record: AnyRecord) => void written.push(record), { flush: () => undefined })
    const watching = watchTables(engine, ['r'], write, () => 7)
    const before: number[] = []
    const put = { _tag: 'Put', key: 'k', value: '1' } as const
    engine.tables?.write({ of: 'shared', room: 'r' }, [put]).subscribe(() => before.push(written.length))
    disk.run()
    engine.tables?.write({ of: 'shared', room: 'r' }, [{ _tag: 'Drop', key: 'k', cause: 'dropped' }]).subscribe()
    disk.run()
    watching.unsubscribe()
    expect(before).toEqual([5])
    const epoch = expect.any(String) as string
    expect(written).toEqual([
      ['table', 7, 'members', 'r', epoch, 0, []],
      ...['shared', 'leader', 'seats'].map((of) => ['table', 7, of, 'r', epoch, 0, []]),
      ['changed', 7, 'shared', 'r', epoch, 1, [['k', 1, '1']], []],
      ['changed', 7, 'shared', 'r', epoch, 2, [], [['k', 'dropped']]],
    ])
  })
})
