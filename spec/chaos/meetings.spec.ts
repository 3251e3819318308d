import { check } from '../../chaos/checker/check.js'
import type { ClientRecord, Present } from '../../chaos/history/record.js'
import { goodAssembly } from './assembly.js'
import { double, edit, placeOf, remove } from './edits.js'
import { evidenceOf, of, rulesOf, type Run, terms } from './support.js'

/** The row of `b` ends, long after everything that happened to it. */
const dropsB = (run: Run, cause: string, at = 50_000): void =>
  void run.server.push(['changed', at, 'members', 'p', 'e', 1_000, [], [['b\nb-s', cause]]])

const members: readonly (readonly [string, readonly string[], (run: Run) => void])[] = [
  [
    'a member that joins twice',
    ['roster/twice'],
    (run) => {
      double(
        of(run, 'a.1'),
        placeOf(of(run, 'a.1'), 'member', ([, , , tag]) => tag === 'Joined'),
      )
    },
  ],
  [
    'a member that leaves twice',
    ['roster/unknown'],
    (run) => {
      double(
        of(run, 'a.1'),
        placeOf(of(run, 'a.1'), 'member', ([, , , tag]) => tag === 'Left'),
      )
    },
  ],
  [
    'a cause that is not the one of the table',
    ['roster/unfounded', 'kick/unseen'],
    (run) => {
      const at = placeOf(of(run, 'a.1'), 'member', (record) => record[7] === 'kicked')
      edit(of(run, 'a.1'), at, 'member', (record) => [...record.slice(0, 7), 'left'] as unknown as ClientRecord)
    },
  ],
  [
    'a member that leaves before its grace is over',
    ['roster/hasty'],
    (run) => {
      const at = placeOf(run.server, 'changed', (record) => record[7][0]?.[1] === 'grace')
      const asked = of(run, 'd.1')[placeOf(of(run, 'd.1'), 'shown')]!
      edit(run.server, at, 'changed', ([tag, , ...more]) => [tag, asked[1] + 400, ...more])
    },
  ],
  [
    'a member that is told as leaving although it came back at once',
    ['roster/hasty'],
    (run) => {
      const at = placeOf(run.server, 'changed', (record) => record[6].some(([, , value]) => value.includes(',')))
      const asked = of(run, 'd.1')[placeOf(of(run, 'd.1'), 'shown')]!
      edit(run.server, at, 'changed', ([tag, , ...more]) => [tag, asked[1] + 50, ...more])
    },
  ],
  ['a member that leaves though its connection was never lost', ['roster/untimely'], (run) => dropsB(run, 'grace')],
  ['a member of a server that has not stopped', ['roster/node'], (run) => dropsB(run, 'node')],
  ['a member that is removed by nobody', ['roster/kicked'], (run) => dropsB(run, 'kicked')],
  ['a member that leaves without a wish', ['roster/left'], (run) => dropsB(run, 'left')],
  ['a member that leaves for no known cause', ['roster/cause'], (run) => dropsB(run, 'whim')],
  [
    'a client that is not told that it was removed',
    ['kick/untold', 'roster/end'],
    (run) => {
      remove(of(run, 'c.1'), placeOf(of(run, 'c.1'), 'barred'))
    },
  ],
  [
    'a removal that an observer does not see',
    ['kick/unseen', 'roster/twice'],
    (run) => {
      remove(
        of(run, 'a.1'),
        placeOf(of(run, 'a.1'), 'member', (record) => record[7] === 'kicked'),
      )
    },
  ],
  [
    'an observer that ends with an earlier state',
    ['roster/end', 'roster/changes'],
    (run) => {
      edit(of(run, 'a.1'), placeOf(of(run, 'a.1'), 'roster'), 'roster', ([tag, at, number, isFinal, isLive, all]) => [
        tag, at, number, isFinal, isLive, all.map(([session, user]): Present => [session, user, 1]),
      ]) // prettier-ignore
    },
  ],
  [
    'an observer that ends without a live roster',
    ['roster/end'],
    (run) => {
      edit(of(run, 'a.1'), placeOf(of(run, 'a.1'), 'roster'), 'roster', ([tag, at, number, isFinal, , all]) => [
        tag, at, number, isFinal, 0, all,
      ]) // prettier-ignore
    },
  ],
  [
    'a state that nobody sees',
    ['roster/end'],
    (run) => void of(run, 'b.1').splice(placeOf(of(run, 'b.1'), 'roster'), 0, ['pose', 59_000, 'p', 1_000]),
  ],
  [
    'a member that is there and that nobody sees',
    ['roster/end', 'roster/changes'],
    (run) => {
      for (const life of ['a.1', 'b.1', 'c.1'])
        edit(of(run, life), placeOf(of(run, life), 'roster'), 'roster', ([tag, at, number, isFinal, isLive, all]) => [
          tag, at, number, isFinal, isLive, all.slice(1),
        ]) // prettier-ignore
    },
  ],
  [
    'a room that is refused',
    ['meeting/told', 'kick/untold'],
    (run) => {
      edit(of(run, 'c.1'), placeOf(of(run, 'c.1'), 'barred'), 'barred', ([tag, , number]) => [
        tag, 55_000, number, 'room/forbidden',
      ]) // prettier-ignore
    },
  ],
]

describe('the checker of meetings', () => {
  it('[CH23] [CH24] finds nothing in a run without an error, and counts it', () => {
    const { violations, met, ruled } = check(evidenceOf(goodAssembly()), terms)
    expect(violations).toEqual([])
    expect(met).toMatchObject({ left: 5, kicksSeen: 2, sets: 101, wrote: 100, kept: 1, unset: 0 })
    expect(ruled).toMatchObject({ kicks: 1, kicked: 1, removals: 1 })
    expect(met.changes).toBeGreaterThan(300)
    expect(met.values).toBeGreaterThan(300)
  })

  it.each(members)('[CH23] finds %s', (_, rules, spoil) => {
    const run = goodAssembly()
    spoil(run)
    expect([...rulesOf(run)].sort()).toEqual([...rules].sort())
  })

  it('[CH23] takes the end of a member that hears only then that its connection was lost', () => {
    const run = goodAssembly()
    of(run, 'b.1').splice(placeOf(of(run, 'b.1'), 'roster'), 0, ['state', 55_000, 'Waiting', ''], ['state', 55_100, 'Online', '']) // prettier-ignore
    dropsB(run, 'grace')
    expect(rulesOf(run)).toEqual([])
  })

  it('[CH23] takes the end of the members of a server that was started again', () => {
    const run = goodAssembly()
    run.server.push(['serving', 45_000, 'server.2', 0])
    dropsB(run, 'node')
    expect(rulesOf(run)).toEqual([])
  })

  it('[CH23] takes the end of a member whose connection was lost, and that was not back in time', () => {
    const run = goodAssembly()
    of(run, 'b.1').splice(placeOf(of(run, 'b.1'), 'roster'), 0, ['state', 49_000, 'Waiting', ''], ['state', 50_400, 'Online', '']) // prettier-ignore
    dropsB(run, 'grace')
    expect(rulesOf(run)).toEqual([])
  })
})
