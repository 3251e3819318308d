import { seeded } from '../../lib/testing/random.js'
import { day, lives } from '../support/lives.js'
import { mortal } from '../support/mortal.js'
import { see } from '../support/seen.js'

/** Many lives of one user's client, each ended at any moment, on links that break and servers that begin anew. */
const run = (seed: number) => {
  const random = seeded(seed)
  const upTo = (max: number): number => Math.floor(random() * max)
  const made = lives({ seed })
  const { time, restart } = made
  const stored = new Set<string>()
  const texts = new Map<string, string>()
  /** The calendar, which somebody sets while nobody lives. */
  let skewMs = 0
  const wall = (): number => 100 * day + time.now() + skewMs
  const ends: { readonly undelivered: ReadonlySet<string> }[] = []
  let count = 0

  const live = () => {
    const one = made.life({ wall }, mortal(made.store, { ms: 2 * upTo(30), scheduler: time }))
    one.client.outbox$.subscribe(({ entries }) => {
      for (const { id, stage } of entries) if (stage !== 'queued') stored.add(id)
    })
    if (upTo(3) === 0) one.unplug()
    one.client.connect()
    return one
  }
  let one = live()
  const end = (how: 'kill' | 'close'): void => {
    if (how === 'kill') one.kill()
    else one.client.close()
    ends.push({
      undelivered: new Set(one.undelivered.all.map(({ id, error }) => (error.code === 'delivery/closed' ? '' : id))),
    })
    // Who closes in peace holds on to what is stored until all of it is written.
    time.advanceBy(how === 'close' ? 1_000 : upTo(200))
    if (upTo(4) === 0) skewMs = upTo(110_000) - 55_000
    one = live()
  }
  const acts: readonly (() => void)[] = [
    () => {
      for (let n = upTo(4); n >= 0; n--) {
        const text = `${++count}`
        texts.set(one.room.post('message', { text }).id, text)
      }
    },
    () => one.unplug(),
    () => one.plug(),
    () => made.network.cut(),
    () => end('kill'),
    () => end(upTo(3) === 0 ? 'close' : 'kill'),
    () => { if (upTo(4) === 0) restart() },
  ] // prettier-ignore
  for (let step = 0; step < 60; step++) {
    acts[upTo(acts.length)]?.()
    time.advanceBy(upTo(2) === 0 ? upTo(40) : upTo(3_000))
  }
  end('kill')
  one.plug()
  time.advanceBy(120_000)
  const left = see(one.client.outbox$).last().entries.length
  const undelivered = new Set([
    ...ends.flatMap((each) => [...each.undelivered]),
    ...one.undelivered.all.map(({ id }) => id),
  ])
  const log = made.log()
  const promised = [...stored].filter((id) => !undelivered.has(id)).map((id) => texts.get(id))
  return {
    seed,
    left,
    leak: made.end(),
    told: one.told(),
    lost: promised.filter((text) => text !== undefined && !log.includes(text)),
    twice: log.filter((text, at) => log.indexOf(text) !== at),
    disordered: log.filter((text, at) => at > 0 && Number(log[at - 1]) > Number(text)),
    undelivered: [...undelivered].filter((id) => id !== ''),
    stored: stored.size,
  }
}

describe('a client of many lives', () => {
  it('[ST11] loses nothing that was stored, doubles nothing and keeps the order, whenever its lives end', () => {
    let stored = 0
    for (let seed = 1; seed <= 40; seed++) {
      const { stored: count, ...rest } = run(seed)
      stored += count
      expect(rest).toEqual({ seed, left: 0, leak: 0, told: [], lost: [], twice: [], disordered: [], undelivered: [] })
    }
    expect(stored).toBeGreaterThan(300)
  }, 120_000)
})
