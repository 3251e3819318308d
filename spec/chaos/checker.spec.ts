import { check } from '../../chaos/checker/check.js'
import type { ClientRecord, Delivered, Invoked } from '../../chaos/history/record.js'
import { evidenceOf, find, goodRun, of, type Run, terms } from './support.js'

const rulesOf = (run: Run, asked = terms): readonly string[] => [
  ...new Set(check(evidenceOf(run), asked).violations.map(({ rule }) => rule)),
]
const is =
  (tag: ClientRecord[0]) =>
  (record: ClientRecord): boolean =>
    record[0] === tag
const delivered = (records: readonly ClientRecord[]): number => find(records, is('delivered'))
const receipt = (records: readonly ClientRecord[]): number => find(records, is('receipt'))
const after = (records: readonly ClientRecord[], at: number): number =>
  records.findIndex((record, index) => index > at && record[0] === 'delivered' && record[2] === records[at]![2])
const edit = <T extends ClientRecord[0]>(
  records: ClientRecord[],
  at: number,
  _tag: T,
  change: (record: Extract<ClientRecord, readonly [T, ...unknown[]]>) => ClientRecord,
): void => {
  records[at] = change(records[at] as Extract<ClientRecord, readonly [T, ...unknown[]]>)
}

/** One error each, in a run of ten thousand records, and what finds it. */
const planted: readonly [string, readonly string[], (run: Run) => void][] = [
  ['a drop', ['stream/hole'], (run) => of(run, 's1').splice(delivered(of(run, 's1')), 1)],
  [
    'a double',
    ['stream/repeated'],
    (run) => {
      const records = of(run, 's1')
      const at = delivered(records)
      records.splice(at, 0, records[at]!)
    },
  ],
  [
    'a swap',
    ['stream/hole', 'stream/repeated'],
    (run) => {
      const records = of(run, 's2')
      const at = delivered(records)
      const next = after(records, at)
      const [one, other] = [records[at]!, records[next]!]
      records[at] = other
      records[next] = one
    },
  ],
  [
    'a message in the place of another',
    ['stream/wrong'],
    (run) => {
      const records = of(run, 's2')
      edit(records, delivered(records), 'delivered', ([tag, at, stream, epoch, offset, , data]) => [
        tag, at, stream, epoch, offset, 'm0', data,
      ]) // prettier-ignore
    },
  ],
  [
    'a payload of another message',
    ['stream/payload'],
    (run) => {
      const records = of(run, 's2')
      edit(records, delivered(records), 'delivered', ([tag, at, stream, epoch, offset, id]) => [
        tag, at, stream, epoch, offset, id, 'm0',
      ]) // prettier-ignore
    },
  ],
  [
    'a wrong receipt',
    ['receipt/wrong'],
    (run) => {
      const records = of(run, 'w1')
      edit(records, receipt(records), 'receipt', ([tag, at, id, epoch, offset]) => [tag, at, id, epoch, offset - 1, 0])
    },
  ],
  [
    'a receipt of another epoch',
    ['receipt/wrong'],
    (run) => {
      const records = of(run, 'w1')
      edit(records, receipt(records), 'receipt', ([tag, at, id, , offset]) => [tag, at, id, 'r3-e', offset, 0])
    },
  ],
  [
    'a receipt for what is not in the log',
    ['receipt/wrong'],
    (run) =>
      of(run, 'w1').splice(-1, 0, ['invoked', 5_000, 'ghost', 'r1'], ['receipt', 5_001, 'ghost', 'r1-e', 5_000, 0]),
  ],
  [
    'a Left(no) that is in the log',
    ['refusal/logged'],
    (run) => {
      const records = of(run, 'w2')
      edit(records, receipt(records), 'receipt', ([, at, id]) => ['refused', at, id, 'no', 'delivery/full'])
    },
  ],
  [
    'a Left(unknown) that no fault entails',
    ['unknown/unexcused'],
    (run) => {
      const records = of(run, 'w2')
      edit(records, receipt(records), 'receipt', ([, at, id]) => ['refused', at, id, 'unknown', 'delivery/unknown'])
    },
  ],
  [
    'a Left(unknown) of one client while another sent poison',
    ['unknown/unexcused'],
    (run) => {
      run.director.unshift(['broken', 0, 1e9, 'poison', ['w1'], ['unknown']])
      const records = of(run, 'w2')
      edit(records, receipt(records), 'receipt', ([, at, id]) => ['refused', at, id, 'unknown', 'delivery/unknown'])
    },
  ],
  [
    'a gap of one client where the log of another was cut',
    ['gap/unexcused'],
    (run) => {
      run.director.unshift(['broken', 0, 1e9, 'truncate', ['s2'], ['cut']])
      const records = of(run, 's1')
      const at = delivered(records)
      const [, now, stream, epoch, offset] = records[at] as Delivered
      run.server.push(['head', now - 0.5, `r${stream + 1}`, epoch, offset + 1, run.logs[stream]!.ids.length])
      records[at] = ['gap', now, stream, [epoch, offset - 1], [epoch, offset], 'truncated']
    },
  ],
  [
    'a send that is never settled',
    ['send/open', 'settle/late'],
    (run) => of(run, 'w1').splice(receipt(of(run, 'w1')), 1),
  ],
  [
    'a send that is settled twice',
    ['send/twice'],
    (run) => {
      const records = of(run, 'w1')
      const at = receipt(records)
      records.splice(at, 0, records[at]!)
    },
  ],
  [
    'an id that nobody has sent',
    ['send/unasked', 'log/uninvoked'],
    (run) => of(run, 'w1').splice(find(of(run, 'w1'), is('invoked')), 1),
  ],
  [
    'an id that is in the log twice',
    ['log/double', 'receipt/wrong', 'stream/wrong'],
    (run) => {
      const { ids } = run.logs[0]!
      run.server.forEach((record, at) => {
        if (record[0] === 'logged' && record[2] === 'r1' && record[4] === 500)
          run.server[at] = [...record.slice(0, 5), [ids[2]!]] as never
      })
      ids[499] = ids[2]!
    },
  ],
  ['a log that changed', ['log/rewritten'], (run) => (run.logs[0]!.ids[499] = run.logs[0]!.ids[2]!)],
  [
    'a log that ended shorter than it was',
    ['log/lost'],
    (run) => run.logs[1]!.ids.splice(run.logs[1]!.ids.length - 3, 3),
  ],
  ['a log that began anew by itself', ['log/epoch'], (run) => Object.assign(run.logs[1]!, { epoch: 'other', ids: [] })],
  [
    'a log that was cut by itself',
    ['log/cut'],
    (run) => run.server.push(['head', 1e9, 'r1', 'r1-e', 200, run.logs[0]!.ids.length]),
  ],
  [
    'a lane that is reordered',
    ['lane/order'],
    (run) => {
      const records = of(run, 'w1')
      const first = find(records, is('invoked'))
      const [, at, , room] = records[first] as Invoked
      const second = records.findIndex(
        (record, index) => index > first && record[0] === 'invoked' && record[3] === room,
      )
      const [, , id] = records.splice(second, 1)[0] as Invoked
      records.splice(first, 0, ['invoked', at - 0.5, id, room])
    },
  ],
  [
    'a message that is placed before what its sender could have seen',
    ['time/order'],
    (run) => {
      const records = of(run, 'w1')
      const at = find(records, is('invoked'))
      const late = of(run, 's1')[
        of(run, 's1').findIndex((record) => record[0] === 'delivered' && record[5] === records[at]![2]) + 40
      ]!
      edit(records, at, 'invoked', ([tag, , id, room]) => [tag, late[1] + 0.5, id, room])
    },
  ],
  [
    'a gap over messages that the room still has',
    ['gap/available', 'gap/unexcused'],
    (run) => {
      const records = of(run, 's1')
      edit(records, delivered(records), 'delivered', ([, at, stream, epoch, offset]) => [
        'gap', at, stream, [epoch, offset - 1], [epoch, offset], 'truncated',
      ]) // prettier-ignore
    },
  ],
  [
    'a gap that is not where its stream is',
    ['gap/place', 'gap/available'],
    (run) => {
      run.director.unshift(['broken', 0, 1e9, 'truncate', ['s1'], ['cut']])
      const records = of(run, 's1')
      const at = delivered(records)
      edit(records, at, 'delivered', ([, now, stream, epoch, offset]) => [
        'gap', now, stream, [epoch, offset - 3], [epoch, offset], 'truncated',
      ]) // prettier-ignore
    },
  ],
  [
    'an epoch without a gap',
    ['stream/epoch', 'stream/wrong'],
    (run) => {
      const records = of(run, 's1')
      edit(records, delivered(records), 'delivered', ([tag, at, stream, , offset, id, data]) => [
        tag, at, stream, stream === 0 ? 'r2-e' : 'r1-e', offset, id, data,
      ]) // prettier-ignore
    },
  ],
  [
    'a client that never settles',
    ['settle/behind'],
    (run) => {
      const records = of(run, 's1')
      records.splice(records.length - 21, 20)
    },
  ],
  [
    'a client that does not come back',
    ['settle/behind'],
    (run) => {
      const records = of(run, 's1')
      records.splice(records.length - 1, 0, ['state', records.at(-2)![1], 'Waiting', ''])
    },
  ],
  [
    'a client that gave up',
    ['state/stopped', 'settle/behind'],
    (run) => of(run, 's2').splice(-1, 0, ['state', of(run, 's2').at(-2)![1], 'Stopped', 'auth/rejected']),
  ],
  ['a defect', ['client/fault'], (run) => of(run, 's2').splice(50, 0, ['fault', 51, 'Defect', 'oh'])],
  [
    'a refused room',
    ['stream/told'],
    (run) => of(run, 's2').splice(50, 0, ['told', 51, 0, 'room/forbidden', 'terminal']),
  ],
]

