import * as fc from 'fast-check'
import type { Posted } from '../../lib/outbox/journal.js'
import {
  type Clocks,
  formatRecord,
  nextRank,
  positionRecord,
  postKey,
  postRecord,
  readRecords,
  type Records,
  sessionRecord,
  withInherited,
} from '../../lib/session/records.js'
import type { Change } from '../../lib/store/port.js'

const clocks = (now: number, wall: number): Clocks => ({ now: () => now, wall: () => wall })
const here = clocks(10_000, 1_700_000_000_000)
const map = (...changes: readonly Change[]): ReadonlyMap<string, string> =>
  new Map(changes.map(({ key, text }) => [key, text ?? '']))

const posts: fc.Arbitrary<Posted> = fc.record({
  id: fc.string(),
  room: fc.string(),
  event: fc.string(),
  text: fc.json(),
  bytes: fc.nat(),
  isPosted: fc.constant(true),
  producer: fc.string(),
  seq: fc.nat(),
  since: fc.integer({ min: 0, max: 10_000 }),
  writtenAt: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
  lanes: fc.option(fc.string(), { nil: undefined }),
})

describe('records', () => {
  it('[ST11] are read as they were written, whatever they hold', () => {
    fc.assert(
      fc.property(
        posts,
        fc.string(),
        fc.string(),
        fc.nat(),
        fc.option(fc.integer(), { nil: undefined }),
        (post, room, epoch, offset, rank) => {
          const session = { instance: room, resume: epoch, sessions: [room, epoch] }
          const read = readRecords(
            map(
              formatRecord,
              postRecord(post, here, rank),
              positionRecord(room, { position: { epoch, offset }, offered: offset }),
              sessionRecord(session),
            ),
            here,
            true,
          )
          expect(read).toEqual({
            session,
            positions: new Map([[room, { position: { epoch, offset }, offered: Infinity }]]),
            posts: [post],
            ranks: new Map([[postKey(post), rank]]),
            damaged: [],
          })
        },
      ),
    )
  })

  it('[ST12] keep ages by the calendar, on whatever clock the next life has', () => {
    const post = { id: 'i', room: 'r', event: 'e', text: '1', bytes: 1, isPosted: true, producer: 'p', seq: 1, since: 4_000, writtenAt: 5_000, lanes: 'l' } // prettier-ignore
    const stored = map(postRecord(post, here, 1))
    const read = (wall: number) => readRecords(stored, clocks(50, wall), true).posts[0]
    const later = here.wall() + 3_600_000
    expect(read(later)).toMatchObject({ since: 50 - 3_606_000, writtenAt: 50 - 3_605_000 })
    // A calendar that lags by less than a minute: it was just now.
    expect(read(here.wall() - 50_000)).toMatchObject({ since: 50, writtenAt: 50 })
    const unknown = read(here.wall() - 3_600_000)
    expect(unknown).toMatchObject({ since: 50, writtenAt: -Infinity })
    const again = readRecords(map(postRecord(unknown!, here, 1)), here, true)
    expect(again.damaged).toEqual([])
    expect(again.posts[0]!.writtenAt).toBe(here.now() - here.wall())
  })

  it('[ST18] are damaged whatever else is there, and posts are in doubt then', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('session', 'position a', 'post ["p",1]', 'post p', 'post', 'x', ''),
        fc.oneof(fc.string(), fc.json()),
        posts,
        (key, text, post) => {
          if (key === postKey(post)) return
          const read = readRecords(
            map({ key, text }, postRecord({ ...post, writtenAt: undefined }, here, 1)),
            here,
            true,
          )
          const isSound = read.damaged.length === 0
          expect(read.damaged).toEqual(isSound ? [] : [key])
          const [kept] = read.posts.filter(({ id, seq }) => id === post.id && seq === post.seq)
          expect(kept?.writtenAt).toBe(isSound ? undefined : post.since)
        },
      ),
    )
    const [doubted] = readRecords(map(postRecord({ id: 'i', room: 'r', event: 'e', text: '1', bytes: 1, isPosted: true, producer: 'p', seq: 1, since: 7, writtenAt: undefined, lanes: 'l' }, here, 1)), here, false).posts // prettier-ignore
    expect(doubted).toMatchObject({ writtenAt: 7, lanes: undefined })
  })

  const post = (producer: string, seq: number, since: number, writtenAt?: number): Posted => ({ id: producer, room: 'r', event: 'e', text: '1', bytes: 1, isPosted: true, producer, seq, since, writtenAt, lanes: undefined }) // prettier-ignore
  const read = (...all: readonly Change[]) => readRecords(map(...all), here, true)
  const named = ({ posts: all }: Pick<Records, 'posts'>): readonly string[] =>
    all.map(({ producer, seq }) => `${producer}${seq}`)

  it('[ST11] are in the order of their ranks, whatever the calendar says; without one, as once was written, first', () => {
    const all = read(
      postRecord(post('b', 1, 1), here, 3),
      postRecord(post('a', 2, 9), here, -2),
      postRecord(post('a', 1, 9), here, 3),
      postRecord(post('old', 9, 10), here, undefined),
      postRecord(post('old', 8, 10), here, undefined),
      postRecord(post('old', 7, 11), here, undefined),
    )
    expect(named(all)).toEqual(['old8', 'old9', 'old7', 'a2', 'b1', 'a1'])
    expect([nextRank(all.ranks), nextRank(new Map()), nextRank(new Map([['k', -5]]))]).toEqual([4, 0, 0])
  })

  it('[ST11] that others left go before, in their order, and so they do in the next life', () => {
    const left = read(postRecord(post('x', 1, 9), here, 4), postRecord(post('y', 1, 1), here, 5))
    const earlier = read(postRecord(post('z', 1, 5), here, undefined))
    const own = read(postRecord(post('a', 1, 3), here, 0), postRecord(post('b', 1, 0), here, 1))
    const both = withInherited(withInherited(own, left.posts), earlier.posts)
    expect(named(both)).toEqual(['z1', 'x1', 'y1', 'a1', 'b1'])
    expect(nextRank(both.ranks)).toBe(2)
    const again = read(...both.posts.map((each) => postRecord(each, here, both.ranks.get(postKey(each)))))
    expect(named(again)).toEqual(named(both))
  })

  it('[ST11] that are here and there are taken once, where they were, as what may have been written', () => {
    const own = read(
      postRecord(post('x', 1, 9), here, -1),
      postRecord(post('x', 2, 9, 10), here, 0),
      postRecord(post('a', 1, 3), here, 1),
    )
    const left = read(
      postRecord(post('x', 1, 9, 10), here, 7),
      postRecord(post('x', 2, 9), here, 8),
      postRecord(post('x', 3, 9), here, 9),
    )
    const both = withInherited(own, left.posts)
    expect(named(both)).toEqual(['x3', 'x1', 'x2', 'a1'])
    expect(both.posts.map(({ writtenAt }) => writtenAt)).toEqual([undefined, 10, 10, undefined])
  })

  it('[ST18] with a rank that is none are damaged', () => {
    for (const rank of ['"1"', '1.5', 'null', '9007199254740992']) {
      const { key, text = '' } = postRecord(post('p', 1, 0), here, 1)
      expect(read({ key, text: text.replace('"rank":1', `"rank":${rank}`) }).damaged).toEqual([key])
    }
  })
})
