import fc from 'fast-check'
import * as E from '#fp/Either'
import { defaultBackoff } from '../../lib/core/backoff.js'
import type { DeliveryError } from '../../lib/core/error.js'
import { RETRY, SAME } from '../../lib/protocol/frame.js'
import { seeded } from '../../lib/testing/random.js'
import { type Ills, limits, modelServer } from '../support/lanes.js'
import { fateOf, give, message, outboxRig, refOf, type Sent, takeBack } from '../support/outbox.js'

interface Plan {
  readonly seed: number
  readonly rooms: number
  readonly messages: number
  readonly ills: Ills
  /** One in so many steps: the link is lost; the server restarts, too; a room begins or ends to join. */
  readonly cutEvery: number
  readonly restartEvery: number
  readonly joinEvery: number
}
const shares = fc.constantFrom(0, 0, 0.05, 0.3)
const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(2 ** 31),
  rooms: fc.integer({ min: 1, max: 4 }),
  messages: fc.integer({ min: 1, max: 60 }),
  ills: fc.record({ rate: shares, unavailable: shares, forbidden: shares, latencyMs: fc.constantFrom(1, 20, 300) }),
  cutEvery: fc.constantFrom(5, 20, Infinity),
  restartEvery: fc.constantFrom(15, 60, Infinity),
  joinEvery: fc.constantFrom(20, Infinity),
})

const config = { entries: 40, inFlight: 8, inFlightBytes: 2_000, highWaterBytes: 1_500, ackMs: 2_000, ageMs: 30_000 }

/** Sends messages through everything that a plan has in store, then lets all be well. */
const play = ({ seed, rooms, messages, ills, cutEvery, restartEvery, joinEvery }: Plan) => {
  const random = seeded(seed)
  const happens = (every: number): boolean => random() * every < 1
  const rig = outboxRig(config, random)
  const { time, box, turn, joining } = rig
  const server = modelServer(time, random, ills)
  const broken: string[] = []
  const all: Sent[] = []
  const again = new Set<string>()
  const withdrawn = new Set<Sent>()
  let lose: (() => void) | undefined

  const connect = (): void => {
    if (lose) return
    const {
      writer,
      terms,
      lose: end,
    } = server.link((answer) => {
      turn(() => {
        if (answer._tag === 'Ack') box.sender.ack(answer.frame)
        else box.sender.refuse(answer.frame)
      })
      const flying = all.filter((sent) => refOf(sent) > 0)
      const bytes = flying.reduce((sum, { given }) => sum + given.bytes, 0)
      if (flying.length > config.inFlight) broken.push(`${flying.length} in flight`)
      if (bytes >= config.inFlightBytes + 410) broken.push(`${bytes} bytes in flight`)
    })
    lose = end
    turn(() => box.sender.up(writer, terms, 'ana'))
  }
  const disconnect = (): void => {
    lose?.()
    lose = undefined
    turn(() => void box.sender.down())
  }
  const isExecuted = (id: string): boolean => server.executed.some((entry) => entry.id === id)
  const put = (sent: Sent): void => {
    all.push(sent)
    turn(() => give(box, sent, happens(10) ? 1_000 : undefined))
  }
  const fresh = (): void => {
    const room = `r${Math.floor(random() * rooms)}`
    put(message(`m${all.length}`, room, 10 + Math.floor(random() * 400)))
  }
  /** What its caller does who wants it delivered after all. */
  const sendAgain = (sent: Sent): void => {
    const [result] = sent.results
    if (!result || E.isRight(result) || again.has(sent.given.id)) return
    again.add(sent.given.id)
    put(message(sent.given.id, sent.given.room, sent.given.bytes, { isNamed: true }))
  }
  const act = (): void => {
    if (happens(restartEvery)) {
      disconnect()
      server.restart()
    } else if (happens(cutEvery)) disconnect()
    else if (happens(4)) connect()
    if (happens(joinEvery)) {
      const room = `r${Math.floor(random() * rooms)}`
      turn(() => {
        if (!joining.delete(room)) joining.add(room)
      })
    }
    const earlier = all[Math.floor(random() * all.length)]
    if (earlier && happens(10)) sendAgain(earlier)
    if (earlier && happens(10) && earlier.results.length === 0 && !withdrawn.has(earlier)) {
      turn(() => {
        if (takeBack(box, earlier)) withdrawn.add(earlier)
      })
      if (withdrawn.has(earlier) && isExecuted(earlier.given.id)) broken.push('withdrawn but executed')
    }
  }
  while (all.length < messages) {
    fresh()
    act()
    time.advanceBy(random() * 200)
  }
  server.heal()
  turn(() => joining.clear())
  connect()
  // Until the last has expired, and the longest pause is over.
  time.advanceBy(config.ageMs + defaultBackoff.capMs)
  return { ...rig, server, all, again, withdrawn, broken, isExecuted }
}

