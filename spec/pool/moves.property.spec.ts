import * as fc from 'fast-check'
import * as E from '#fp/Either'
import { beginning, commits, live } from '../../lib/features/history/index.js'
import { anything, numbers, poolWorld } from '../support/pool.js'
import { right, see } from '../support/seen.js'

const rooms = numbers(6).map((at) => `room-${at}`)
const room = fc.integer({ min: 0, max: rooms.length - 1 })

/** A step of a run: after a pause, somebody acts. */
const step = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 3_000 })),
  act: fc.oneof(
    { weight: 6, arbitrary: fc.record({ _tag: fc.constant('Post' as const), room }) },
    { weight: 6, arbitrary: fc.record({ _tag: fc.constant('Hear' as const), room }) },
    { weight: 3, arbitrary: fc.record({ _tag: fc.constant('Resize' as const), size: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 2, arbitrary: fc.record({ _tag: fc.constant('Cut' as const), member: fc.integer({ min: 0, max: 4 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ _tag: fc.constant('Freeze' as const), member: fc.integer({ min: 0, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ _tag: 'Thaw' as const }) },
  ),
})

/** The next member of a room has joined, and lacks a message that the present one has offered. */
const stalled = [
  { afterMs: 244, act: { _tag: 'Hear' as const, room: 1 } },
  { afterMs: 0, act: { _tag: 'Hear' as const, room: 1 } },
  { afterMs: 321, act: { _tag: 'Resize' as const, size: 1 } },
  { afterMs: 22, act: { _tag: 'Resize' as const, size: 1 } },
  { afterMs: 0, act: { _tag: 'Freeze' as const, member: 0 } },
  { afterMs: 0, act: { _tag: 'Hear' as const, room: 5 } },
  { afterMs: 14, act: { _tag: 'Hear' as const, room: 3 } },
  { afterMs: 17, act: { _tag: 'Post' as const, room: 4 } },
  { afterMs: 10, act: { _tag: 'Post' as const, room: 0 } },
  { afterMs: 0, act: { _tag: 'Hear' as const, room: 3 } },
  { afterMs: 0, act: { _tag: 'Hear' as const, room: 2 } },
  { afterMs: 0, act: { _tag: 'Thaw' as const } },
  { afterMs: 28, act: { _tag: 'Resize' as const, size: 4 } },
  { afterMs: 0, act: { _tag: 'Hear' as const, room: 1 } },
  { afterMs: 31, act: { _tag: 'Hear' as const, room: 2 } },
  { afterMs: 0, act: { _tag: 'Post' as const, room: 1 } },
  { afterMs: 0, act: { _tag: 'Thaw' as const } },
  { afterMs: 1095, act: { _tag: 'Hear' as const, room: 1 } },
]

it('[PL22] whatever is posted, resized, cut and frozen: no message is lost, doubled or out of order', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.integer({ min: 1, max: 30 }),
      (steps, latencyMs) => {
        const { pool, client, network, time, end } = poolWorld({ latencyMs })
        const members = pool(3)
        const theirs = client({ host: 'aside' })
        const plain = rooms.map((name) => see(members.room(name, anything).messages()))
        // A consumer with a window that commits each message some time after it was offered.
        const windowed = rooms.map((name) => {
          const handle = members.room(name, anything).with(commits)
          const seen = see(handle.messages({ from: live({ window: 2 }) }))
          handle.messages().subscribe(() => undefined)
          return { handle, seen }
        })
        const commit = (): void => {
          for (const { handle, seen } of windowed) {
            const last = seen.all.at(-1)
            if (last && E.isRight(last)) handle.commit(last.right)
          }
        }
        time.advanceBy(500)
        const posted = rooms.map((): number[] => [])
        const receipts: ReturnType<typeof see<unknown>>[] = []
        let next = 0
        for (const { afterMs, act } of steps) {
          time.advanceBy(afterMs)
          if (act._tag === 'Post') {
            posted[act.room]?.push(next)
            receipts.push(see(members.room(rooms[act.room]!, anything).post('said', next++)))
          } else if (act._tag === 'Hear') theirs.room(rooms[act.room]!, anything).post('heard', next++)
          else if (act._tag === 'Resize') members.resize(act.size)
          else if (act._tag === 'Cut') network.host(`client-${act.member + 1}`).cut()
          else if (act._tag === 'Freeze') network.host(`client-${act.member + 1}`).freeze()
          else network.heal()
          if (next % 3 === 0) commit()
        }
        network.heal()
        for (const _ of numbers(60)) {
          time.advanceBy(2_000)
          commit()
        }
        const progress = see(members.resize(2))
        for (const _ of numbers(20)) {
          time.advanceBy(1_000)
          commit()
        }
        expect(progress.last()).toMatchObject({ right: { size: 2, waiting: [], isDone: true } })
        const logs = rooms.map((name) => see(theirs.room(name, anything).messages({ from: beginning() })))
        time.advanceBy(1_000)
        const told = logs.map(({ all }) => all.map((each) => right(each).data))
        expect(plain.map(({ all }) => all.map((each) => right(each).data))).toEqual(told)
        expect(windowed.map(({ seen }) => seen.all.map((each) => right(each).data))).toEqual(told)
        // Each post has its one receipt, and the posts of a room are in order.
        expect(receipts.every(({ all }) => all.length === 1)).toBe(true)
        expect(
          logs.map(({ all }) => all.map(right).flatMap(({ event, data }) => (event === 'said' ? [data] : []))),
        ).toEqual(posted)
        expect(end()).toBe(0)
      },
    ),
    { numRuns: 60, examples: [[stalled, 12]] },
  )
})
