import * as E from '#fp/Either'
import { NEVER, type Observable, tap } from 'rxjs'
import { anything, type Message, type Result, tokens } from '../../lib/index.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { commits, last, stored } from '../../lib/features/history/index.js'
import { Numbers } from '../support/chat.js'
import { lives } from '../support/lives.js'
import { type Mortal, mortal } from '../support/mortal.js'
import { left, right, see, type Seen } from '../support/seen.js'

const manual = stored({ commit: 'manual' })

/** A worker that copies the numbers of `in` to `out`. */
const worlds = () => {
  const made = lives()
  const { time, server, client, life, store } = made
  let count = 0
  return {
    ...made,
    /** Publishes the next numbers. */
    feed: (numbers: number) => {
      for (let k = 0; k < numbers; k++) {
        server().publish('in', 'message', ++count)
        time.advanceBy(20)
      }
    },
    start: (copy: (worker: ReturnType<typeof life>) => Observable<unknown>, as: Mortal = mortal(store)) => {
      const worker = life({}, as)
      see(copy(worker))
      time.advanceBy(1_000)
      return worker
    },
    log: (room: string): readonly number[] => {
      const reader = client({ token: tokens(() => 'reader') })
      const seen = see(reader.room(room, Numbers).on('message', { from: last(1_000) }))
      time.advanceBy(5_000)
      seen.stop()
      reader.close()
      return seen.all.map((each) => right(each).data)
    },
  }
}

const each = (then: (message: Message<number>) => void) =>
  tap<Result<Message<number>>>((result) => {
    if (E.isRight(result)) then(result.right)
  })

