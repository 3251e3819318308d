import { EMPTY } from 'rxjs'
import { leased } from '../../lib/store/leased.js'
import { memoryLocks, memoryShelf } from '../../lib/store/memory.js'
import { seeded } from '../../lib/testing/random.js'
import { outbox } from '../../lib/features/observe/index.js'
import { day, lives } from '../support/lives.js'
import { mortal } from '../support/mortal.js'
import { see } from '../support/seen.js'

/**
 * Many lives of one user's client, each ended at any moment, on links that break and servers that begin anew; at times
 * beside another tab, whose messages, once it has ended, the next life takes over.
 */
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
  let tabs = 0

  const born = () => {
    const one = made.life({ wall }, mortal(made.store, { ms: 2 * upTo(30), scheduler: time }))
    one.client.with(outbox).outbox$.subscribe(({ entries }) => {
      for (const { id, stage } of entries) if (stage !== 'queued') stored.add(id)
    })
    return one
  }
  type Life = ReturnType<typeof born>
  const live = (): Life => {
    const one = born()
    // Every other user is seldom on a link, so that lives follow each other with nothing sent.
    if (upTo(6) < (seed % 2 === 0 ? 2 : 5)) one.unplug()
    one.client.connect()
    return one
  }
  const post = ({ room }: Life, name: string): void => {
    const text = `${name} ${++count}`
    texts.set(room.post('message', { text }).id, text)
  }
  const finish = (life: Life, how: 'kill' | 'close'): void => {
    if (how === 'kill') life.kill()
    else life.client.close({ drainMs: 500 })
    ends.push({
      undelivered: new Set(life.undelivered.all.map(({ id, error }) => (error.code === 'delivery/closed' ? '' : id))),
    })
  }
  let one = live()
  let beside: { readonly life: Life; readonly name: string } | undefined
  const leave = (): void => {
    if (beside) finish(beside.life, 'kill')
    beside = undefined
  }
  const end = (how: 'kill' | 'close'): void => {
    if (upTo(2) === 0) leave()
    finish(one, how)
    // Who closes in peace holds on to what is stored until all of it is written.
    time.advanceBy(how === 'close' ? 1_000 : upTo(200))
    if (upTo(4) === 0) skewMs = upTo(110_000) - 55_000
    one = live()
  }
  const acts: readonly (() => void)[] = [
    () => {
      for (let n = upTo(4); n >= 0; n--) post(one, 'one')
    },
    () => {
      // A tab that opens while another does may get what that one left.
      time.advanceBy(1_000)
      leave()
      const life = born()
      if (upTo(2) === 0) life.client.connect()
      beside = { life, name: `beside ${++tabs}` }
      for (let n = upTo(3); n >= 0; n--) post(life, beside.name)
      time.advanceBy(upTo(200))
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
  leave()
  end('kill')
  one.plug()
  time.advanceBy(120_000)
  const left = see(one.client.with(outbox).outbox$).last().entries.length
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
    disordered: [...new Set(log.map(nameOf))].flatMap((name) => {
      const own = log.filter((text) => nameOf(text) === name)
      return own.filter((text, at) => at > 0 && numberOf(own[at - 1]) > numberOf(text))
    }),
    undelivered: [...undelivered].filter((id) => id !== ''),
    stored: stored.size,
  }
}

const nameOf = (text: string): string => text.slice(0, text.lastIndexOf(' '))
const numberOf = (text = ''): number => Number(text.slice(text.lastIndexOf(' ')))

describe('a client of many lives', () => {
  it('[ST11] loses nothing that was stored, doubles nothing and keeps the order, whenever its lives end', () => {
    let stored = 0
    for (let seed = 1; seed <= 20; seed++) {
      const { stored: count, ...rest } = run(seed)
      stored += count
      expect(rest).toEqual({ seed, left: 0, leak: 0, told: [], lost: [], twice: [], disordered: [], undelivered: [] })
    }
    expect(stored).toBeGreaterThan(150)
  }, 120_000)

  it('[ST11] goes in the order of the lives that gave it, also where it was taken over twice and the calendar set back', () => {
    const { life, time, log, end } = lives()
    let skewMs = 0
    let opened = 0
    const store = leased({
      shelf: memoryShelf(),
      locks: memoryLocks(),
      leaving$: EMPTY,
      scheduler: time,
      wall: () => ++opened,
      ids: () => `holder ${opened}`,
      leaseMs: 0,
    })
    const next = () => {
      const one = life({ wall: () => 100 * day + time.now() + skewMs }, mortal(store))
      one.unplug()
      return one
    }
    const post = (text: string) => {
      const one = next()
      one.room.post('message', { text })
      time.advanceBy(1_000)
      return one
    }
    post('a').kill()
    skewMs = -50_000
    const first = post('b')
    const beside = next()
    beside.client.connect()
    time.advanceBy(1_000)
    first.kill()
    beside.kill()
    const heir = next()
    heir.client.connect()
    time.advanceBy(1_000)
    expect(see(heir.client.with(outbox).outbox$).last().entries).toHaveLength(2)
    heir.kill()
    const last = next()
    last.plug()
    last.client.connect()
    time.advanceBy(10_000)
    expect(log()).toEqual(['a', 'b'])
    expect(end()).toBe(0)
  })
})
