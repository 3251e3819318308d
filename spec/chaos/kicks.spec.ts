import type { ClientRecord } from '../../chaos/history/record.js'
import { goodAssembly } from './assembly.js'
import { edit, placeOf } from './edits.js'
import { court, goodParliament } from './parliament.js'
import { of, rulesOf, type Run } from './support.js'

/** What the client `c` heard when it was removed. */
const heard = (run: Run): number => placeOf(of(run, 'c.1'), 'barred')

const spoils: readonly (readonly [string, readonly string[], (run: Run) => void])[] = [
  [
    'a kicked client that is told another cause',
    ['kick/cause', 'ban/unfounded'],
    (run) => {
      edit(of(run, 'c.1'), heard(run), 'barred', ([tag, at, number]) => [tag, at, number, 'room/banned'])
    },
  ],
  [
    'a kicked client that is told too late',
    ['kick/untold'],
    (run) => {
      edit(of(run, 'c.1'), heard(run), 'barred', ([tag, at, number, code]) => [tag, at + 20_000, number, code])
    },
  ],
  [
    'a kick that nobody has ordered',
    ['kick/unfounded', 'roster/kicked'],
    (run) => {
      run.server.splice(placeOf(run.server, 'order'), 2)
    },
  ],
  [
    'a kick that was refused',
    ['kick/unfounded', 'roster/kicked'],
    (run) => {
      edit(run.server, placeOf(run.server, 'ordered'), 'ordered', ([tag, at, id]) => [tag, at, id, 'room/forbidden'])
    },
  ],
  [
    'a kicked user that stays a member',
    ['kick/member'],
    (run) => {
      const at = placeOf(run.server, 'changed', (record) => record[7][0]?.[1] === 'kicked')
      edit(run.server, at, 'changed', ([tag, now, ...more]) => [tag, now + 8_000, ...more])
    },
  ],
]

/** The ban of `b` is an order of the client `a`. */
const byClient = (run: Run, ...answer: readonly ClientRecord[]): Run => {
  const at = run.server.findIndex((record) => record[0] === 'order' && record[2] === 'o1')
  const order = run.server[at] as Extract<ClientRecord, readonly ['order', ...unknown[]]>
  run.server.splice(at, 1)
  run.server.splice(
    run.server.findIndex((record) => record[0] === 'ordered' && record[2] === 'o1'),
    1,
  )
  of(run, 'a.1').push(order, ...answer)
  return run
}

describe('the checker of kicks', () => {
  it.each(spoils)('[CH35] finds %s', (_, rules, spoil) => {
    const run = goodAssembly()
    spoil(run)
    expect(rulesOf(run)).toEqual(expect.arrayContaining([...rules]))
  })

  it('[CH35] takes an order of a client, also one that nobody has answered', () => {
    expect(rulesOf(byClient(goodParliament(), ['ordered', 10_020, 'o1', '']))).toEqual([])
    expect(rulesOf(byClient(goodParliament(), ['ordered', 13_000, 'o1', 'room/unanswered']))).toEqual([])
    expect(rulesOf(byClient(goodParliament()))).toEqual([])
  })

  it('[CH35] finds an order of a client that was refused and executed', () => {
    expect(rulesOf(byClient(goodParliament(), ['ordered', 10_020, 'o1', 'room/forbidden']))).toContain('ban/unfounded')
  })

  it('[CH35] an order that was given before another one may be executed after it', () => {
    const run = goodParliament()
    // Nobody has answered the ban before the end of it was ordered.
    of(run, 'a.1').push(['order', 85_000, 'a-o', 'ban', court, 'b', 4_000])
    run.server.push(['order', 86_000, 'o9', 'unban', court, 'b', 0], ['ordered', 86_005, 'o9', ''])
    of(run, 'b.1').push(['invoked', 88_000, 'b-9', court], ['refused', 88_010, 'b-9', 'no', 'room/banned'])
    expect(rulesOf(run)).toEqual([])
  })

  it('[CH34] takes the end of the members of a server that was lost, and of no other', () => {
    const lost = (node: number): readonly string[] => {
      const run = goodAssembly()
      run.server.push(['greeted', 2, 1, 'b'], ['stopped', 45_000, node])
      run.server.push(['changed', 50_000, 'members', 'p', 'e', 1_000, [], [['b\nb-s', 'node']]])
      return rulesOf(run)
    }
    expect(lost(1)).toEqual([])
    expect(lost(0)).toEqual(['roster/node'])
  })

  it('[CH59] takes the end of the members of a server that serves only after six renewals in a row have failed', () => {
    const lost = (tries: number, node = 1): readonly string[] => {
      const run = goodAssembly()
      run.server.push(['greeted', 2, 1, 'b'], ['renewal', 40_000, node, 0], ['renewal', 40_001, node, 1])
      for (let at = 0; at < tries; at++) run.server.push(['renewal', 41_000 + at * 700, node, 0])
      run.server.push(['changed', 50_000, 'members', 'p', 'e', 1_000, [], [['b\nb-s', 'node']]])
      return rulesOf(run)
    }
    expect([lost(6), lost(5), lost(6, 0)]).toEqual([[], ['roster/node'], ['roster/node']])
  })
})
