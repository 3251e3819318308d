import { attacks } from '../../siege/attacks/table.js'
import { floorMs, judge } from '../../siege/report/judgement.js'
import { table } from '../../siege/report/table.js'
import { noSample, type Outcome } from '../../siege/run/outcome.js'
import type { GoodReport, Losses } from '../../siege/run/talk.js'

const none: Losses = { gaps: 0, missing: 0, undelivered: 0, lostLinks: 0, forgotten: 0, turnedAway: 0 }
const times = (p99: number) => ({ deliveries: 1_000, p50: 2, p99, stallMs: 20 })
const good = (calm: number, attack: number, losses: Partial<Losses> = {}): GoodReport => ({
  calm: times(calm),
  attack: times(attack),
  sent: 100,
  newcomers: 10,
  losses: { ...none, ...losses },
})
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  attack: 'leaves',
  seconds: 5,
  good: good(5, 10),
  tally: { joins: 1_900 },
  most: noSample,
  metrics: { causes: { 'room/limit': 7 }, slowed: 3, accepted: 100, refusals: 7 },
  ...more,
})

describe('the judgement of a siege', () => {
  it('[SI3] an attack that nobody felt was held', () => {
    expect(judge(outcome())).toEqual([])
  })

  it('[SI3] a dead server is found', () => {
    expect(judge(outcome({ death: 'out of memory' }))).toEqual(['the server died: out of memory'])
    const { good: _, ...silent } = outcome()
    expect(judge(silent)).toEqual(['the good clients did not report'])
  })

  it.each(Object.keys(none) as (keyof Losses)[])('[SI3] a loss is found: %s', (name) => {
    expect(judge(outcome({ good: good(5, 10, { [name]: 3 }) }))).toEqual([expect.stringMatching(/^3 /)])
  })

  it('[SI3] a p99 is found that is above three times the calm and above the floor', () => {
    expect(judge(outcome({ good: good(5, floorMs) }))).toEqual([])
    expect(judge(outcome({ good: good(5, floorMs + 1) }))).toEqual(['p99 51 ms, more than 50 ms'])
    expect(judge(outcome({ good: good(30, 90) }))).toEqual([])
    expect(judge(outcome({ good: good(30, 91) }))).toEqual(['p99 91 ms, more than 90 ms'])
  })

  it('[SI3] an attacker that did nothing is found', () => {
    expect(judge(outcome({ tally: {} }))).toEqual(['the attacker did nothing'])
  })

  it('[SI3] an attack in which nothing was delivered is found', () => {
    const report = good(5, 10)
    expect(judge(outcome({ good: { ...report, attack: { ...report.attack, deliveries: 0 } } }))).toEqual([
      'nothing was delivered',
    ])
  })

  it('[SI5] a tally beyond the bound of its attack is found', () => {
    expect(judge(outcome({ excess: '4000 passwords' }))).toEqual(['4000 passwords'])
    expect(attacks.passwords.excess?.({ tried: 11 }, 5)).toBeUndefined()
    expect(attacks.passwords.excess?.({ tried: 500 }, 5)).toBe(
      '100 passwords a second were tried, 0.2 a second and 10 at once are allowed',
    )
    expect(attacks.tokens.excess?.({ tried: 106 }, 5)).toBeUndefined()
    expect(attacks.tokens.excess?.({ tried: 107 }, 5)).toContain('tokens a second were tried')
    expect(attacks.reconnects.excess?.({ accepted: 16_000 }, 5)).toBeUndefined()
    expect(attacks.reconnects.excess?.({ accepted: 16_001 }, 5)).toContain('2000 a second')
    expect(attacks.euros.excess?.({ welcomed: 1 }, 5)).toContain('64 KiB are allowed')
  })

  it('[SI4] the table has a row of each attack, its refusals by cause, and the reason of each that hurt', () => {
    const { good: _, metrics: __, ...dead } = outcome({ attack: 'herd', death: 'out of memory' })
    const text = table([outcome(), dead])
    expect(text).toMatch(/^ +leaves +2 +5 +20 +2 +10 +20 .*lived$/m)
    expect(text).toMatch(/^ +herd .*died$/m)
    expect(text).toContain('refused: room/limit 7, slowed 3; in 5 s: joins 1,900')
    expect(text).toMatch(/herd.* the server died: out of memory/)
    expect(text).toContain('1 of 2 attacks hurt')
    expect(text).not.toContain('busy')
    expect(table([outcome({ good: good(51, 60) })])).toContain('p99 above 50 ms in the calm of 1 attacks')
    expect(table([outcome()])).toContain('1 attacks, nothing was lost')
  })
})
