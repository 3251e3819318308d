import { check } from '../../chaos/checker/check.js'
import type { ClientRecord } from '../../chaos/history/record.js'
import { evidenceOf, of, rulesOf, type Run, terms } from './support.js'

/** `a` and `b` create `n1` under one id, and `c` under another one; `n2` is hidden, `n3` is closed, and nobody heard of `n4`. */
const goodCreations = (): Run => {
  const run: Run = { lives: new Map(), server: [['serving', 1, 'server.1', 0]], director: [], logs: [] }
  for (const user of ['a', 'b', 'c']) run.lives.set(`${user}.1`, [['state', 2, 'Online', '']])
  const make = (at: number, user: string, number: number, room: string, id: string, code?: string): void => {
    of(run, `${user}.1`).push(['make', at, number, room, `${room}-${id}`, id === 'hidden' ? 0 : 1])
    if (code !== undefined) of(run, `${user}.1`).push(['made', at + 5, number, code])
  }
  make(10, 'a', 1, 'n1', 'shown', '')
  make(20, 'b', 1, 'n1', 'shown', '')
  make(30, 'c', 1, 'n1', 'hidden', 'room/exists')
  make(40, 'a', 2, 'n2', 'hidden', '')
  make(50, 'a', 3, 'n3', 'shown', '')
  run.server.push(['close', 60, 'x1', 'n3'], ['closed-room', 65, 'x1', ''])
  make(70, 'b', 2, 'n3', 'shown', 'room/closed')
  make(80, 'b', 3, 'n4', 'shown', 'room/unanswered')
  for (const user of ['a', 'b', 'c']) of(run, `${user}.1`).push(['listed', 100, 1, ['n1']], ['ended', 101])
  return run
}
const replace = (
  run: Run,
  life: string,
  fits: (record: ClientRecord) => boolean,
  ...by: readonly ClientRecord[]
): void => {
  const records = of(run, life)
  const at = records.findIndex(fits)
  if (at < 0) throw new Error('there is no such record')
  records.splice(at, 1, ...by)
}
const answer = (run: Run, life: string, number: number, code: string): void => {
  replace(run, life, (record) => record[0] === 'made' && record[2] === number, ['made', 90, number, code])
}
const list = (run: Run, life: string, isLive: 0 | 1, ...rooms: readonly string[]): void => {
  replace(run, life, (record) => record[0] === 'listed', ['listed', 100, isLive, rooms])
}

const spoils: readonly (readonly [string, readonly string[], (run: Run) => void])[] = [
  [
    'a second creation of a room',
    ['create/twice', 'directory/extra'],
    (run) => {
      answer(run, 'c.1', 1, '')
    },
  ],
  [
    'a refusal of the first creation',
    ['create/unfounded', 'directory/extra'],
    (run) => {
      for (const life of ['a.1', 'b.1']) answer(run, life, 1, 'room/exists')
    },
  ],
  [
    'a refusal because of an end that there was not',
    ['create/unfounded'],
    (run) => {
      run.server.splice(1)
      answer(run, 'a.1', 3, 'room/unanswered')
    },
  ],
  [
    'a refusal for another reason',
    ['create/refused'],
    (run) => {
      answer(run, 'b.1', 3, 'delivery/forbidden')
    },
  ],
  [
    'two answers to one creation',
    ['create/unasked'],
    (run) => {
      of(run, 'a.1').push(['made', 95, 1, ''])
    },
  ],
  [
    'a directory without a visible room',
    ['directory/missing'],
    (run) => {
      list(run, 'b.1', 1)
    },
  ],
  [
    'a directory with a hidden room',
    ['directory/extra'],
    (run) => {
      list(run, 'b.1', 1, 'n1', 'n2')
    },
  ],
  [
    'a directory with a closed room',
    ['directory/extra'],
    (run) => {
      list(run, 'b.1', 1, 'n1', 'n3')
    },
  ],
  [
    'a directory that is not live',
    ['directory/end'],
    (run) => {
      list(run, 'b.1', 0, 'n1')
    },
  ],
]

describe('the checker of creations', () => {
  it('[CH32] finds nothing in a run without an error, and counts it', () => {
    const { violations, ruled } = check(evidenceOf(goodCreations()), terms)
    expect(violations).toEqual([])
    expect(ruled).toMatchObject({ creations: 7, created: 4, exists: 1, closings: 1, listed: 3 })
  })

  it('[CH32] takes a room whose creation nobody answered, and one that the engine has lost', () => {
    const listed = goodCreations()
    list(listed, 'a.1', 1, 'n1', 'n4')
    expect(rulesOf(listed)).toEqual([])
    const lost = goodCreations()
    lost.director.push(['broken', 95, 95, 'restart-new', ['a', 'b', 'c'], ['epoch']])
    for (const life of ['a.1', 'b.1', 'c.1']) list(lost, life, 1)
    expect(rulesOf(lost)).toEqual([])
  })

  it.each(spoils)('[CH32] finds %s', (_, rules, spoil) => {
    const run = goodCreations()
    spoil(run)
    expect([...rulesOf(run)].sort()).toEqual([...rules].sort())
  })
})