describe('the checker', () => {
  it('[CH1] finds nothing in a run without an error, and counts it', () => {
    const { violations, figures } = check(evidenceOf(goodRun(10_000)), terms)
    expect(violations).toEqual([])
    expect(figures).toEqual({
      sent: 2_500, logged: 2_500, receipts: 2_500, refusedNo: 0, refusedUnknown: 0, open: 0,
      deliveries: 5_000, gaps: 0, missing: 0, lives: 4,
    }) // prettier-ignore
  })

  it.each(planted)('[CH2] finds %s in ten thousand', (_, rules, spoil) => {
    const run = goodRun(10_000)
    spoil(run)
    expect(rulesOf(run)).toEqual(expect.arrayContaining([...rules]))
    expect(rulesOf(run).filter((rule) => !rules.includes(rule))).toEqual([])
  })

  it('[CH3] takes gaps, new logs and unknown outcomes that a fault entails, and no others', () => {
    const run = goodRun(400)
    const [writer, reader, other] = ['w1', 's1', 's2'].map((life) => of(run, life))
    const log = run.logs[0]!
    const head = log.ids.length
    const later = 10_000
    run.director.push(['broken', later, later + 10, 'server-kill', ['w1', 's1', 's2'], ['epoch', 'unknown']])
    run.server.push(['head', later + 5, 'r1', 'r1-f', 1, 0], ['logged', later + 20, 'r1', 'r1-f', 1, ['new']])
    Object.assign(log, { epoch: 'r1-f', ids: ['new'] })
    writer!.splice(-1, 0,
      ['invoked', later, 'lost', 'r1'], ['refused', later + 9, 'lost', 'unknown', 'delivery/unknown'],
      ['invoked', later + 11, 'new', 'r1'], ['receipt', later + 21, 'new', 'r1-f', 1, 0],
    ) // prettier-ignore
    for (const records of [reader!, other!])
      records.splice(-1, 0,
        ['gap', later + 8, 0, ['r1-e', head], ['r1-f', 0], 'epoch'], ['delivered', later + 22, 0, 'r1-f', 1, 'new', 'new'],
      ) // prettier-ignore
    expect(rulesOf(run)).toEqual([])
    run.director.pop()
    expect(rulesOf(run)).toEqual(['log/epoch', 'unknown/unexcused', 'gap/unexcused'])
  })

  it('[CH3] takes an unknown outcome after a receipt of an earlier life where a fault entails it, and nowhere else', () => {
    const run = goodRun(400)
    const [, , id] = of(run, 'w1').find((record) => record[0] === 'receipt')!
    run.director.push(['broken', 9_000, 10_000, 'calendars set between lives', ['w1'], ['unknown']])
    run.lives.set('w1.2', [
      ['refused', 10_000, id, 'unknown', 'delivery/unknown'],
      ['ended', 10_001],
    ])
    expect(rulesOf(run)).toEqual([])
    run.director.pop()
    expect(rulesOf(run)).toContain('send/twice')
    run.director.push(['broken', 9_000, 10_000, 'calendars set between lives', ['w2'], ['unknown']])
    expect(rulesOf(run)).toContain('send/twice')
    run.lives.delete('w1.2')
    of(run, 'w1').splice(-1, 0, ['refused', 10_000, id, 'unknown', 'delivery/unknown'])
    run.director.push(['broken', 9_000, 10_000, 'calendars set between lives', ['w1'], ['unknown']])
    expect(rulesOf(run)).toContain('send/twice')
  })

  it('[CH4] demands what a run is to show', () => {
    const run = goodRun(400)
    const cover = ['repeated', 'order', 'replay-cut', 'quarantine'] as const
    const texts = () => check(evidenceOf(run), { ...terms, cover }).violations.map(({ text }) => text)
    expect(texts()).toEqual(cover.map((what) => `no ${what} was seen`))
    run.server.push(['decided', 1, 'repeated', 2], ['decided', 1, 'delivery/order', 3])
    of(run, 's1').splice(9, 0, ['replay-cut', 9, 'r1'])
    of(run, 'w1').push(['invoked', 1e6, 'bad', 'r1'], ['refused', 1e6, 'bad', 'no', 'delivery/poison'])
    expect(texts()).toEqual([])
    expect(check(evidenceOf(run), terms).coverage).toEqual({ repeated: 2, order: 3, 'replay-cut': 1, quarantine: 1 })
  })

  it('[CH5] says how long each kind of fault was felt', () => {
    const run = goodRun(400)
    const reader = of(run, 's1')
    run.director.push(['broken', 10_000, 10_500, 'blackhole', ['s1'], []])
    run.server.push(['logged', 10_100, 'r1', 'r1-e', run.logs[0]!.ids.length + 1, ['x']])
    of(run, 'w1').splice(
      -1,
      0,
      ['invoked', 10_050, 'x', 'r1'],
      ['receipt', 10_110, 'x', 'r1-e', run.logs[0]!.ids.length + 1, 0],
    )
    reader.splice(-1, 0,
      ['state', 10_200, 'Waiting', ''], ['state', 10_600, 'Online', ''],
      ['delivered', 10_650, 0, 'r1-e', run.logs[0]!.ids.length + 1, 'x', 'x'],
    ) // prettier-ignore
    of(run, 's2').splice(-1, 0, ['delivered', 10_101, 0, 'r1-e', run.logs[0]!.ids.length + 1, 'x', 'x'])
    run.logs[0]!.ids.push('x')
    const { violations, recovered } = check(evidenceOf(run), terms)
    expect(violations).toEqual([])
    expect(recovered).toEqual([{ kind: 'blackhole', noticedMs: 200, recoveredMs: 150 }])
  })

  it('[CH6] takes a life that was killed for what it is: what it had not settled stays open', () => {
    const run = goodRun(400)
    const writer = of(run, 'w1')
    writer.splice(receipt(writer))
    const { violations, figures } = check(evidenceOf(run), terms)
    expect(violations.filter(({ rule }) => rule !== 'send/unasked' && rule !== 'log/uninvoked')).toEqual([])
    expect(figures.open).toBeGreaterThan(0)
  })

  it('[CH6] what a killed client had stored is in the log, or told by a later life', () => {
    const run = goodRun(400)
    const sent: ClientRecord[] = [
      ['invoked', 9_000, 'kept', 'r1'],
      ['stored', 9_001, 'kept'],
    ]
    run.lives.set('w3.1', sent)
    expect(rulesOf(run)).toEqual(['send/forgotten'])
    run.lives.set('w3.2', [['refused', 9_500, 'kept', 'no', 'delivery/timeout']])
    expect(rulesOf(run)).toEqual([])
    run.lives.delete('w3.2')
    const { epoch, ids } = run.logs[0]!
    run.server.push(['logged', 9_100, 'r1', epoch, ids.length + 1, ['kept']])
    ids.push('kept')
    for (const [at, reader] of ['s1', 's2'].entries())
      of(run, reader).splice(-1, 0, ['delivered', 9_101 + at, 0, epoch, ids.length, 'kept', 'kept'])
    expect(rulesOf(run)).toEqual([])
  })
})
