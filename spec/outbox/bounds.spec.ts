import type { Message } from '../../lib/outbox/message.js'
import { survivors } from '../support/collect.js'
import { limits } from '../support/lanes.js'
import { heapBytes } from '../support/memory.js'
import { fateOf, give, giveUp, message, outboxRig, playedRig, type Sent, takeBack } from '../support/outbox.js'

const many = (count: number, room = 'r'): Sent[] =>
  Array.from({ length: count }, (_, n) => message(`${room}${n + 1}`, room))

describe('the bounds of the outbox', () => {
  it('[OB5] takes so many messages and bytes, and says which bound was met', () => {
    const { put, turn, box } = playedRig({ entries: 3, bytes: 1_000 })
    const few = many(4)
    put(...few)
    expect(few.map(fateOf)).toEqual([undefined, undefined, undefined, 'delivery/full, executed: no'])
    turn(() => takeBack(box, few[0]!))
    const large = message('large', 'r', 801)
    const fits = message('fits', 'r', 800)
    put(large, fits)
    expect([large, fits].map(fateOf)).toEqual(['delivery/full, executed: no', undefined])
    expect([box.totals.entries, box.totals.bytes]).toEqual([3, 1_000])
  })

  it('[OB5] what was written before, and finds no place when it is sent again, may have arrived', () => {
    const { up, put, turn, box, time } = playedRig({ entries: 1 })
    up()
    const [a, b] = many(2) as [Sent, Sent]
    turn(() => give(box, a, 10))
    time.advanceBy(10)
    put(b)
    const again = message('r1', 'r', 100, { isNamed: true })
    put(again)
    expect(fateOf(again)).toBe('delivery/full, executed: unknown')
  })

  it('[OB5] what is larger than the server takes is settled, also when a later server takes less', () => {
    const { up, down, put, wrote } = playedRig()
    up()
    const [a] = many(1) as [Sent]
    put(a)
    const large = message('large', 'r', limits.messageBytes + 1)
    put(large)
    expect(fateOf(large)).toBe('delivery/too-large, executed: no')
    down()
    up({ limits: { ...limits, messageBytes: 50 } })
    expect(fateOf(a)).toBe('delivery/too-large, executed: unknown')
    expect(wrote()).toEqual(['r1'])
  })

  it('[OB6] the window: so many messages, so many bytes, and no more than the socket takes', () => {
    const { up, put, ack, wrote, buffer, turn } = playedRig({ inFlight: 3, inFlightBytes: 1_000, highWaterBytes: 500 })
    up()
    const small = many(5)
    put(...small)
    expect(wrote()).toHaveLength(3)
    ack(small[0]!)
    expect(wrote()).toEqual(['r4 after 3'])
    for (const sent of small.slice(1)) ack(sent)
    wrote()
    put(message('x1', 'x', 999), message('x2', 'x', 999), message('x3', 'x', 1))
    expect(wrote()).toEqual(['x1', 'x2 after 6'])

    const other = playedRig({ highWaterBytes: 500 })
    other.up()
    other.buffer(500)
    other.put(...many(2))
    expect(other.wrote()).toEqual([])
    other.buffer(499)
    other.turn(() => undefined)
    expect(other.wrote()).toHaveLength(2)
    buffer(0)
    turn(() => undefined)
  })

  it('[OB13] rooms take turns: one with much to send does not hold up the others', () => {
    const { up, put, ack, wrote } = playedRig({ inFlight: 2 })
    up()
    const much = many(50, 'much')
    const other = many(3, 'other')
    put(...much, ...other)
    expect(wrote()).toEqual(['much1', expect.stringMatching(/^other1/)])
    ack(much[0]!)
    ack(other[0]!)
    expect(wrote().map((text) => text.split(' ')[0])).toEqual(['much2', 'other2'])
    ack(much[1]!)
    ack(other[1]!)
    expect(wrote().map((text) => text.split(' ')[0])).toEqual(['much3', 'other3'])
  })

  it('[OB13] a room that joins, is refused or pauses holds up itself alone', () => {
    const { up, put, refuse, wrote, joining, turn } = playedRig()
    up()
    joining.add('joining')
    const [paused] = many(1, 'paused') as [Sent]
    put(paused)
    refuse(paused, 'delivery/rate', 'retry', { retryAfterMs: 60_000 })
    wrote()
    put(...many(2, 'joining'), ...many(1, 'free'))
    expect(wrote()).toEqual([expect.stringMatching(/^free1/)])
    turn(() => joining.clear())
    expect(wrote().map((text) => text.split(' ')[0])).toEqual(['joining1', 'joining2'])
  })

  it('[OB7] is taken back as long as the server cannot have it, and counted; not later', () => {
    const { up, put, refuse, ack, turn, box, wrote } = playedRig()
    const [a, b, c] = many(3) as [Sent, Sent, Sent]
    put(a, b, c)
    const taken: boolean[] = []
    const withdraw = (sent: Sent): void => turn(() => taken.push(takeBack(box, sent)))
    withdraw(b)
    up()
    expect(wrote()).toEqual(['r1', 'r3 after 1'])
    withdraw(a)
    refuse(c, 'delivery/rate', 'retry', { retryAfterMs: 1_000 })
    withdraw(c)
    ack(a)
    expect(taken).toEqual([true, false, true])
    expect([a, b, c].map(fateOf)).toEqual(['right', undefined, undefined])
    expect([box.totals.fates.withdrawn, box.totals.entries]).toEqual([2, 0])
  })

  it('[OB8] expires at its age limit, and says whether it was ever written', () => {
    const { up, put, turn, box, time } = playedRig({ ageMs: 5_000 })
    const [a, b] = many(2) as [Sent, Sent]
    turn(() => give(box, a, 100))
    time.advanceBy(100)
    expect(fateOf(a)).toBe('delivery/timeout, executed: no')
    put(b)
    up()
    time.advanceBy(4_999)
    expect(fateOf(b)).toBeUndefined()
    time.advanceBy(1)
    expect(fateOf(b)).toBe('delivery/timeout, executed: unknown')
    expect(box.totals.entries).toBe(0)
  })

  it('[OB8] each at its own age limit, in whatever order they were given and whatever became of the others', () => {
    const { turn, box, time } = playedRig({ ageMs: 5_000 })
    const [a, b, c, d, e] = many(5) as [Sent, Sent, Sent, Sent, Sent]
    const all = [a, b, c, d, e]
    const expired = () => all.flatMap((sent, at) => (fateOf(sent) === undefined ? [] : ['abcde'[at]])).join('')
    turn(() => {
      give(box, a)
      give(box, b, 300)
      give(box, c, 100)
      give(box, d, 100)
      give(box, e, 200)
      takeBack(box, c)
    })
    const seen = [99, 1, 99, 1, 99, 1, 4_699, 1].map((ms) => {
      time.advanceBy(ms)
      return expired()
    })
    expect(seen).toEqual(['', 'd', 'd', 'de', 'de', 'bde', 'bde', 'abde'])
  })

  it('[OB9] what was first written too long ago is not written again: the server may have forgotten', () => {
    const { up, down, put, wrote, time } = playedRig()
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a)
    down()
    time.advanceBy(0.9 * limits.dedupeMs)
    put(b)
    up()
    down()
    expect(wrote()).toEqual(['r1', 'r1*', 'r2 after 1'])
    time.advanceBy(1)
    up()
    expect(wrote()).toEqual(['r2*'])
    expect(fateOf(a)).toBe('delivery/unknown, executed: unknown')
  })

  it('[OB9] nor what was written before a sleep that only the calendar has counted', () => {
    let calendar = 1_000_000
    const { up, down, put, wrote } = playedRig({}, undefined, { wall: () => calendar })
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a)
    down()
    calendar += 0.9 * limits.dedupeMs
    put(b)
    up()
    down()
    expect(wrote()).toEqual(['r1', 'r1*', 'r2 after 1'])
    calendar++
    up()
    expect(wrote()).toEqual(['r2*'])
    expect([a, b].map(fateOf)).toEqual(['delivery/unknown, executed: unknown', undefined])
    calendar = 0
    down()
    up()
    expect(wrote()).toEqual(['r2*'])
  })

  it('[OB11] when nothing is acknowledged the link is suspect; when then still nothing is, it is given up', () => {
    const { up, put, ack, overdue, time, down } = playedRig()
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a, b)
    time.advanceBy(9_999)
    expect(overdue).toEqual([])
    time.advanceBy(1)
    expect(overdue).toEqual([false])
    ack(a)
    time.advanceBy(10_000)
    expect(overdue).toEqual([false, false])
    time.advanceBy(10_000)
    expect(overdue).toEqual([false, false, true])
    down()
    time.advanceBy(60_000)
    expect(overdue).toHaveLength(3)
    up()
    ack(b)
    time.advanceBy(60_000)
    expect(overdue).toHaveLength(3)
  })

  it('[OB11] a server that says goodbye gets no new publishes, and answers those that it has', () => {
    const { up, down, put, ack, wrote, turn, box } = playedRig()
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a)
    turn(box.sender.pause)
    put(b)
    ack(a)
    expect([wrote(), fateOf(a)]).toEqual([['r1'], 'right'])
    down()
    up()
    expect(wrote()).toEqual(['r2'])
  })

  it('[OB3] closing settles everything, each with what can be said of it', () => {
    const { up, put, turn, box, time } = playedRig({ inFlight: 1 })
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a, b)
    turn(box.close)
    expect([a, b].map(fateOf)).toEqual(['delivery/closed, executed: unknown', 'delivery/closed, executed: no'])
    expect(time.pending()).toBe(0)
  })

  it('[OB3] answers about what is not in flight are not for it', () => {
    const { up, put, turn, box } = playedRig()
    up()
    const [a] = many(1) as [Sent]
    put(a)
    turn(() => {
      box.sender.ack(['a', 'E', 0, 999, 1, 1])
      box.sender.refuse({ t: 'refused', ref: 999, code: 'x', message: 'x', kind: 'terminal' })
      box.sender.refuse({ t: 'refused', code: 'x', message: 'x', kind: 'terminal' })
    })
    expect(fateOf(a)).toBeUndefined()
  })

  it('[OB3] [P19] a room that always has something in flight keeps nothing of what was acknowledged', () => {
    const { up, put, ack } = playedRig()
    up()
    let last = message('m0', 'r', 1_000)
    put(last)
    const send = (n: number): void => {
      const next = message(`m${n}`, 'r', 1_000)
      put(next)
      ack(last)
      last = next
    }
    for (let n = 1; n < 500; n++) send(n)
    const before = heapBytes()
    for (let n = 500; n < 10_500; n++) send(n)
    expect(heapBytes() - before).toBeLessThan(5_000_000)
  })

  it('[OB3] [P19] lets go of each message once it is settled, although others never end', async () => {
    const { up, put, ack, turn, box } = playedRig()
    up()
    const settled: WeakRef<Message>[] = []
    let last = message('m0')
    put(last)
    const send = (n: number): void => {
      const next = message(`m${n}`)
      put(next)
      ack(last)
      if (last.entry) settled.push(new WeakRef(last.entry))
      last = next
    }
    for (let n = 1; n < 50; n++) send(n)
    const withdraw = (n: number): void => {
      const sent = message(`w${n}`, 'elsewhere')
      turn(() => {
        give(box, sent)
        giveUp(box, sent)
      })
      if (sent.entry) settled.push(new WeakRef(sent.entry))
    }
    for (let n = 1; n < 50; n++) withdraw(n)
    expect([await survivors(settled), box.totals.entries]).toEqual([0, 1])
  })

  it('[OB3] [P19] asks for a connection, and keeps nothing of rooms that it has nothing for', () => {
    const { box, turn, needs, time } = outboxRig()
    const send = (n: number): void => {
      const sent = message(`m${n}`, `room ${n}`)
      turn(() => give(box, sent))
      turn(() => takeBack(box, sent))
    }
    for (let n = 0; n < 100; n++) send(n)
    const before = heapBytes()
    for (let n = 100; n < 20_100; n++) send(n)
    expect(heapBytes() - before).toBeLessThan(1_500_000)
    expect([needs(), time.pending()]).toEqual([20_100, 0])
  })
})
