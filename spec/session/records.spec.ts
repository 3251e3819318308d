import * as fc from 'fast-check'
import type { Posted } from '../../lib/outbox/journal.js'
import {
  type Clocks,
  formatRecord,
  positionRecord,
  postKey,
  postRecord,
  readRecords,
  sessionRecord,
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
      fc.property(posts, fc.string(), fc.string(), fc.nat(), (post, room, epoch, offset) => {
        const session = { instance: room, resume: epoch, sessions: [room, epoch] }
        const read = readRecords(
          map(formatRecord, postRecord(post, here, 1), positionRecord(room, { epoch, offset }), sessionRecord(session)),
          here,
          true,
        )
        expect(read).toEqual({
          session,
          positions: new Map([[room, { epoch, offset }]]),
          posts: [post],
          lives: new Map([[post.producer, 1]]),
          damaged: [],
        })
      }),
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

  it('[ST11] are in the order in which they were given', () => {
    const post = (seq: number, since: number): Posted => ({ id: `${seq}`, room: 'r', event: 'e', text: '1', bytes: 1, isPosted: true, producer: 'p', seq, since, writtenAt: undefined, lanes: undefined }) // prettier-ignore
    const all = [post(10, 5), post(9, 5), post(2, 9), post(11, 1)].map((each) => postRecord(each, here, 1))
    expect(readRecords(map(...all), here, true).posts.map(({ seq }) => seq)).toEqual([11, 9, 10, 2])
  })

  it('[ST11] of a later life come later, also where the calendar was set back, and of none, as once was written, first', () => {
    const post = (producer: string, since: number): Posted => ({ id: producer, room: 'r', event: 'e', text: '1', bytes: 1, isPosted: true, producer, seq: 1, since, writtenAt: undefined, lanes: undefined }) // prettier-ignore
    const stored = map(
      postRecord(post('b', 1), here, 3),
      postRecord(post('a', 9), here, 2),
      postRecord(post('c', 5), here, 2),
    )
    const old = postRecord(post('old', 10), here, 0)
    const all = map(...[...stored].map(([key, text]) => ({ key, text })), {
      key: old.key,
      text: (old.text ?? '').replace(',"life":0', ''),
    })
    const read = readRecords(all, here, true)
    expect(read.posts.map(({ producer }) => producer)).toEqual(['old', 'c', 'a', 'b'])
    expect([...read.lives]).toEqual([
      ['b', 3],
      ['a', 2],
      ['c', 2],
      ['old', 0],
    ])
  })
})
