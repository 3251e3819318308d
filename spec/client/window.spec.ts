import * as E from '#fp/Either'
import { concatMap, delay, filter, type Observable, of, tap } from 'rxjs'
import { anything, type Client, type Message, type OnOptions, type Result } from '../../lib/index.js'
import { world } from '../../lib/testing/world.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { commits, live } from '../../lib/features/history/index.js'
import { freeEarlierMemory, heapBytes } from '../support/memory.js'
import { see } from '../support/seen.js'

const [bytes, workMs, window, patienceMs] = [4_000, 5, 64, 180_000]

/** With an escape in its JSON, and unlike all others: so that V8 gives each reader a string of its own. */
const text = (k: number): string => `${k}\n${'x'.repeat(bytes)}`

interface Source {
  readonly messages$: Observable<Result<Message<unknown>>>
  readonly commit: (message: Message<unknown>) => unknown
}

const room = (client: Client, how: OnOptions<unknown>): Source => {
  const only = client.room('room 0', anything).with(commits)
  return { messages$: only.on('message', how), commit: ({ position }) => only.commit(position) }
}
const set = (client: Client, how: OnOptions<unknown>): Source => {
  const names = Array.from({ length: 10 }, (_, k) => `room ${k}`)
  const all = manyRooms(client, names, anything).with(commits)
  return { messages$: all.on('message', how), commit: (message) => all.commit(message) }
}

/** A subscriber that works for some time on each message, and gets many more than it can work on. */
const flooded = (count: number, rooms: number, subscribe: (client: Client) => Source) => {
  const { time, server, client, end } = world({ memory: { messages: count, bytes: 1e9, totalBytes: 1e9 } })
  const consumer = client()
  const { messages$, commit } = subscribe(consumer)
  const lefts: string[] = []
  const offsets = new Map<string, number[]>()
  let taken = 0
  const take = (result: Result<Message<unknown>>): void => {
    if (E.isLeft(result)) {
      lefts.push(result.left.message)
      return
    }
    const { room: name, position } = result.right
    const known = offsets.get(name) ?? []
    offsets.set(name, known)
    known.push(position.offset)
    taken++
    commit(result.right)
  }
  see(
    messages$.pipe(
      concatMap((result) => of(result).pipe(delay(workMs, time), tap(take))),
      filter(() => false),
    ),
  )
  time.advanceBy(1_000)
  for (let k = 0; k < count; k++) {
    server().publish(`room ${k % rooms}`, 'message', text(k))
    if (k % 10 === 9) time.advanceBy(1)
  }
  // What is on its way arrives.
  time.advanceBy(10_000)
  /** Bytes of the client whenever so many messages are done. Closes it. */
  const held = (whenever: readonly number[]): readonly number[] => {
    const heaps = whenever.map((messages) => {
      while (taken < messages) time.advanceBy(1_000)
      return heapBytes()
    })
    consumer.close()
    time.advanceBy(60_000)
    const rest = heapBytes()
    return heaps.map((heap) => heap - rest)
  }
  return { held, lefts, offsets, end }
}

describe('a slow subscriber', () => {
  beforeEach(freeEarlierMemory)

  it.each([
    ['a room', 1, room, 10_000],
    ['a set of rooms', 10, set, 10_000],
  ] as const)(
    '[HI13] of %s with a window has everything in order, and the client holds no more however much comes',
    (_, rooms, subscribe, count) => {
      const { held, lefts, offsets, end } = flooded(count, rooms, (client) =>
        subscribe(client, { from: live({ window }) }),
      )
      const bounds = held([0, 0.25, 0.5, 0.75, 1].map((part) => part * count))
      // Without a window it would be about nine tenths: 36 MB. A busy process of the tests has noise of some megabytes.
      expect(Math.max(...bounds)).toBeLessThan(count * bytes * 0.5)
      const each = Array.from({ length: count / rooms }, (_, k) => k + 1)
      expect([lefts, [...offsets.values()]]).toEqual([[], Array.from({ length: rooms }, () => each)])
      expect(end()).toBe(0)
    },
    patienceMs,
  )

  it(
    '[HI13] without a window the client holds all that comes',
    () => {
      const count = 5_000
      const { held, end } = flooded(count, 10, (client) => set(client, {}))
      const [bytesHeld = 0] = held([0])
      expect(bytesHeld).toBeGreaterThan((count * bytes) / 2)
      end()
    },
    patienceMs,
  )
})