const always = (check: (played: ReturnType<typeof play>) => void, numRuns = 150): void => {
  fc.assert(
    fc.property(plans, (plan) => check(play(plan))),
    { numRuns },
  )
}
/** Per room, what was executed, in the order of logs. */
const roomsOf = <T extends { readonly room: string }>(executed: readonly T[]): T[][] =>
  [...new Set(executed.map(({ room }) => room))].map((room) => executed.filter((entry) => entry.room === room))

describe('the outbox, whatever becomes of links, answers and servers', () => {
  it('[OB3] plays see every fate that there is', () => {
    const fates = new Set<string>()
    for (const plan of fc.sample(plans, { numRuns: 300, seed: 1 })) {
      const { all, withdrawn } = play(plan)
      for (const sent of all) fates.add(withdrawn.has(sent) ? 'withdrawn' : (fateOf(sent) ?? 'none'))
    }
    expect([...fates].sort()).toEqual([
      'delivery/forbidden, executed: no',
      'delivery/forbidden, executed: unknown',
      'delivery/forgotten, executed: unknown',
      'delivery/full, executed: no',
      'delivery/timeout, executed: no',
      'delivery/timeout, executed: unknown',
      'delivery/unknown, executed: unknown',
      'right',
      'withdrawn',
    ])
  })

  it('[OB3] every message settles once, or is withdrawn, and nothing is left', () => {
    always(({ all, withdrawn, box, time }) => {
      for (const sent of all) expect(sent.results).toHaveLength(withdrawn.has(sent) ? 0 : 1)
      expect([box.totals.entries, box.totals.bytes, box.totals.fates.withdrawn]).toEqual([0, 0, withdrawn.size])
      expect(time.pending()).toBe(0)
    })
  })

  it('[OB1] each room’s log has the messages in the order in which they were given', () => {
    always(({ server }) => {
      for (const log of roomsOf(server.executed)) {
        const seqs = log.map(({ seq }) => seq)
        expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
      }
    })
  })

  it('[OB2] nothing is executed twice, on however many links it was written', () => {
    always(({ server }) => {
      const ids = server.executed.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
    })
  })

  it('[OB4] a receipt says where it is, and `executed: no` is never said of what the server has', () => {
    always(({ server, all, isExecuted }) => {
      const last = new Map(all.map((sent) => [sent.given.id, sent]))
      for (const { given, results } of last.values()) {
        const [result] = results
        if (!result) continue
        if (E.isRight(result)) {
          const { id, room, position } = result.right
          const found = server.executed.find((done) => done.id === id)
          expect(found).toMatchObject({ room, ...position })
        } else if ((result.left as DeliveryError).executed === 'no') expect(isExecuted(given.id)).toBe(false)
      }
    })
  })

  it('[OB2] each is written at most once per link, unless that writing was refused for now', () => {
    always(({ server, again }) => {
      for (const [index, { link, id }] of server.written.entries()) {
        const earlier = server.written.slice(0, index).filter((entry) => entry.id === id && entry.link === link)
        if (!again.has(id)) for (const { fate } of earlier) expect(['refused', 'unsure']).toContain(fate)
      }
    })
  })

  it('[OB12] the retry flag is there where an earlier writing may have counted, `same` only where nothing was forgotten', () => {
    always(({ server, again }) => {
      for (const [index, { id, flags, told }] of server.written.entries()) {
        const unsure = server.written.slice(0, index).filter((entry) => entry.id === id && entry.fate !== 'refused')
        // Of one that was given up and sent again, its caller may know less than the wire.
        if (unsure.length > 0 || !again.has(id)) expect((flags & RETRY) !== 0).toBe(unsure.length > 0)
        if ((flags & SAME) !== 0) for (const earlier of unsure) expect(earlier.told).toBe(told)
      }
    })
  })

  it('[OB6] no more is in flight than the window has room for', () => {
    always(({ broken }) => expect(broken).toEqual([]))
  })

  it('[OB9] nothing is repeated that was first written longer ago than the server remembers', () => {
    always(({ server, again }) => {
      const first = new Map<string, number>()
      for (const { id, at, flags } of server.written) {
        if (flags === 0) first.set(id, at)
        else if (!again.has(id)) expect(at - first.get(id)!).toBeLessThanOrEqual(limits.dedupeMs)
      }
    })
  })
})
