import type { CallName, ClientRecord, ServerRecord } from '../../chaos/history/record.js'
import { goodRun, of, rulesOf } from './support.js'

const called = (at: number, id: string, name: CallName = 'act'): ClientRecord => ['called', at, id, name, 1_000]
const answer = (at: number, id: string, given: { of?: string; n?: number; member?: string } = {}): ClientRecord => [
  'call-answer',
  at,
  id,
  given.of ?? id,
  given.n ?? 1,
  given.member ?? '',
]
const failed = (at: number, id: string, executed: string, member = ''): ClientRecord => [
  'call-error',
  at,
  id,
  'call/late',
  executed,
  member,
]
const over = (at: number, id: string): ClientRecord => ['call-over', at, id]
const ran = (at: number, id: string): ServerRecord => ['ran', at, id]

/** The rules that a run with these calls has broken. */
const broken = (records: readonly ClientRecord[], server: readonly ServerRecord[] = []): readonly string[] => {
  const run = goodRun(40)
  of(run, 'w1').splice(2, 0, ...records)
  run.server.push(...server)
  return rulesOf(run)
}

describe('the calls of a campaign', () => {
  it.each<[string, readonly ClientRecord[], readonly ServerRecord[]]>([
    ['a command that runs once', [called(1, 'a'), answer(9, 'a'), over(9, 'a')], [ran(2, 'a')]],
    ['one that may have run', [called(1, 'a'), failed(1_001, 'a', 'unknown'), over(1_001, 'a')], [ran(2, 'a')]],
    ['one that has not run', [called(1, 'a'), failed(1_900, 'a', 'no'), over(1_900, 'a')], []],
    ['one that is given up', [called(1, 'a'), ['call-left', 5, 'a']], [ran(9, 'a')]],
    [
      'a stream that tells what is missing',
      [
        called(1, 'a', 'count'),
        answer(5, 'a'),
        answer(900, 'a', { n: 2 }),
        failed(1_700, 'a', 'yes'),
        answer(2_500, 'a', { n: 5 }),
        over(2_600, 'a'),
      ],
      [],
    ],
    [
      'answers of members, and their end',
      [
        called(1, 'a', 'poll'),
        answer(5, 'a', { member: 's1' }),
        failed(6, 'a', 'no', 's2'),
        failed(6, 'a', 'no'),
        over(6, 'a'),
      ],
      [],
    ],
  ])('[CH55] takes %s for good', (_, records, server) => {
    expect(broken(records, server)).toEqual([])
  })

  it.each<[string, string, readonly ClientRecord[], readonly ServerRecord[]]>([
    ['a command that runs twice', 'call/twice', [], [ran(2, 'a'), ran(3, 'a')]],
    [
      'a call to members that runs twice at one',
      'call/twice',
      [
        ['served', 1, 'a'],
        ['served', 2, 'a'],
      ],
      [],
    ],
    ['a call that never ends', 'call/hung', [called(1, 'a', 'look')], []],
    ['a call that ends too late', 'call/hung', [called(1, 'a', 'look'), answer(2_100, 'a'), over(2_100, 'a')], []],
    ['a stream that is silent too long', 'call/hung', [called(1, 'a', 'count'), answer(5, 'a'), over(2_100, 'a')], []],
    [
      'the answer of another call',
      'call/other',
      [called(1, 'a', 'look'), answer(5, 'a', { of: 'b' }), over(5, 'a')],
      [],
    ],
    ['an answer to no call', 'call/other', [answer(5, 'a')], []],
    ['two answers', 'call/many', [called(1, 'a', 'look'), answer(5, 'a'), answer(6, 'a'), over(6, 'a')], []],
    [
      'two answers of one member',
      'call/many',
      [called(1, 'a', 'poll'), answer(5, 'a', { member: 's' }), failed(6, 'a', 'no', 's'), over(6, 'a')],
      [],
    ],
    ['an answer after the end', 'call/after', [called(1, 'a', 'look'), over(5, 'a'), answer(6, 'a')], []],
    [
      'an answer to one that was given up',
      'call/after',
      [called(1, 'a', 'look'), ['call-left', 2, 'a'], answer(6, 'a')],
      [],
    ],
    [
      'a hole in a stream',
      'call/hole',
      [called(1, 'a', 'count'), answer(5, 'a'), answer(6, 'a', { n: 3 }), over(7, 'a')],
      [],
    ],
    [
      'a command that ran, and has not',
      'call/false',
      [called(1, 'a'), failed(5, 'a', 'no'), over(5, 'a')],
      [ran(2, 'a')],
    ],
    ['an answer of a command that has not run', 'call/false', [called(1, 'a'), answer(5, 'a'), over(5, 'a')], []],
  ])('[CH55] finds %s', (_, rule, records, server) => {
    expect(broken(records, server)).toContain(rule)
  })
})
