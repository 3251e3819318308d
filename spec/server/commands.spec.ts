import * as E from '#fp/Either'
import { memory, type MemoryOptions } from '../../lib/server/memory.js'
import { seeded } from '../../lib/testing/random.js'
import { wordOf } from '../../lib/testing/conformance/engine/ledger.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { now } from './support/engine.js'

const bench = (options: MemoryOptions = {}) => {
  const time = virtualTime()
  const { calls, tables } = memory({ scheduler: time, ...options })
  if (!calls || !tables) throw new Error('the engine has no commands')
  const lease = (name: string, forMs = 10 ** 9): void => {
    now(tables.lease(name, forMs))
  }
  const claim = (id: string, by = 'one', user = 'u'): string => wordOf(now(calls.claim({ user, id, lease: by })))
  const cancel = (id: string, user = 'u'): string => wordOf(now(calls.cancel({ user, id })))
  const settle = (id: string, outcome?: string, user = 'u'): void => {
    now(calls.settle({ user, id }, outcome))
  }
  const watch = (id: string, then: (word: string) => void = () => undefined): readonly string[] => {
    const told: string[] = []
    calls.watch({ user: 'u', id }).subscribe((each) => {
      if (E.isLeft(each)) return
      told.push(wordOf(each.right))
      then(wordOf(each.right))
    })
    return told
  }
  return { time, calls, lease, claim, cancel, settle, watch }
}

