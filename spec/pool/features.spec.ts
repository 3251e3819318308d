import * as t from 'io-ts'
import { of } from 'rxjs'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import { asks, calls, command, query } from '../../lib/features/calls/index.js'
import { sample } from '../../lib/features/conflation/index.js'
import { cached, commits, history, last, live } from '../../lib/features/history/index.js'
import { leader } from '../../lib/features/leader/index.js'
import { presence, type Roster } from '../../lib/features/presence/index.js'
import { sharedState } from '../../lib/features/shared/index.js'
import { signals } from '../../lib/features/signals/index.js'
import type { Result } from '../../lib/core/result.js'
import { answers } from '../../lib/server/calls/answers.js'
import { anything, mover, numbers, poolWorld } from '../support/pool.js'
import { done, right, see } from '../support/seen.js'

const Desk = contract({
  events: { said: t.number },
  calls: { total: query({ output: t.number }), name: command({ output: t.string }) },
})

describe('the features of a room that moves', () => {
  it('[PL17] pages, commits, calls and caches work at its present member', () => {
    const { pool, client, time, end } = poolWorld({
      calls: [answers(Desk, { total: () => of(E.right(7)), name: () => of(E.right('desk')) })],
    })
    const two = pool(2)
    const room = two.room(mover, Desk).with(history, commits, calls, cached(10))
    const theirs = client().room(mover, Desk)
    const seen = see(room.messages({ from: live({ window: 8 }) }))
    time.advanceBy(100)
    const use = (first: number): void => {
      for (const at of numbers(3)) theirs.post('said', first + at)
      time.advanceBy(100)
      expect(seen.all.map((each) => right(each).data)).toEqual(numbers(first + 3))
      const page = see(room.history({ last: 2 }))
      const total = see(room.call('total'))
      const committed = see(room.commit(right(seen.last())))
      time.advanceBy(100)
      expect(right(page.only()).messages.map((each) => right(each).data)).toEqual([first + 1, first + 2])
      expect(right(total.only() as E.Either<never, number>)).toBe(7)
      expect(committed.only()).toEqual(done)
    }
    use(0)
    const progress = see(two.resize(3))
    time.advanceBy(2_000)
    expect(progress.isComplete()).toBe(true)
    use(3)
    two.resize(2)
    time.advanceBy(2_000)
    use(6)
    expect(end()).toBe(0)
  })

  it('[PL17] members of a room see its user all the time, with the same state', () => {
    const { pool, client, time, end } = poolWorld()
    const two = pool(2)
    const room = two.room(mover, anything).with(presence)
    const watcher = client({ host: 'watcher' }).room(mover, anything).with(presence)
    const own = see(room.members$)
    room.me.set({ typing: true })
    const seen = see(watcher.members$)
    time.advanceBy(1_000)
    const membersIn = (roster: Result<Roster>) => {
      const shown = right(roster)
      return 'members' in shown ? shown.members : []
    }
    const states = (): readonly unknown[] => membersIn(seen.last()).map(({ state }) => state)
    expect(states()).toContainEqual({ typing: true })
    two.resize(3)
    for (const _ of numbers(100)) {
      time.advanceBy(50)
      expect(states()).toContainEqual({ typing: true })
    }
    expect(membersIn(seen.last())).toHaveLength(2)
    expect(membersIn(own.last())).toHaveLength(2)
    room.me.clear()
    two.resize(2)
    time.advanceBy(5_000)
    expect(states()).not.toContainEqual({ typing: true })
    expect(end()).toBe(0)
  })

  it('[PL17] signals, shared values and the leader go on', () => {
    const { pool, client, time, end } = poolWorld()
    const two = pool(2)
    const room = two.room(mover, Desk).with(signals, sharedState({ topic: t.string }), leader)
    const theirs = client()
      .room(mover, Desk)
      .with(signals, sharedState({ topic: t.string }))
    const [heard, shared, leading] = [see(room.signals('said')), see(room.shared$), see(room.leader$)]
    theirs.join()
    time.advanceBy(500)
    const use = (at: number): void => {
      theirs.signal('said', at)
      theirs.set('topic', `topic ${at}`)
      time.advanceBy(500)
      expect(right(heard.last()).data).toBe(at)
      expect(right(shared.last()).values).toEqual({ topic: `topic ${at}` })
      const set = see(room.set('topic', `ours ${at}`))
      time.advanceBy(500)
      expect(right(set.only())._tag).toBe('Written')
      expect(right(shared.last()).values).toEqual({ topic: `ours ${at}` })
    }
    use(1)
    const shown = leading.all.length
    two.resize(3)
    time.advanceBy(2_000)
    // The same leader is not shown again.
    expect(leading.all).toHaveLength(shown)
    use(2)
    expect(heard.all).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[PL17] a policy keeps the latest message that it holds', () => {
    const { pool, client, time, end } = poolWorld()
    const two = pool(2)
    const seen = see(two.room(mover, anything).messages({ policy: sample(5_000) }))
    const theirs = client().room(mover, anything)
    time.advanceBy(100)
    theirs.post('said', 1)
    time.advanceBy(100)
    theirs.post('said', 2)
    time.advanceBy(100)
    two.resize(3)
    time.advanceBy(20_000)
    expect(right(seen.last()).data).toBe(2)
    expect(end()).toBe(0)
  })

  it('[PL17] answers calls at its present member, and waits for the answers under way', () => {
    const { pool, client, time, end } = poolWorld()
    const two = pool(2)
    const answering = see(
      two
        .room(mover, Desk)
        .with(asks)
        .answer('total', () => of(E.right(3))),
    )
    const asking = client().room(mover, Desk).with(asks)
    time.advanceBy(500)
    const ask = (): void => {
      const answered = see(asking.ask('total'))
      time.advanceBy(500)
      expect(answered.all.map((each) => right(right(each).result as E.Either<never, number>))).toEqual([3])
    }
    ask()
    const progress = see(two.resize(3))
    time.advanceBy(2_000)
    expect(progress.isComplete()).toBe(true)
    ask()
    expect(answering.all).toEqual([done])
    expect(end()).toBe(0)
  })

  it('[PL17] a start with earlier messages is read to its end before the room moves', () => {
    const { pool, client, network, time, end } = poolWorld()
    const theirs = client({ host: 'aside' }).room(mover, anything)
    for (const at of numbers(10)) theirs.post('said', at)
    time.advanceBy(500)
    const two = pool(2)
    const room = two.room(mover, anything)
    room.join()
    time.advanceBy(500)
    network.host('client-1').freeze('down')
    const seen = see(room.messages({ from: last(5) }))
    const progress = see(two.resize(3))
    time.advanceBy(1_000)
    expect(right(progress.last()).waiting).toEqual([{ room: mover, waitsFor: 'history' }])
    network.heal()
    time.advanceBy(1_000)
    theirs.post('said', 10)
    time.advanceBy(500)
    expect(seen.all.map((each) => right(each).data)).toEqual([5, 6, 7, 8, 9, 10])
    expect(progress.isComplete()).toBe(true)
    expect(end()).toBe(0)
  })
})
