import { check } from '../../chaos/checker/check.js'
import { consumers } from '../../chaos/checker/consumers.js'
import { readLogs } from '../../chaos/checker/logs.js'
import { violations } from '../../chaos/checker/violations.js'
import type { ClientRecord, Offered } from '../../chaos/history/record.js'
import { goodConsumption, kinds } from './consumption.js'
import { evidenceOf, find, of, rulesOf, type Run, terms } from './support.js'

const is =
  (tag: ClientRecord[0]) =>
  (record: ClientRecord): boolean =>
    record[0] === tag
/** With another value at an index. */
const changed = (record: Offered, index: number, value: unknown): Offered =>
  Object.assign([...record], { [index]: value }) as unknown as Offered
const last = (records: readonly ClientRecord[], tag: ClientRecord[0]): number =>
  records.map(([each]) => each).lastIndexOf(tag)
/** Where the first message is that a life was offered again. */
const again = (records: readonly ClientRecord[]): number =>
  records.findIndex((record) => record[0] === 'offered' && record[7] === 1)
const mark = (records: ClientRecord[], at: number, redelivered: 0 | 1): void => {
  records[at] = changed(records[at] as Offered, 7, redelivered)
}
/** Removes the copy at an offset of `o` from the log and all that its consumer wrote down of it. */
const withoutCopy = (run: Run, offset: number, id: string): void => {
  const log = run.logs.find(({ room }) => room === 'o')!
  log.ids[offset - 1] = id
  const at = run.server.findIndex((record) => record[0] === 'logged' && record[2] === 'o' && record[4] === offset)
  run.server[at] = ['logged', 1, 'o', log.epoch, offset, [id]]
}

/** One error each, in a run of ten thousand records, and what finds it. */
const planted: readonly [string, readonly string[], (run: Run) => void][] = [
  ['a skipped offset', ['consumer/hole'], (run) => of(run, 'auto.3').splice(find(of(run, 'auto.3'), is('offered')), 1)],
  [
    'a repetition within a life',
    ['consumer/repeated'],
    (run) => {
      const records = of(run, 'auto.1')
      const at = find(records, is('offered'))
      records.splice(at, 0, records[at]!)
    },
  ],
  ['messages that are skipped between lives', ['consumer/lost'], (run) => of(run, 'auto.4').splice(2, 1)],
  [
    'messages that were offered and not committed, and are not offered again',
    ['consumer/lost'],
    (run) => {
      const records = of(run, 'manual.3')
      records.splice(again(records), 6)
    },
  ],
  ...kinds.map((kind): (typeof planted)[number] => [
    `an unmarked repetition (${kind})`,
    ['consumer/unmarked'],
    (run) => {
      mark(of(run, `${kind}.3`), again(of(run, `${kind}.3`)), 0)
    },
  ]),
  [
    'a mark in a first life',
    ['consumer/marked'],
    (run) => {
      mark(of(run, 'auto.1'), find(of(run, 'auto.1'), is('offered')), 1)
    },
  ],
  [
    'a mark after everything was committed and closed',
    ['consumer/marked'],
    (run) => {
      mark(of(run, 'manual.2'), find(of(run, 'manual.2'), is('offered')), 1)
    },
  ],
  [
    'a committed message that is offered again',
    ['consumer/again'],
    (run) => {
      const records = of(run, 'manual.4')
      const [first] = records.flatMap((record) => (record[0] === 'offered' ? [record] : []))
      const [, , room, epoch, offset] = first!
      records.splice(2, 0, ['offered', 1, room, epoch, offset - 1, `m${offset - 1}`, `m${offset - 1}`, 1])
    },
  ],
  [
    'a commit of what was never offered',
    ['consumer/unoffered'],
    (run) => of(run, 'manual.1').splice(2, 0, ['committing', 1, 'i', 'i-e', 1]),
  ],
  [
    'a commit that is refused',
    ['consumer/refused'],
    (run) => of(run, 'manual.1').splice(9, 0, ['uncommitted', 1, 'i', 'i-e', 1, 'room/not-stored']),
  ],
  [
    'a message that is never committed',
    ['consumer/behind'],
    (run) => {
      const records = of(run, 'manual.4')
      for (const tag of ['committing', 'committed'] as const) records.splice(last(records, tag), 1)
    },
  ],
  [
    'a consumer that ends with something left',
    ['consumer/left'],
    (run) => {
      const records = of(run, 'manual.4')
      records[last(records, 'closed')] = ['closed', 1, 0, 0, 1]
    },
  ],
  ['a consumer that does not end', ['consumer/open'], (run) => of(run, 'auto.4').pop()],
  [
    'a message in the place of another',
    ['consumer/wrong', 'consumer/hole'],
    (run) => {
      const records = of(run, 'auto.1')
      const at = find(records, is('offered'))
      records[at] = changed(records[at] as Offered, 5, 'm1')
    },
  ],
  [
    'a payload of another message',
    ['consumer/payload'],
    (run) => {
      const records = of(run, 'auto.1')
      const at = find(records, is('offered'))
      records[at] = changed(records[at] as Offered, 6, 'm1')
    },
  ],
  [
    'a gap that nothing has made',
    ['consumer/gap'],
    (run) => {
      const records = of(run, 'auto.1')
      const at = find(records, is('offered'))
      const [, , room, epoch, offset] = records[at] as Offered
      records[at] = ['passed', 1, room, [epoch, offset - 1], [epoch, offset], 'lost']
    },
  ],
  [
    'a doubled output',
    ['copy/double'],
    (run) => {
      const log = run.logs.find(({ room }) => room === 'o')!
      const [, , , room, epoch, offset] = of(run, 'copy.1').find((record) => record[0] === 'derived')!
      const records = of(run, 'copy.4')
      log.ids.push('twice')
      run.server.push(['logged', 1e6, 'o', log.epoch, log.ids.length, ['twice']])
      records.splice(
        -1,
        0,
        ['invoked', 1e6, 'twice', 'o'],
        ['derived', 1e6, 'twice', room, epoch, offset],
        ['receipt', 1e6, 'twice', log.epoch, log.ids.length, 0],
      )
    },
  ],
  [
    'a lost output',
    ['copy/lost'],
    (run) => {
      const records = of(run, 'copy.1')
      const lost = records.findIndex(is('derived'))
      const [, , id] = records[lost]!
      withoutCopy(run, 1, 'other')
      for (const [at, record] of records.entries()) {
        if (record[0] === 'invoked' && record[2] === id) records[at] = ['invoked', record[1], 'other', 'o']
        if (record[0] === 'receipt' && record[2] === id) records[at] = ['receipt', record[1], 'other', 'o-e', 1, 0]
      }
    },
  ],
]

