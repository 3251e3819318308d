import { siege } from '../../siege/main.js'
import type { Outcome } from '../../siege/run/outcome.js'
import { type Built, build } from './programs.js'

const nothingLost = { gaps: 0, missing: 0, undelivered: 0, lostLinks: 0, forgotten: 0 }

describe('the siege', () => {
  let built: Built
  beforeAll(() => (built = build()))
  afterAll(() => {
    built.remove()
  })

  const attacked = async (attack: Parameters<typeof siege>[0]['attack'], limits: 'default' | 'off') =>
    siege({ attack, seconds: 1, good: 10, heap: 512, limits, restMs: 500 }, built.programs)
  const survived = ({ death, good, most }: Outcome): void => {
    expect(death).toBeUndefined()
    expect(good).toMatchObject({ losses: nothingLost })
    for (const count of [good?.calm.deliveries, good?.attack.deliveries, most.heapUsed])
      expect(count).toBeGreaterThan(0)
  }

  it('[SI1] [SI4] good clients lose nothing while the attacks go on, and the server refuses these by cause', async () => {
    const [passwords, swarms, reconnects] = await attacked(['passwords', 'swarms', 'reconnects'], 'default')
    for (const outcome of [passwords, swarms, reconnects]) survived(outcome!)
    expect(passwords!.tally['tried']).toBeGreaterThan(0)
    expect(passwords!.excess).toBeUndefined()
    expect(passwords!.metrics?.causes['room/rate']).toBeGreaterThan(0)
    expect(swarms!.tally['messages']).toBeGreaterThan(0)
    expect(swarms!.metrics?.causes['protocol/too-many']).toBeGreaterThan(0)
    expect(reconnects!.excess).toBeUndefined()
    expect(reconnects!.tally['accepted']).toBeGreaterThan(0)
  }, 180_000)

  it('[SI5] without limits the same passwords are beyond their bound', async () => {
    const [passwords] = await attacked(['passwords'], 'off')
    survived(passwords!)
    expect(passwords!.excess).toContain('passwords a second were tried')
    expect(passwords!.metrics?.causes['room/rate']).toBeUndefined()
  }, 90_000)
})