describe('the memory of commands', () => {
  it('[EN80] the time of a lease is its end: found by the next lease, claim or cancel', () => {
    const { time, lease, claim, cancel, settle, watch } = bench()
    lease('one', 100)
    for (const id of ['a', 'b', 'c', 'settled']) claim(id)
    const seen = watch('c')
    time.advanceBy(99)
    expect(claim('a')).toBe('Running')
    time.advanceBy(1)
    settle('settled', 'in time for whoever asks')
    expect([claim('a', 'none'), cancel('b')]).toEqual(['Lost', 'Lost'])
    expect(seen).toEqual(['Running'])
    lease('two')
    expect(seen).toEqual(['Running', 'Lost'])
    expect(claim('settled', 'two')).toBe('Done: in time for whoever asks')
  })

  it('[EN81] a change from inside a watcher reaches every watcher, and none goes back', () => {
    const { lease, claim, settle, watch } = bench()
    lease('one')
    const first = watch('a', (word) => {
      if (word === 'Running') settle('a', '1')
    })
    const second = watch('a')
    expect(claim('a')).toBe('First')
    expect(first).toEqual(['Unclaimed', 'Running', 'Done: 1'])
    expect(second).toEqual(['Unclaimed', 'Done: 1'])
  })

  it('[EN86] a command is remembered for dedupeMs after its last change, a running one while it runs', () => {
    const { time, lease, claim, cancel, settle, watch } = bench({ dedupeMs: 1_000 })
    lease('one')
    for (const id of ['done', 'lost', 'running']) claim(id)
    cancel('cancelled')
    time.advanceBy(900)
    settle('done', '1')
    lease('two')
    claim('other', 'two')
    lease('one', 0)
    lease('one')
    time.advanceBy(101)
    expect(['done', 'lost', 'running', 'cancelled'].map((id) => claim(id))).toEqual([
      'Done: 1',
      'Lost',
      'Lost',
      'First',
    ])
    time.advanceBy(899)
    expect(claim('done')).toBe('Done: 1')
    time.advanceBy(1)
    expect(watch('done')).toEqual(['Unclaimed'])
    expect([claim('done'), claim('other')]).toEqual(['First', 'Running'])
    expect(time.pending()).toBe(0)
  })

  it('[EN86] its name stays, whatever is forgotten or refused', () => {
    const { time, calls, lease, claim, settle } = bench({ dedupeMs: 1_000, commands: 10 })
    const { name } = calls
    lease('one')
    for (let n = 0; n < 50; n++) {
      if (claim(`c${n}`) === 'First') settle(`c${n}`, 'x')
      time.advanceBy(50)
    }
    expect(calls.name).toBe(name)
    expect(bench().calls.name).not.toBe(name)
  })

  it('[EN82] a refused command is taken once an older one is forgotten', () => {
    const { time, lease, claim, settle, cancel } = bench({ dedupeMs: 1_000, commands: 2 })
    lease('one')
    expect(['a', 'b', 'c'].map((id) => claim(id))).toEqual(['First', 'First', 'Full'])
    settle('a')
    time.advanceBy(1_001)
    expect([claim('c'), claim('d'), cancel('e'), claim('b')]).toEqual(['First', 'Full', 'Full', 'Running'])
  })

  it('[EN87] one user gets an eighth of the bytes that others leave, and half of that for outcomes', () => {
    const total = 2 ** 20
    const { lease, claim, settle } = bench({ commandBytes: total })
    lease('one')
    const outcome = 'x'.repeat(10_000)
    const kept = new Map<string, number>()
    const taken = new Map<string, number>()
    for (const user of ['greedy', 'too', 'third']) {
      let n = 0
      for (; claim(`c${n}`, 'one', user) === 'First'; n++) {
        settle(`c${n}`, outcome, user)
        if (claim(`c${n}`, 'one', user) === `Done: ${outcome}`) kept.set(user, (kept.get(user) ?? 0) + 1)
      }
      taken.set(user, n)
    }
    expect(kept.get('greedy')).toBe(Math.floor(total / 16 / 10_505))
    expect((kept.get('greedy') ?? 0) * 10_000 + (taken.get('greedy') ?? 0) * 500).toBeLessThan(total / 8 + 10_000)
    expect(taken.get('greedy')).toBeGreaterThan(100)
    for (const user of ['too', 'third']) {
      expect(kept.get(user)).toBeGreaterThanOrEqual((kept.get('greedy') ?? 0) - 2)
      expect(taken.get(user)).toBeGreaterThan(80)
    }
    // All that they have is known, and the next user has place.
    expect(claim('c0', 'one', 'greedy')).toBe(`Done: ${outcome}`)
    expect(claim('a', 'one', 'calm')).toBe('First')
  })

  it('[EN87] however many users take all they can, there is place for the next', () => {
    const total = 2 ** 18
    const { lease, claim } = bench({ commandBytes: total })
    lease('one')
    let commands = 0
    for (let user = 0; user < 16; user++) {
      let n = 0
      while (claim(`c${n}`, 'one', `u${user}`) === 'First') n++
      expect(n).toBeGreaterThan(0)
      commands += n
    }
    expect(commands * 500).toBeLessThan(total)
  })

  it('[EN87] what is forgotten leaves its place, whatever happened', () => {
    const chance = seeded(5)
    const { time, lease, claim, settle, cancel } = bench({ dedupeMs: 1_000, commandBytes: 30_000 })
    lease('one')
    let full = 0
    for (let n = 0; n < 2_000; n++) {
      const user = `u${Math.floor(chance() * 5)}`
      const id = `c${n}`
      const luck = chance()
      if (luck < 0.3) cancel(id, user)
      else if (claim(id, 'one', user) === 'Full') full++
      else if (luck < 0.9) settle(id, 'x'.repeat(Math.floor(chance() * 3_000)), user)
      if (luck > 0.98) lease('one', 0)
      lease('one')
      time.advanceBy(Math.floor(chance() * 100))
    }
    expect(full).toBeGreaterThan(20)
    lease('one', 0)
    time.advanceBy(1_001)
    lease('one')
    const fresh = bench({ commandBytes: 30_000 })
    fresh.lease('one')
    const taken = (claims: (id: string) => string): number => {
      let n = 0
      while (claims(`new ${n}`) === 'First') n++
      return n
    }
    expect(taken(claim)).toBe(taken(fresh.claim))
  })
})
