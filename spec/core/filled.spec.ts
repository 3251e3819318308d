import { NEVER, throwError } from 'rxjs'
import { retryBackoff } from '../../lib/core/retry-backoff.js'
import { memory } from '../../lib/server/memory.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { world } from '../../lib/testing/world.js'
import { see } from '../support/seen.js'

/** What a user of plain JavaScript may write. */
const nothing = undefined as never

describe('an option that is given as undefined', () => {
  it('[CR16] is not given: a server announces and keeps its defaults', () => {
    const { client, time, end } = world({
      heartbeat: { intervalMs: nothing, graceMs: nothing },
      limits: { messageBytes: nothing },
      busy: { retryAfterMs: nothing },
    })
    const online = see(client().connect())
    time.advanceBy(120_000)
    expect(online.only()).toMatchObject({ right: { limits: { messageBytes: 2 ** 20 } } })
    expect(end()).toBe(0)
  })

  it('[CR16] an engine keeps its bounds', () => {
    const scheduler = virtualTime()
    const engine = memory({ scheduler, messages: nothing, bytes: nothing })
    const entry = { user: 'u', producer: 'p', after: 0, retry: false, event: 'e', from: ['u', 's'] as const, data: '1' }
    for (let seq = 1; seq <= 10_010; seq++) engine.append('r', [{ ...entry, seq, id: `i${seq}` }]).subscribe()
    const head = see(engine.head('r'))
    expect(head.last()).toMatchObject({ right: { first: 11, head: 10_010 } })
  })

  it('[CR16] [T12] a backoff waits, and never longer than a timer can', () => {
    const scheduler = virtualTime()
    let tries = 0
    const failing = throwError(() => (tries++, new Error('no')))
    const stop = failing
      .pipe(retryBackoff({ capMs: nothing, random: () => 1, scheduler }))
      .subscribe({ error: () => NEVER })
    scheduler.advanceTo(10_000)
    expect(tries).toBe(4)
    stop.unsubscribe()
    tries = 0
    const slow = failing
      .pipe(retryBackoff({ floorMs: 3e9, capMs: Infinity, scheduler }))
      .subscribe({ error: () => NEVER })
    scheduler.advanceBy(2 ** 31 - 2)
    expect(tries).toBe(1)
    slow.unsubscribe()
  })
})