describe('a worker that consumes and produces', () => {
  const copies = {
    'with manual commit': ({ client }: ReturnType<ReturnType<typeof worlds>['start']>) => {
      const [from, to] = [client.room('in', Numbers).with(commits), client.room('out', Numbers)]
      return from.on('message', { from: manual }).pipe(
        each(({ data, position }) => {
          to.post('message', data)
          from.commit(position)
        }),
      )
    },
    'with automatic commit': ({ client }: ReturnType<ReturnType<typeof worlds>['start']>) => {
      const [from, to] = [client.room('in', Numbers), client.room('out', Numbers)]
      return from.on('message', { from: stored() }).pipe(each(({ data }) => void to.post('message', data)))
    },
  }

  it.each(Object.entries(copies))(
    '[HI14] %s loses and doubles nothing, killed before and after each write of its store',
    (_, copy) => {
      for (const when of ['before', 'after'] as const)
        for (let write = 1; write <= 24; write += when === 'before' ? 1 : 3) {
          const { start, feed, log, store, time, end } = worlds()
          const first = start(copy)
          feed(2)
          first.client.close()
          time.advanceBy(1_000)
          const as = mortal(store)
          const second = start(copy, as)
          as.at(write, when, second.kill)
          feed(6)
          second.kill()
          feed(2)
          const third = start(copy)
          feed(2)
          time.advanceBy(120_000)
          expect([when, write, log('out')]).toEqual([when, write, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]])
          expect([third.undelivered.all, third.told()]).toEqual([[], []])
          end()
        }
    },
  )

  it('[HI14] a step that is made right before the store answers another one is stored as a whole or not at all', () => {
    for (let write = 1; write <= 12; write++) {
      const { start, feed, log, store, time, end } = worlds()
      const as = mortal(store, { ms: 50, scheduler: time })
      const taken: Message<number>[] = []
      const { client, kill } = start(
        (worker) =>
          worker.client
            .room('in', Numbers)
            .on('message', { from: manual })
            .pipe(each((message) => void taken.push(message))),
        as,
      )
      const from = client.room('in', Numbers).with(commits)
      const step = (at: number): void => {
        const message = taken[at]
        if (!message) return
        client.room('out', Numbers).post('message', message.data)
        from.commit(message.position)
      }
      feed(4)
      time.advanceBy(2_000)
      as.at(write, 'after', kill)
      // Each is made at the time when the one before is stored, and its calls come first.
      for (const at of [0, 1, 2, 3]) time.schedule(() => { step(at) }, 50 * at) // prettier-ignore
      time.advanceBy(2_000)
      kill()
      start(copies['with manual commit'])
      time.advanceBy(120_000)
      expect([write, log('out')]).toEqual([write, [1, 2, 3, 4]])
      end()
    }
  })

  it('[HI11] two subscriptions with manual commit to one room are reported once', () => {
    const { life, time, end } = worlds()
    const { client, told } = life()
    const rooms = manyRooms(client, ['a', 'b'], anything)
    see(rooms.on('message', { from: manual }))
    see(client.room('c', Numbers).on('message', { from: stored() }))
    see(client.room('c', Numbers).on('message', { from: manual }))
    time.advanceBy(1_000)
    expect(told()).toEqual([])
    see(rooms.on('other', { from: manual }))
    time.advanceBy(1_000)
    expect(told()).toEqual([expect.stringMatching(/^Misuse: Two subscriptions commit a: .*messages\(\)/)])
    end()
  })

  it.each([1, 2, 5])(
    '[HI10] marks every message that a killed run was offered, also beyond a full window of %d',
    (window) => {
      const { start, feed, end, time } = worlds()
      const offered: Seen<Result<Message<number>>>[] = []
      const consume = ({ client }: ReturnType<ReturnType<typeof worlds>['start']>, doCommit: boolean) => {
        const room = client.room('in', Numbers).with(commits)
        const from = stored({ commit: 'manual', window: doCommit ? window : 10 })
        const messages$ = room.on('message', { from })
        offered.push(see(messages$))
        return messages$.pipe(
          each(({ position }) => {
            if (doCommit) time.schedule(() => void room.commit(position), 30)
          }),
        )
      }
      const first = start((worker) => consume(worker, false))
      time.advanceBy(2_000)
      feed(8)
      first.kill()
      start((worker) => consume(worker, true))
      time.advanceBy(60_000)
      feed(2)
      const again = offered[1]?.all.map((one) => [right(one).data, right(one).redelivered])
      expect(again).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((data) => [data, data <= 8]))
      end()
    },
  )

  it('[HI14] a step with a message that is refused commits nothing, and takes the others back', () => {
    const { start, feed, log, end } = worlds()
    const answers: Seen<Result<unknown>>[] = []
    start(({ client }) => {
      const [from, to] = [client.room('in', Numbers), client.room('out', anything)]
      return from.on('message', { from: manual }).pipe(
        each(({ data, position }) => {
          to.post('message', data)
          if (data === 1) answers.push(see(to.post('message', 1n)))
          // Its first use comes after the posts of its step.
          answers.push(see(from.with(commits).commit(position)))
        }),
      )
    })
    feed(1)
    expect(answers.map((answer) => left(answer.only()).code)).toEqual(['decode/unsendable', 'decode/unsendable'])
    feed(1)
    expect(answers.slice(2).map((answer) => answer.only())).toEqual([E.right(undefined)])
    expect(log('out')).toEqual([2])
    end()
  })

  const first = {
    'a room': ({ client }: ReturnType<ReturnType<typeof worlds>['start']>, commit: 'auto' | 'manual') =>
      client.room('new', Numbers).on('message', { from: stored({ commit }) }),
    'a room of a set': ({ client }: ReturnType<ReturnType<typeof worlds>['start']>, commit: 'auto' | 'manual') => {
      const rooms = manyRooms(client, ['in'], Numbers)
      const messages$ = rooms.on('message', { from: stored(commit === 'manual' ? { commit, window: 4 } : {}) })
      rooms.add('new')
      return messages$
    },
  }
  it.each(
    Object.entries(first).flatMap(([name, on]) =>
      (['auto', 'manual'] as const).flatMap((commit) =>
        (['before', 'after'] as const).flatMap((when) =>
          [1, 2, 3, 4].map((write) => [name, commit, when, write, on] as const),
        ),
      ),
    ),
  )(
    '[HI10] %s that is new, with commit %s, killed %s write %d after it was joined: offered messages come again',
    (_, commit, when, write, on) => {
      const { life, server, store, time, end } = worlds()
      const as = mortal(store)
      const worker = life({}, as)
      see(worker.client.room('in', Numbers).on('message', { from: stored({ commit }) }))
      time.advanceBy(1_000)
      as.at(write, when, worker.kill)
      const offered = see(on(worker, commit))
      for (const count of [1, 2, 3]) {
        time.advanceBy(40)
        server().publish('new', 'message', count)
      }
      time.advanceBy(40)
      worker.kill()
      server().publish('new', 'message', 4)
      const again = see(on(life({}, mortal(store)), commit))
      time.advanceBy(120_000)
      const [before, after] = [offered, again].map(({ all }) => all.map((each) => right(each).data)) as [
        number[],
        number[],
      ]
      expect(after).toEqual([1, 2, 3, 4].slice(4 - after.length))
      const [earliest, latest] = [before[0] ?? 5, before.at(-1) ?? 5]
      // Automatic commit counts what was offered as consumed, as far as that is stored.
      expect(after[0] ?? 5).toBeLessThanOrEqual(commit === 'manual' ? earliest : latest + 1)
      end()
    },
  )

  it.each(Object.entries(copies))(
    '[ST37] [HI14] %s loses nothing that a full disk refused: the position waits until the server has the output',
    (_, copy) => {
      const { start, feed, log, store, time, end } = worlds()
      const as = mortal(store)
      const worker = start(
        (life) =>
          copy(life).pipe(
            each(({ data }) => {
              as.fail(data === 2 ? 'full' : undefined)
              if (data === 2) life.unplug()
            }),
          ),
        as,
      )
      feed(2)
      time.advanceBy(100)
      as.fail(undefined)
      time.advanceBy(10_000)
      expect(worker.written.filter(({ key, text }) => key === 'position in' && text?.includes(',2'))).toEqual([])
      worker.kill()
      feed(1)
      start(copy)
      time.advanceBy(120_000)
      expect(log('out')).toEqual([1, 2, 3])
      end()
    },
  )

  it('[ST37] a position is stored once the server has what could not be stored', () => {
    const { start, feed, log, store, time, end } = worlds()
    const as = mortal(store)
    const answers: Seen<Result<unknown>>[] = []
    const worker = start(({ client }) => {
      const [from, to] = [client.room('in', Numbers).with(commits), client.room('out', Numbers)]
      return from.on('message', { from: manual }).pipe(
        each(({ data, position }) => {
          to.post('message', data)
          answers.push(see(from.commit(position)))
        }),
      )
    }, as)
    as.fail('full')
    feed(1)
    as.fail(undefined)
    time.advanceBy(10_000)
    expect(left(answers[0]!.only()).code).toBe('room/not-stored')
    worker.kill()
    const next = see(
      start(() => NEVER)
        .client.room('in', Numbers)
        .on('message', { from: manual }),
    )
    time.advanceBy(10_000)
    expect([next.all, log('out')]).toEqual([[], [1]])
    end()
  })

  it('[ST15] commits nothing for another user than its identity, and says what to change', () => {
    const { life, feed, time, end } = worlds()
    const { client, told, written } = life({ user: 'b'.repeat(100), identity: 'a'.repeat(100) })
    const room = client.room('in', Numbers).with(commits)
    const answers: Seen<Result<unknown>>[] = []
    see(room.on('message', { from: manual }).pipe(each(({ position }) => answers.push(see(room.commit(position))))))
    time.advanceBy(1_000)
    feed(2)
    expect(answers.map((answer) => left(answer.only()))).toMatchObject(
      [1, 2].map(() => ({
        code: 'room/not-stored',
        remedy: expect.stringContaining('create another client') as string,
      })),
    )
    expect(written.filter(({ key }) => key === 'position in')).toEqual([])
    expect(told()).toEqual([
      expect.stringMatching(/Set `identity` to "b{39}…", or .* `authenticate` that answers with "a{39}…"\.$/),
    ])
    end()
  })

  it('[HI14] an answer to a commit with posts waits until less than half of the outbox is taken', () => {
    const { life, time, feed, end } = worlds()
    const { client, unplug, plug } = life({ outbox: { entries: 4 } })
    const [from, to] = [client.room('in', Numbers).with(commits), client.room('out', Numbers)]
    const seen = see(from.on('message', { from: manual }))
    time.advanceBy(1_000)
    feed(1)
    unplug()
    time.advanceBy(100)
    for (let k = 0; k < 3; k++) to.post('message', k)
    const alone = see(from.commit(right(seen.last()).position))
    time.advanceBy(10)
    expect(alone.all).toEqual([])
    plug()
    time.advanceBy(60_000)
    expect(alone.only()).toEqual(E.right(undefined))
    end()
  })
})
