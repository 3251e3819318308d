import * as E from '#fp/Either'
import type { Entry } from '../../lib/server/engine.js'
import { memory, type MemoryEngine, type MemoryOptions } from '../../lib/server/memory.js'
import { refusal } from '../../lib/server/refusal.js'
import { virtualTime, type VirtualTime } from '../../lib/testing/virtual.js'
import { entry, following, now, offsetsOf, pageOf, word } from './support/engine.js'
import { counted } from './support/world.js'

interface Bench {
  readonly engine: MemoryEngine
  readonly time: VirtualTime
  readonly append: (room: string, ...entries: readonly Entry[]) => readonly string[]
}

const bench = (options: MemoryOptions = {}): Bench => {
  const time = virtualTime()
  const engine = memory({
    scheduler: time,
    wall: time.now,
    ids: counted('id'),
    epochs: counted('E'),
    tableEpochs: counted('T'),
    ...options,
  })
  return { engine, time, append: (room, ...entries) => now(engine.append(room, entries)).map(word) }
}

const seqs = (from: number, to: number, more: Partial<Entry> = {}): readonly Entry[] =>
  Array.from({ length: to - from + 1 }, (_, at) => entry(from + at, more))

const page = { count: 1_000, bytes: 2 ** 30 }

describe('memory', () => {
  it('[EN1] appends in order, with the time of the calendar', () => {
    const { engine, time, append } = bench()
    time.advanceBy(7)
    expect(append('r', entry(1), entry(2))).toEqual(['1', '2'])
    const { base, messages } = pageOf(engine, 'r', { epoch: 'E1', offset: 0 }, page)
    expect(base).toEqual({ _tag: 'Base', epoch: 'E1', first: 1, head: 2, base: 0, recovered: true })
    expect(messages[1]).toEqual({ offset: 2, id: 'p.2', event: 'e', from: ['u', 's'], at: 7, data: '"p.2"' })
  })

  it('[EN3] answers what was decided before with the first outcome, and appends nothing', () => {
    const { engine, time, append } = bench()
    append('r', entry(1), entry(2))
    time.advanceBy(5)
    expect(append('r', entry(1, { retry: true }), entry(3), entry(2, { retry: true }))).toEqual([
      'again 1',
      '3',
      'again 2',
    ])
    const [first] = now(engine.append('r', [entry(1, { retry: true })]))
    expect(first).toEqual({ _tag: 'Accepted', epoch: 'E1', offset: 1, at: 0, repeated: true })
    expect(now(engine.head('r'))).toEqual({ epoch: 'E1', first: 1, head: 3 })
  })

  it('[EN4] a hole in a lane is refused and leaves it as it was', () => {
    const { append } = bench()
    expect(append('r', entry(1), entry(3, { after: 2 }))).toEqual(['1', 'delivery/order'])
    expect(append('r', entry(2), entry(3, { after: 2 }))).toEqual(['2', '3'])
  })

  it('[EN6] an entry that the server has refused is decided, and not logged', () => {
    const { engine, append } = bench()
    const tooLarge = entry(1, { refusal: refusal('delivery/too-large') })
    expect(append('r', tooLarge, entry(2, { after: 1 }))).toEqual(['delivery/too-large', '1'])
    expect(append('r', entry(1, { retry: true }))).toEqual(['delivery/too-large'])
    expect(now(engine.head('r'))).toEqual({ epoch: 'E1', first: 1, head: 1 })
  })

  it('[EN8] a feed tells its base and then every message after it, once', () => {
    const { engine, append } = bench()
    append('r', ...seqs(1, 600))
    const late = following(engine, 'r', { epoch: 'E1', offset: 2 })
    const live = following(engine, 'r')
    append('r', entry(601), entry(601, { retry: true }), entry(602))
    expect(late.told[0]).toMatchObject({ _tag: 'Base', base: 2, recovered: true })
    expect(late.offsets()).toEqual(Array.from({ length: 600 }, (_, at) => at + 3))
    expect(live.told).toMatchObject([
      { _tag: 'Base', base: 600, head: 600 },
      { messages: [{ offset: 601 }, { offset: 602 }] },
    ])
    late.stop()
    append('r', entry(603))
    expect(late.offsets()).toHaveLength(600)
  })

  it('[EN8] appends from inside a feed reach every feed in order', () => {
    const { engine, append } = bench()
    let seq = 100
    const echo = engine.follow('r').subscribe((told) => {
      if (E.isRight(told) && told.right._tag === 'Messages' && seq < 20_100)
        append('r', entry(++seq, { producer: 'echo' }))
    })
    const other = following(engine, 'r')
    append('r', entry(1))
    expect(other.offsets()).toEqual(Array.from({ length: 20_001 }, (_, at) => at + 1))
    echo.unsubscribe()
  })

  it('[EN8] a batch larger than the room holds still reaches who follows', () => {
    const { engine, append } = bench({ messages: 3 })
    const feed = following(engine, 'r')
    append('r', ...seqs(1, 10))
    expect(feed.offsets()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(now(engine.head('r'))).toMatchObject({ first: 8, head: 10 })
  })

  it('[EN9] a room that was dropped has another epoch', () => {
    const { engine, append } = bench()
    append('r', entry(1))
    engine.forget('r')
    expect(append('r', entry(1))).toEqual(['1'])
    const { base, messages } = pageOf(engine, 'r', { epoch: 'E1', offset: 1 }, page)
    expect(base).toEqual({ _tag: 'Base', epoch: 'E2', first: 1, head: 1, base: 0, recovered: false, because: 'epoch' })
    expect(offsetsOf(messages)).toEqual([1])
  })

  it('[EN17] who follows a room that is dropped is told that its log is another one', () => {
    const { engine, append } = bench()
    append('r', entry(1), entry(2))
    const feed = following(engine, 'r')
    engine.forget('r')
    append('r', entry(1))
    expect(feed.told.slice(1)).toMatchObject([
      { _tag: 'Lost', from: { epoch: 'E1', offset: 2 }, to: { epoch: 'E2', offset: 0 }, because: 'epoch' },
      { _tag: 'Messages', epoch: 'E2', messages: [{ offset: 1 }] },
    ])
  })

  it('[EN12] a room holds so many messages, so many bytes, so long', () => {
    const { engine, time, append } = bench({ messages: 4, ageMs: 1_000 })
    append('r', ...seqs(1, 6))
    expect(now(engine.head('r'))).toMatchObject({ first: 3, head: 6 })
    time.advanceBy(1_001)
    expect(now(engine.head('r'))).toMatchObject({ first: 7, head: 6 })
    expect(pageOf(engine, 'r', { epoch: 'E1', offset: 6 }, page).base.recovered).toBe(true)
    expect(pageOf(engine, 'r', { epoch: 'E1', offset: 5 }, page).base).toMatchObject({
      base: 6,
      because: 'truncated',
    })
    const small = bench({ bytes: 900 })
    small.append('r', ...seqs(1, 10))
    expect(now(small.engine.head('r'))).toMatchObject({ first: 8, head: 10 })
  })

  it('[EN13] beyond all bytes, the rooms written longest ago are dropped, and followed ones emptied', () => {
    const { engine, append } = bench({ totalBytes: 9_000 })
    for (const room of ['a', 'b', 'c']) append(room, entry(1))
    const feed = following(engine, 'a')
    append('c', entry(2, { data: 'ж'.repeat(1_500) }))
    expect(now(engine.head('a'))).toEqual({ epoch: 'E1', first: 2, head: 1 })
    expect(now(engine.head('b'))).toBeUndefined()
    expect(engine.held().bytes).toBeLessThanOrEqual(9_000)
    append('a', entry(2))
    expect(feed.offsets()).toEqual([2])
    append('b', entry(1))
    expect(now(engine.head('b'))).toMatchObject({ epoch: 'E2', head: 1 })
  })

  it('[EN13] beyond the number of rooms, those that nobody follows go, the one used longest ago first', () => {
    const { engine, append } = bench({ rooms: 3 })
    append('followed', entry(1))
    const feed = following(engine, 'followed')
    for (const room of ['a', 'b', 'c', 'd']) append(room, entry(1))
    expect(engine.held().rooms).toBe(3)
    expect(['followed', 'a', 'b', 'c', 'd'].filter((room) => now(engine.head(room)))).toEqual(['followed', 'c', 'd'])
    feed.stop()
    append('e', entry(1))
    expect(engine.held().rooms).toBe(3)
  })

  it('[EN13] beyond the number of rooms, followed ones go where there are no others, and their followers go on', () => {
    const { engine, append } = bench({ rooms: 2 })
    const feeds = ['a', 'b', 'c'].map((room) => following(engine, room))
    for (const room of ['a', 'b', 'c']) append(room, entry(1))
    expect(['a', 'b', 'c'].filter((room) => now(engine.head(room)))).toEqual(['b', 'c'])
    append('a', entry(2))
    expect(feeds[0]?.told.slice(2)).toMatchObject([
      { _tag: 'Lost', from: { epoch: 'E1', offset: 1 }, to: { epoch: 'E2', offset: 0 }, because: 'epoch' },
      { _tag: 'Messages', epoch: 'E2', messages: [{ offset: 1 }] },
    ])
    expect(engine.held().rooms).toBe(2)
  })

  it('[EN13] a lane counts beside its outcomes', () => {
    const [few, many] = [bench(), bench()]
    few.append('r', ...seqs(1, 1_000))
    many.append('r', ...seqs(1, 1_000).map((each) => ({ ...each, seq: 1, after: 0, producer: `p${each.seq}` })))
    const more = (many.engine.held().bytes - few.engine.held().bytes) / 999
    expect(few.engine.held().bytes).toBeGreaterThan(1_000 * 450)
    expect([more > 230, more < 260]).toEqual([true, true])
  })

  it('[EN13] a million bytes through many rooms stay within the bound', () => {
    const { engine, append } = bench({ totalBytes: 60_000, rooms: 50 })
    const feeds = ['r1', 'r2', 'r3'].map((room) => following(engine, room))
    for (let n = 1; n <= 2_000; n++) {
      append(`r${(n * 7) % 97}`, entry(n, { data: 'x'.repeat((n * 37) % 1_000) }))
      expect(engine.held().bytes).toBeLessThanOrEqual(60_000)
      expect(engine.held().rooms).toBeLessThanOrEqual(50)
    }
    for (const feed of feeds) feed.stop()
  })

  it('[EN14] an outcome is known for dedupeMs, and no longer than so many others', () => {
    const { time, append } = bench({ dedupeMs: 1_000, outcomes: 2 })
    append('r', ...seqs(1, 3))
    expect(append('r', entry(1, { retry: true }))).toEqual(['delivery/forgotten'])
    time.advanceBy(1_001)
    expect(append('r', entry(3, { retry: true }))).toEqual(['delivery/unknown'])
    expect(append('r', entry(4))).toEqual(['4'])
  })

  it('[EN15] only a higher generation is granted, and the secret continues the session', () => {
    const { engine } = bench()
    const claim = { user: 'u', instance: 'i', generation: 5 }
    const first = now(engine.claim(claim))
    expect(first).toEqual({
      _tag: 'Granted',
      session: 'id1',
      resume: 'id2',
      expiresInMs: 3_600_000,
      resumed: false,
      since: 0,
    })
    expect(now(engine.claim(claim))).toEqual({ _tag: 'Superseded' })
    expect(now(engine.claim({ ...claim, generation: 4, resume: 'id2' }))).toEqual({ _tag: 'Superseded' })
    expect(now(engine.claim({ ...claim, generation: 6, resume: 'id2' }))).toMatchObject({
      session: 'id1',
      resume: 'id2',
      resumed: true,
    })
    expect(now(engine.claim({ ...claim, generation: 7, resume: 'guess' }))).toMatchObject({
      session: 'id3',
      resumed: false,
    })
    expect(now(engine.claim({ ...claim, user: 'v' }))).toMatchObject({ session: 'id5', resumed: false })
  })

  it('[EN16] sessions are forgotten after their time, and beyond their number', () => {
    const { engine, time } = bench({ sessionMs: 1_000, sessions: 2 })
    const claim = (instance: string, generation: number): string =>
      now(engine.claim({ user: 'u', instance, generation }))._tag
    claim('a', 1)
    time.advanceBy(1_001)
    expect(claim('a', 1)).toBe('Granted')
    claim('b', 1)
    claim('c', 1)
    claim('d', 1)
    expect(claim('d', 1)).toBe('Superseded')
    expect(claim('a', 1)).toBe('Granted')
  })

  it('[EN18] head says nothing of a room that was never used', () => {
    const { engine } = bench()
    expect(now(engine.head('r'))).toBeUndefined()
    following(engine, 'r').stop()
    expect(now(engine.head('r'))).toBeUndefined()
  })

  it('[EN19] has no timers, and 200 000 appends to a full room take no longer each', () => {
    const { engine, time, append } = bench({ messages: 1_000, outcomes: 1_000 })
    const feed = following(engine, 'r')
    for (let batch = 0; batch < 200; batch++) append('r', ...seqs(batch * 1_000 + 1, batch * 1_000 + 1_000))
    expect(feed.offsets()).toHaveLength(200_000)
    expect(time.pending()).toBe(0)
    expect(engine.held()).toMatchObject({ rooms: 1 })
    expect(engine.held().bytes).toBeLessThan(1_000 * 500)
  })
})
