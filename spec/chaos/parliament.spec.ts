import { check } from '../../chaos/checker/check.js'
import type { ClientRecord, ServerRecord } from '../../chaos/history/record.js'
import { bench, council, court, goodParliament } from './parliament.js'
import { evidenceOf, of, rulesOf, type Run, terms } from './support.js'

type Fits = (record: ClientRecord | ServerRecord) => boolean

/** Changes the records that fit, in the history of a life or of the server; the result of `change` stands in their place. */
const change = (
  records: (ClientRecord | ServerRecord)[],
  fits: Fits,
  into: (at: number) => readonly unknown[][],
): void => {
  const places = records.flatMap((record, at) => (fits(record) ? [at] : []))
  if (places.length === 0) throw new Error('there is no such record')
  for (const at of places.reverse()) records.splice(at, 1, ...(into(records[at]![1]) as unknown as ClientRecord[]))
}
const remove = (records: (ClientRecord | ServerRecord)[], fits: Fits): void => {
  change(records, fits, () => [])
}
const is =
  (tag: string, ...with_: readonly unknown[]): Fits =>
  (record) =>
    record[0] === tag && with_.every((each) => record.includes(each as never))
/** A message that was refused is taken all the same. */
const taken = (run: Run, life: string, id: string, room: string): void => {
  const log = run.logs.find((each) => each.room === room)!
  log.ids.push(id)
  change(of(run, life), is('refused', id), (at) => [['receipt', at, id, 'e', log.ids.length, 0]])
  const [, at] = of(run, life).find(is('receipt', id))!
  run.server.push(['logged', at - 5, room, 'e', log.ids.length, [id]])
}

