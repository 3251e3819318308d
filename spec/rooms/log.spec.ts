import fc from 'fast-check'
import * as E from '#fp/Either'
import type { RoomError } from '../../lib/core/error.js'
import type { Position } from '../../lib/core/position.js'
import type { Result } from '../../lib/core/result.js'
import type { Receipt } from '../../lib/outbox/message.js'
import type { Message } from '../../lib/rooms/message.js'
import type { Engine } from '../../lib/server/engine.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { type Seen, see } from '../support/seen.js'

const rooms = ['a', 'b'] as const

/** What engines have logged: ids by room and epoch, and by offset. */
type Truth = Map<string, Map<number, string>>

const record = (truth: Truth, engine: Engine): void => {
  for (const room of rooms) {
    engine.follow(room).subscribe((feed) => {
      if (E.isLeft(feed) || feed.right._tag !== 'Messages') return
      const key = `${room} ${feed.right.epoch}`
      const log = truth.get(key) ?? new Map<number, string>()
      truth.set(key, log)
      for (const { offset, id } of feed.right.messages) log.set(offset, id)
    })
  }
}

/** Follows a stream through its messages and gaps; the complaints, and where it ends. */
const walk = (room: string, stream: Seen<Result<Message<number>>>, truth: Truth) => {
  const complaints: string[] = []
  const ids: string[] = []
  let at: Position | undefined
  for (const result of stream.all) {
    if (E.isRight(result)) {
      const { position, id } = result.right
      if (at && (position.epoch !== at.epoch || position.offset !== at.offset + 1)) {
        complaints.push(`${JSON.stringify(position)} after ${JSON.stringify(at)}`)
      }
      if (truth.get(`${room} ${position.epoch}`)?.get(position.offset) !== id)
        complaints.push(`${id} is not at ${JSON.stringify(position)}`)
      ids.push(id)
      at = position
    } else {
      const { code, gap } = result.left as RoomError
      if (code !== 'room/gap') {
        if (result.left.kind !== 'retry') complaints.push(code)
      } else if (gap) {
        if (at && (gap.from.epoch !== at.epoch || gap.from.offset !== at.offset)) {
          complaints.push(`a gap from ${JSON.stringify(gap.from)} after ${JSON.stringify(at)}`)
        }
        // A log in one piece has no holes: only another epoch is a reason.
        if (gap.from.epoch === gap.to.epoch) complaints.push(`a gap within ${gap.from.epoch}`)
        at = gap.to
      }
    }
  }
  if (new Set(ids).size !== ids.length) complaints.push('an id twice')
  return { complaints, ids, at }
}

const trouble = fc.record({
  afterMs: fc.integer({ min: 0, max: 4_000 }),
  what: fc.constantFrom('cut', 'cut', 'freeze', 'refuse', 'blackhole', 'restart', 'restart', 'new engine', 'slow'),
})

describe('the log of a room', () => {
  it('[RM7] [RM8] reaches each subscriber in one piece, or with true gaps, whatever breaks; own messages once, as own', () => {
    fc.assert(
      fc.property(fc.array(trouble, { maxLength: 8 }), fc.nat(), fc.boolean(), (troubles, seed, isUnreliable) => {
        const draw = seeded(seed)
        const truth: Truth = new Map()
        const { client, network, time, restart, end } = world({
          seed,
          latencyMs: () => draw() * 30,
          between: (engine, scheduler) => {
            record(truth, engine)
            const faults = { delayMs: 40, failEvery: 40, loseAnswers: 40 }
            return isUnreliable ? unreliable(engine, { scheduler, random: draw, ...faults }) : engine
          },
        })
        const clients = [client(), client(), client()]
        const handles = clients.map((each) => rooms.map((room) => each.room(room, Numbers)))
        const streams = handles.flatMap((each, who) =>
          each.flatMap((room) => [0, 1].map(() => ({ who, room: room.name, seen: see(room.on('message')) }))),
        )
        const sent: { readonly who: number; readonly room: string; readonly answer: Seen<Result<Receipt>> }[] = []
        time.advanceBy(3_000)

        const effects: Readonly<Record<string, () => void>> = {
          cut: () => network.cut(),
          freeze: () => {
            network.freeze()
            time.schedule(() => network.thaw(), 3_000)
          },
          refuse: () => {
            network.refuse(true)
            network.cut()
            time.schedule(() => network.refuse(false), 3_000)
          },
          blackhole: () => {
            network.blackhole(true)
            time.schedule(() => {
              network.blackhole(false)
              network.cut()
            }, 1_000)
          },
          restart: () => restart(),
          'new engine': () => restart({ engine: 'new' }),
          slow: () => network.latency(() => draw() * 500),
        }
        let due = time.now()
        for (const { afterMs, what } of troubles) time.schedule(effects[what]!, (due += afterMs) - time.now())
        for (let round = 0; round < 60; round++) {
          const who = Math.floor(draw() * clients.length)
          const room = handles[who]![Math.floor(draw() * rooms.length)]!
          const answer = draw() < 0.5 ? room.post('message', round) : room.send('message', round)
          sent.push({ who, room: room.name, answer: see(answer) })
          time.advanceBy(Math.floor(draw() * 400))
        }
        network.latency(1)
        time.advanceBy(400_000)
        // A last word, so that all know where the logs end.
        for (const room of handles[0]!) sent.push({ who: 0, room: room.name, answer: see(room.post('message', 99)) })
        time.advanceBy(30_000)

        const ends = new Map<string, string>()
        for (const { who, room, seen } of streams) {
          const { complaints, ids, at } = walk(room, seen, truth)
          expect({ who, room, complaints }).toEqual({ who, room, complaints: [] })
          expect(JSON.stringify(at)).toBe(ends.get(room) ?? JSON.stringify(at))
          ends.set(room, JSON.stringify(at))
          const own = seen.all.flatMap((result) => (E.isRight(result) && result.right.own ? [result.right.id] : []))
          const mine = sent.filter((each) => each.who === who && each.room === room)
          for (const { answer } of mine) {
            const result = answer.only()
            if (E.isRight(result))
              expect(own.filter((id) => id === result.right.id).length).toBe(covered(result.right, seen) ? 0 : 1)
            else if ('executed' in result.left && result.left.executed === 'no')
              expect(ids).not.toContain(result.left.id)
          }
          expect(own.filter((id) => !mine.some(({ answer }) => idOf(answer.only()) === id))).toEqual([])
        }
        expect(end()).toBe(0)
      }),
      { numRuns: 15, seed: 2 },
    )
  }, 60_000)
})

const idOf = (result: Result<Receipt>): string =>
  E.isRight(result) ? result.right.id : result.left._tag === 'DeliveryError' ? result.left.id : ''

/** Whether a gap of the stream tells that this was missed: its epoch was over before it could be offered, or joined. */
const covered = ({ position: { epoch, offset } }: Receipt, seen: Seen<Result<Message<number>>>): boolean => {
  const gaps = seen.all.flatMap((result) =>
    E.isLeft(result) && result.left._tag === 'RoomError' && result.left.gap ? [result.left.gap] : [],
  )
  const wasThere =
    seen.all.some((result) => E.isRight(result) && result.right.position.epoch === epoch) ||
    gaps.some(({ from, to }) => from.epoch === epoch || to.epoch === epoch)
  return wasThere ? gaps.some(({ from }) => from.epoch === epoch && from.offset < offset) : gaps.length > 0
}
