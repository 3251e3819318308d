import { check } from '../../chaos/checker/check.js'
import type { ClientRecord } from '../../chaos/history/record.js'
import { planted, receipt } from './planted.js'
import { evidenceOf, goodRun, of, rulesOf, terms } from './support.js'

describe('the checker', () => {
  it('[CH1] finds nothing in a run without an error, and counts it', () => {
    const { violations, figures } = check(evidenceOf(goodRun(10_000)), terms)
    expect(violations).toEqual([])
    expect(figures).toEqual({
      sent: 2_500, logged: 2_500, receipts: 2_500, refusedNo: 0, refusedUnknown: 0, open: 0,
      deliveries: 5_000, events: 0, gaps: 0, missing: 0, lives: 4,
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

  it('[CH37] takes an unknown outcome when the engine may have forgotten it', () => {
    const run = goodRun(10_000)
    const records = of(run, 'w1')
    const at = receipt(records)
    const [, answered, id] = records[at] as Extract<ClientRecord, readonly ['receipt', ...unknown[]]>
    records[at] = ['refused', answered, id, 'unknown', 'delivery/unknown']
    const invoked = records.findIndex((record) => record[0] === 'invoked' && record[2] === id)
    records.splice(invoked + 1, 0, ['written', records[invoked]![1], id])
    expect(rulesOf(run)).toEqual(['unknown/unexcused'])
    expect(rulesOf(run, { ...terms, dedupeMs: 1 })).toEqual([])
  })
})