describe('the checker of consumers', () => {
  it('[CH19] finds nothing in lives that were closed, killed and resumed, and counts what they did', () => {
    const { violations, consumed } = check(evidenceOf(goodConsumption(1_000)), terms)
    expect(violations).toEqual([])
    expect(consumed).toEqual({ offered: 3_006, redelivered: 6, committed: 2_000, copies: 1_000, hosts: 12 })
  })

  it.each(planted)('[CH20] finds %s in ten thousand records', (_, rules, spoil) => {
    const run = goodConsumption(1_000)
    spoil(run)
    expect(rulesOf(run)).toEqual(rules)
  })

  it.each([
    [7, []],
    [8, ['consumer/marked']],
  ] as const)(
    '[CH19] takes a mark up to the head of when the life after a killed one joined, also later: at %d',
    (offset, rules) => {
      const found = violations()
      const logs = {
        ...readLogs([], [], [], 0, found),
        place: (_: string, __: string, at: number) => at,
        at: (_: string, __: string, at: number) => `m${at}`,
        headAt: () => 7,
      }
      const judged = consumers(logs, [], found)
      const take = (life: string, ...records: readonly ClientRecord[]): void => {
        for (const record of records) judged.take(life, record)
      }
      const offered = (at: number, redelivered: 0 | 1): Offered => [
        'offered',
        at,
        'i',
        'e',
        at,
        `m${at}`,
        `m${at}`,
        redelivered,
      ]
      take('auto.1', ['consuming', 0, 'auto', 'host', 1], offered(1, 0), offered(2, 0))
      take('auto.2', ['consuming', 10, 'auto', 'host', 2], offered(3, 1), offered(4, 1), ['closed', 14, 0, 0, 0])
      take('auto.3', ['consuming', 20, 'auto', 'host', 3])
      for (let at = 5; at < offset; at++) take('auto.3', offered(at, 0))
      take('auto.3', offered(offset, 1))
      expect(found.list().map(({ rule }) => rule)).toEqual(rules)
    },
  )

  it('[CH19] a life that was closed before it was offered anything does not say that a killed one has stored all', () => {
    const run = goodConsumption(1_000)
    const [after] = of(run, 'auto.3')
    const offline: ClientRecord[] = [
      ['consuming', after![1], 'auto', 'host', 9],
      ['closed', after![1], 0, 0, 0],
    ]
    const lives = [...run.lives].flatMap(([name, records]) => [
      ...(name === 'auto.3' ? [['auto.2b', offline] as const] : []),
      [name, records] as const,
    ])
    run.lives.clear()
    for (const [name, records] of lives) run.lives.set(name, records)
    expect(rulesOf(run)).toEqual([])
    mark(of(run, 'auto.3'), again(of(run, 'auto.3')), 0)
    expect(rulesOf(run)).toEqual(['consumer/unmarked'])
  })

  it('[CH19] takes a gap that a fault entails', () => {
    const run = goodConsumption(1_000)
    const records = of(run, 'auto.1')
    const at = find(records, is('offered'))
    const [, , room, epoch, offset] = records[at] as Offered
    records[at] = ['passed', 10, room, [epoch, offset - 1], [epoch, offset], 'truncated']
    run.director.push(['broken', 5, 9, 'log cut in a replay', ['auto'], ['cut']])
    expect(rulesOf(run)).toEqual([])
  })
})