const spoils: readonly (readonly [string, string, readonly string[], (run: Run) => void])[] = [
  [
    '[CH26] a message of a banned user',
    'ban/accepted',
    [],
    (run) => {
      taken(run, 'c.1', 'c-1', court)
    },
  ],
  [
    '[CH26] a refusal without a ban',
    'ban/unfounded',
    [],
    (run) => {
      run.server.splice(run.server.findIndex(is('order', 'o1')), 1)
      of(run, 'b.1').splice(of(run, 'b.1').findIndex(is('barred')), 1)
      remove(run.server, is('ordered', 'o1'))
    },
  ],
  [
    '[CH26] a refusal because of a mute that was lifted',
    'ban/unfounded',
    [],
    (run) => {
      const records = of(run, 'b.1')
      records.push(['invoked', 58_000, 'b-9', court], ['refused', 58_010, 'b-9', 'no', 'room/muted'])
    },
  ],
  [
    '[CH26] a banned client that is not told',
    'ban/untold',
    [],
    (run) => {
      change(of(run, 'b.1'), is('barred'), () => [['barred', 29_000, 0, 'room/banned']])
    },
  ],
  [
    '[CH26] a banned user that stays a member',
    'ban/member',
    [],
    (run) => {
      change(run.server, (record) => record[0] === 'changed' && record[5] === 4, () => [
        ['changed', 29_000, 'members', court, 'm', 4, [], [['b\nb-s', 'banned']]],
      ]) // prettier-ignore
    },
  ],
  [
    '[CH26] a banned user that becomes a member',
    'ban/member',
    [],
    (run) => {
      change(run.server, (record) => record[0] === 'changed' && record[2] === 'members' && record[5] === 7, () => [
        ['changed', 75_000, 'members', court, 'm', 7, [['c\nc-s', 7, '[{"n":1}]']], []],
      ]) // prettier-ignore
    },
  ],
  [
    '[CH26] an observer that still has a banned user',
    'ban/seen',
    [],
    (run) => {
      change(of(run, 'a.1'), is('member', 'Left', 'b-s'), () => [
        ['member', 29_000, 0, 'Left', 'b-s', 'b', 1, 'banned'],
      ])
    },
  ],
  [
    '[CH26] a user that does not come back',
    'ban/stuck',
    [],
    (run) => {
      of(run, 'c.1').splice(of(run, 'c.1').findIndex(is('met', 1)), 5)
    },
  ],
  [
    '[CH26] a member that leaves as banned without a ban',
    'roster/banned',
    [],
    (run) => {
      run.server.push(['changed', 100_000, 'members', court, 'm', 9, [], [['a\na-s', 'banned']]])
    },
  ],
  [
    '[CH28] a message with an earlier term after one with a later',
    'term/order',
    [],
    (run) => {
      taken(run, 'a.1', 'a-t3', council)
    },
  ],
  [
    '[CH28] two users with one term',
    'term/shared',
    [],
    (run) => {
      change(of(run, 'b.1'), is('termed', 'b-t1'), (at) => [['termed', at, 'b-t1', 7]])
    },
  ],
  [
    '[CH28] a term that is led by two sessions',
    'leader/twice',
    [],
    (run) => {
      run.server.push(['changed', 200, 'leader', council, 't', 90, [['leader', 90, '["c","c-s",7]']], []])
    },
  ],
  [
    '[CH28] a term that goes back',
    'leader/back',
    [],
    (run) => {
      run.server.push(['changed', 200, 'leader', council, 't', 90, [['leader', 90, '["a","a-s",6]']], []])
    },
  ],
  [
    '[CH28] a client that is told of a leader that there was not',
    'leader/unfounded',
    [],
    (run) => {
      of(run, 'a.1').push(['part', 500, council, 0, 'Leading', 9, '', 1])
    },
  ],
  [
    '[CH28] a candidate that ends with another leader',
    'leader/end',
    [],
    (run) => {
      change(of(run, 'b.1'), is('part', 120_000), (at) => [['part', at, council, 1, 'Waiting', 0, '', 1]])
    },
  ],
  [
    '[CH28] a candidate that is refused',
    'leader/refused',
    [],
    (run) => {
      of(run, 'a.1').push(['unled', 500, council, 'room/forbidden', 'terminal'])
    },
  ],
  [
    '[CH30] more users in than seats',
    'seat/many',
    [],
    (run) => {
      run.server.push(['changed', 200, 'seats', bench, 'u', 9, [['c\nn', 9, '[]']], []])
      run.server.push(['changed', 201, 'seats', bench, 'u', 10, [], [['c\nn', 'left']]])
    },
  ],
  [
    '[CH30] a client that is in without a seat',
    'seat/unfounded',
    [],
    (run) => {
      of(run, 'c.1').push(['sat', 500, bench, 0, 'In', 0, ''])
    },
  ],
  [
    '[CH30] a seat that nobody has',
    'seat/end',
    [],
    (run) => {
      of(run, 'b.1').splice(
        of(run, 'b.1').findIndex((record) => record[0] === 'sat' && record[3] === 1),
        1,
        ['gone', 110_000, bench],
        ['sat', 120_000, bench, 1, 'Out', 0, ''],
      )
    },
  ],
  [
    '[CH30] a client that waits while a seat is free',
    'seat/idle',
    ['seat/end'],
    (run) => {
      run.server.push(['changed', 110_000, 'seats', bench, 'u', 9, [], [['b\nn', 'left']]])
    },
  ],
  [
    '[CH58] a client that asks again and gets no answer',
    'seat/stuck',
    [],
    (run) => {
      asksAgain(run, 115_000)
    },
  ],
  [
    '[CH58] a client that was refused for another reason before it asks again',
    'seat/stuck',
    [],
    (run) => {
      asksAgain(run, 119_000, 'room/timeout')
    },
  ],
  [
    '[CH30] a client that is neither in nor in the queue',
    'seat/stuck',
    [],
    (run) => {
      change(of(run, 'c.1'), is('sat', 120_000), (at) => [['sat', at, bench, 1, 'Recovering', 0, '']])
    },
  ],
]

/** A client that was refused, and has asked again. */
const asksAgain = (run: ReturnType<typeof goodParliament>, at: number, code = 'room/full'): void => {
  of(run, 'c.1').push(['sat', at - 2_000, bench, 0, 'Refused', 0, code], ['sat', at, bench, 0, 'Joining', 0, ''])
  change(of(run, 'c.1'), is('sat', 120_000), (end) => [['sat', end, bench, 1, 'Joining', 0, '']])
}

describe('the checker of bans, leaders and seats', () => {
  it('[CH26] [CH28] [CH30] finds nothing in a run without an error, and counts it', () => {
    const { violations, ruled } = check(evidenceOf(goodParliament()), terms)
    expect(violations).toEqual([])
    expect(ruled).toMatchObject({ bans: 2, mutes: 1, forbidden: 3, barred: 2, absences: 2, returns: 2 })
    expect(ruled).toMatchObject({ led: 2, termed: 4, termsUsed: 3, outdated: 1, seated: 2, waits: 1, sittings: 2 })
  })

  it('[CH58] a client that was refused and asks again at the very end is judged by its last answer', () => {
    const run = goodParliament()
    asksAgain(run, 119_000)
    expect(rulesOf(run)).toEqual([])
  })

  it.each(spoils)('%s is found', (_, rule, more, spoil) => {
    const run = goodParliament()
    spoil(run)
    expect(rulesOf(run)).toEqual(expect.arrayContaining([rule, ...more]))
  })
})
