import * as t from 'io-ts'
import { combineLatest, map, of, Subject } from 'rxjs'
import * as E from '#fp/Either'
import { answers } from '../../lib/server/calls/answers.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { calls, query } from '../../lib/features/calls/index.js'
import { commits, last, live } from '../../lib/features/history/index.js'
import type { Resizing } from '../../lib/pool/index.js'
import { contract } from '../../lib/contract/contract.js'
import type { Result } from '../../lib/core/result.js'
import { anything, mover, nameAt, numbers, poolWorld } from '../support/pool.js'
import { codeOf, right, see, type Seen, tags } from '../support/seen.js'

/** What each room that is still to move waits for. */
const waits = (progress: Seen<Result<Resizing>>): readonly string[] =>
  right(progress.last()).waiting.map(({ room, waitsFor }) => `${room}: ${waitsFor}`)

const data = (seen: Seen<Result<{ readonly data: unknown }>>): readonly unknown[] =>
  seen.all.map((each) => right(each).data)

describe('a room that moves', () => {
  it('[PL4] its subscribers get each message once, in order, while others post all the time', () => {
    const { pool, client, time, end } = poolWorld({ latencyMs: 7 })
    const two = pool(2)
    const room = two.room(mover, anything)
    const theirs = client().room(mover, anything)
    const seen = [
      see(room.messages()),
      see(room.on('said')),
      see(room.messages({ from: last(3) })),
      see(room.messages({ from: live() })),
    ]
    const states = see(room.membership$)
    time.advanceBy(200)
    let next = 0
    const say = (count: number, everyMs: number): void => {
      for (const _ of numbers(count)) {
        theirs.post('said', next++)
        time.advanceBy(everyMs)
      }
    }
    say(20, 3)
    for (const size of [3, 2, 3, 5, 2]) {
      const progress = see(two.resize(size))
      say(200, 3)
      expect([size, waits(progress), progress.isComplete()]).toEqual([size, [], true])
    }
    time.advanceBy(1_000)
    for (const each of seen) expect(data(each)).toEqual(numbers(next))
    // Its membership shows no interruption.
    expect(tags(states).filter((tag) => tag !== 'In')).toEqual(['Joining'])
    expect(end()).toBe(0)
  })

  it('[PL5] is joined at its next member before it leaves the present one', () => {
    const { pool, time, end } = poolWorld()
    const two = pool(2)
    const room = two.room(mover, anything)
    see(room.messages())
    room.join()
    time.advanceBy(100)
    const progress = two.resize(3)
    const memberships = two.clients().map((client) => client.room(mover, anything).membership$)
    const both = see(combineLatest(memberships).pipe(map((all) => all.map(({ _tag }) => _tag).join())))
    time.advanceBy(2_000)
    expect(both.all).toEqual(['In,Out,Joining', 'In,Out,In', 'Out,Out,In'])
    expect(see(progress).isComplete()).toBe(true)
    expect(end()).toBe(0)
  })

  it('[PL6] waits for the receipts of its messages', () => {
    const { pool, network, time, end } = poolWorld()
    const two = pool(2)
    const room = two.room(mover, anything)
    room.join()
    time.advanceBy(100)
    network.host('client-1').freeze('down')
    room.post('said', 1)
    const progress = see(two.resize(3))
    time.advanceBy(1_000)
    expect([waits(progress), progress.isComplete()]).toEqual([[`${mover}: posts`], false])
    network.heal()
    time.advanceBy(100)
    expect([waits(progress), right(progress.last()).moved, progress.isComplete()]).toEqual([[], 1, true])
    expect(end()).toBe(0)
  })

  it('[PL7] waits for the commits of its messages, and its window goes along', () => {
    const { pool, client, time, end } = poolWorld()
    const two = pool(2)
    const room = two.room(mover, anything).with(commits)
    const theirs = client().room(mover, anything)
    const seen = see(room.messages({ from: live({ window: 2 }) }))
    time.advanceBy(100)
    for (const at of numbers(5)) theirs.post('said', at)
    time.advanceBy(100)
    expect(data(seen)).toEqual([0, 1])
    const progress = see(two.resize(3))
    time.advanceBy(1_000)
    expect(waits(progress)).toEqual([`${mover}: commits`])
    const commit = (): void => {
      const committed = see(room.commit(right(seen.last())))
      time.advanceBy(100)
      expect(codeOf(committed.only())).toBe('')
    }
    commit()
    expect(data(seen)).toEqual([0, 1, 2, 3])
    expect(waits(progress)).toEqual([`${mover}: commits`])
    commit()
    // The last message is read and offered before the room has joined at its next member.
    expect(data(seen)).toEqual([0, 1, 2, 3, 4])
    commit()
    time.advanceBy(100)
    expect([waits(progress), progress.isComplete()]).toEqual([[], true])
    for (const at of numbers(3)) theirs.post('said', 5 + at)
    time.advanceBy(100)
    expect(data(seen)).toEqual([0, 1, 2, 3, 4, 5, 6])
    commit()
    expect(data(seen)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(end()).toBe(0)
  })

  it('[PL8] waits for its calls', () => {
    const totals = new Subject<E.Either<never, number>>()
    const Desk = contract({ events: {}, calls: { total: query({ output: t.number }) } })
    const { pool, time, end } = poolWorld({ calls: [answers(Desk, { total: () => totals })] })
    const two = pool(2)
    const room = two.room(mover, Desk).with(calls)
    room.join()
    time.advanceBy(100)
    const answer = see(room.call('total'))
    time.advanceBy(100)
    const progress = see(two.resize(3))
    time.advanceBy(1_000)
    expect(waits(progress)).toEqual([`${mover}: calls`])
    totals.next(E.right(7))
    time.advanceBy(100)
    expect(answer.only()).toEqual(E.right(7))
    expect([waits(progress), progress.isComplete()]).toEqual([[], true])
    expect(end()).toBe(0)
  })

  it('[PL9] waits for its joins', () => {
    const { pool, network, time, end } = poolWorld()
    const two = pool(2)
    see(two.connect())
    time.advanceBy(100)
    network.host('client-1').freeze('down')
    const joined = see(two.room(mover, anything).join())
    see(two.room(mover, anything).messages())
    const progress = see(two.resize(3))
    time.advanceBy(1_000)
    expect(waits(progress)).toEqual([`${mover}: joins`])
    network.heal()
    time.advanceBy(100)
    expect([waits(progress), progress.isComplete(), joined.isComplete()]).toEqual([[], true, true])
    expect(end()).toBe(0)
  })

  it('[PL10] what is posted meanwhile arrives once and in the order of the posts', () => {
    const { pool, client, time, end } = poolWorld({ latencyMs: 5 })
    const two = pool(2)
    const room = two.room(mover, anything)
    const seen = see(room.messages())
    const theirs = see(client().room(mover, anything).messages())
    time.advanceBy(200)
    let next = 0
    for (const size of [3, 2, 4, 3, 2]) {
      two.resize(size)
      // Pauses of all lengths: some posts leave before the move, some wait for it, some follow.
      for (const at of numbers(60)) {
        room.post('said', next++)
        time.advanceBy(at % 23)
      }
      time.advanceBy(100)
    }
    time.advanceBy(1_000)
    expect(data(seen)).toEqual(numbers(next))
    expect(data(theirs)).toEqual(numbers(next))
    expect(seen.all.every((each) => right(each).own)).toBe(true)
    expect(end()).toBe(0)
  })

  it('[PL11] shows the rooms that have moved, and what the others wait for', () => {
    const { pool, network, time, end } = poolWorld()
    const two = pool(2)
    const names = [mover, nameAt([2, 0], [3, 0]), nameAt([2, 1], [3, 2])]
    for (const name of names) two.room(name, anything).join()
    time.advanceBy(100)
    network.host('client-2').freeze()
    two.room(names[2]!, anything).post('said', 1)
    const progress = see(two.resize(3))
    time.advanceBy(1_000)
    expect(right(progress.all[0]!)).toEqual({
      size: 3,
      moved: 0,
      waiting: [
        { room: mover, waitsFor: 'next' },
        { room: names[2], waitsFor: 'posts' },
      ],
      isDone: false,
    })
    expect(right(progress.last())).toEqual({
      size: 3,
      moved: 1,
      waiting: [{ room: names[2], waitsFor: 'posts' }],
      isDone: false,
    })
    // A later resize is the goal of the earlier one too.
    const back = see(two.resize(2))
    network.heal()
    time.advanceBy(2_000)
    for (const each of [progress, back]) {
      expect(right(each.last())).toEqual({ size: 2, moved: 1, waiting: [], isDone: true })
      expect(each.isComplete()).toBe(true)
    }
    expect(two.clients()).toHaveLength(2)
    expect(see(two.resize(2)).isComplete()).toBe(true)
    const cut = see(two.resize(3))
    two.close({ drainMs: 0 })
    time.advanceBy(100)
    expect(codeOf(cut.last())).toBe('connection/client-closed')
    expect(end()).toBe(0)
  })

  it('[PL24] moves without a gap also where the user may not read earlier messages', () => {
    const { pool, client, time, end } = poolWorld({ latencyMs: 5, authorize: () => of(['read', 'publish']) })
    const two = pool(2)
    const seen = see(two.room(mover, anything).messages())
    const theirs = client().room(mover, anything)
    time.advanceBy(200)
    two.resize(3)
    for (const at of numbers(200)) {
      theirs.post('said', at)
      time.advanceBy(3)
    }
    time.advanceBy(1_000)
    expect(data(seen)).toEqual(numbers(200))
    expect(tags(see(two.clients()[2]!.room(mover, anything).membership$))).toEqual(['In'])
    expect(end()).toBe(0)
  })

  it('[PL25] stays where it is while its next member cannot join, and tries again', () => {
    const { client, time, end, pool } = poolWorld({
      authenticate: ({ token }) => of(token === 'bad' ? null : { user: 'ana' }),
    })
    let token = 'bad'
    const two = pool(2, { token: tokens(() => (made++ < 2 ? of('good') : of(token))) })
    let made = 0
    const seen = see(two.room(mover, anything).messages())
    see(two.connect())
    const theirs = client().room(mover, anything)
    time.advanceBy(100)
    made = 2
    const progress = see(two.resize(3))
    time.advanceBy(3_000)
    expect(waits(progress)).toEqual([`${mover}: next`])
    theirs.post('said', 1)
    time.advanceBy(1_000)
    expect(data(seen)).toEqual([1])
    token = 'good'
    see(two.connect())
    time.advanceBy(3_000)
    theirs.post('said', 2)
    time.advanceBy(1_000)
    expect([waits(progress), data(seen)]).toEqual([[], [1, 2]])
    expect(end()).toBe(0)
  })
})
