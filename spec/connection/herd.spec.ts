import type { Input, ConnectionState as State } from '../../lib/connection/model.js'
import { defaultBackoff } from '../../lib/core/backoff.js'
import type { WebSocketError } from '../../lib/core/error.js'
import { heap } from '../../lib/core/heap.js'
import { seeded } from '../../lib/testing/random.js'
import { failure, machineWith } from '../support/connection.js'

const CLIENTS = 10_000
const SLICE_MS = 100

interface Due {
  readonly at: number
  readonly client: number
}

/** Sockets opened per slice of 100 ms by a herd whose server goes away at 0 and is back at `backMs`. */
interface Attempts {
  readonly slices: readonly number[]
  readonly untilMs: number
}

/** Counts what a herd does. `next` tells when a client tries again after its try at `now` failed, `undefined` if it is in. */
const stampede = (
  first: (client: number) => number,
  next: (client: number, now: number) => number | undefined,
): Attempts => {
  const slices: number[] = []
  const agenda = heap<Due>((a, b) => a.at < b.at)
  let untilMs = 0
  for (let client = 0; client < CLIENTS; client++) agenda.push({ at: first(client), client })
  for (let due = agenda.pop(); due; due = agenda.pop()) {
    const slice = Math.floor(due.at / SLICE_MS)
    slices[slice] = (slices[slice] ?? 0) + 1
    untilMs = due.at
    const at = next(due.client, due.at)
    if (at !== undefined) agenda.push({ at, client: due.client })
  }
  return { slices: Array.from({ length: slices.length }, (_, slice) => slices[slice] ?? 0), untilMs }
}

/** The machines themselves, step by step: everybody was online, and loses the link at the same moment. */
const machines = (seed: number, backMs: number, because: WebSocketError): Attempts => {
  const random = seeded(seed)
  const { step } = machineWith()
  const states: State[] = Array.from({ length: CLIENTS }, () => ({
    _tag: 'Online',
    attempt: 0,
    generation: 1,
    quality: 'good',
  }))
  const move = (client: number, now: number, input: Input): State =>
    (states[client] = step(states[client]!, input, { now, chance: random() })[0])
  const fail = (client: number, now: number): number => {
    const { generation } = states[client]!
    const state = move(client, now, { _tag: 'Lost', generation, because })
    if (state._tag !== 'Waiting') throw new Error(`not waiting but ${state._tag}`)
    return state.until
  }
  return stampede(
    (client) => fail(client, 0),
    (client, now) => {
      move(client, now, { _tag: 'Elapsed' })
      const state = move(client, now, { _tag: 'TokenGranted' })
      if (state._tag !== 'Connecting') throw new Error(`not connecting but ${state._tag}`)
      return now < backMs ? fail(client, now) : undefined
    },
  )
}

/** Full jitter as in the paper: no floor, the same ends. */
const ideal = (seed: number, backMs: number): Attempts => {
  const random = seeded(seed)
  const { firstMs, factor, capMs } = defaultBackoff
  const attempts = new Uint8Array(CLIENTS)
  const wait = (client: number): number => random() * Math.min(capMs, firstMs * factor ** attempts[client]!++)
  return stampede(wait, (client, now) => (now < backMs ? now + wait(client) : undefined))
}

describe('a herd of 10 000', () => {
  it.each([0, 5_000, 60_000])(
    '[CN12] [P10] after an outage of %d ms its peak is at most 1.5 × that of ideal full jitter',
    (backMs) => {
      const herd = machines(1, backMs, failure())
      const best = ideal(2, backMs)
      expect(Math.max(...herd.slices)).toBeLessThanOrEqual(1.5 * Math.max(...best.slices))
      // Nobody waits longer than the cap for a server that is back.
      expect(herd.untilMs).toBeLessThanOrEqual(backMs + defaultBackoff.capMs)
      const tries = herd.slices.reduce((sum, count) => sum + count, 0)
      expect(tries).toBeGreaterThanOrEqual(CLIENTS)
    },
  )

  it('[CN12] [CN5] [P10] told when to come back, it comes then, spread as the server asked', () => {
    const { slices, untilMs } = machines(3, 0, failure('retry', { retryAfterMs: 2_000, spreadMs: 10_000 }))
    expect(slices.slice(0, 20).every((count) => count === 0)).toBe(true)
    expect(untilMs).toBeLessThanOrEqual(12_000)
    const even = CLIENTS / (10_000 / SLICE_MS)
    expect(Math.max(...slices)).toBeLessThan(1.5 * even)
  })
})
