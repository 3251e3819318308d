import fc from 'fast-check'
import { fateOf, message, playedRig, refOf, type Sent } from '../support/outbox.js'

const many = (count: number, room = 'r'): Sent[] =>
  Array.from({ length: count }, (_, n) => message(`${room}${n + 1}`, room))

describe('a link that is closed for what was written', () => {
  it('[OB17] [PR100] what was in flight goes one at a time, in its order, and nothing beside it; then all goes on', () => {
    const { up, poisoned, put, ack, wrote } = playedRig()
    up()
    const [a, b, x] = [...many(2), ...many(1, 'x')] as [Sent, Sent, Sent]
    put(a, b, x)
    wrote()
    poisoned()
    put(...many(2, 'new'))
    up()
    expect(wrote()).toEqual(['x1*'])
    ack(x)
    expect(wrote()).toEqual(['r1*'])
    ack(a)
    expect(wrote()).toEqual(['r2*'])
    ack(b)
    expect(wrote()).toEqual(['new1', 'new2 after 4'])
  })

  it('[OB17] [PR101] what alone was in flight at two such closes is poison; its lane goes on in order', () => {
    const { up, poisoned, put, ack, wrote, box } = playedRig()
    up()
    const [a, b, c] = many(3) as [Sent, Sent, Sent]
    put(a, b, c)
    poisoned()
    up()
    ack(a)
    wrote()
    poisoned()
    expect(fateOf(b)).toBeUndefined()
    up()
    expect(wrote()).toEqual(['r2*'])
    poisoned()
    expect([a, b, c].map(fateOf)).toEqual(['right', 'delivery/poison, executed: unknown', undefined])
    up()
    expect(wrote()).toEqual(['r3*'])
    ack(c)
    expect([fateOf(c), box.totals.fates.quarantined, box.totals.entries]).toEqual(['right', 1, 0])
  })

  it('[OB17] other closes, and closes with others in flight, convict nobody', () => {
    const { up, down, poisoned, put, ack } = playedRig()
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a, b)
    for (let time = 0; time < 3; time++) {
      down()
      up()
    }
    poisoned()
    up()
    for (let time = 0; time < 3; time++) {
      down()
      up()
    }
    ack(a)
    ack(b)
    expect([a, b].map(fateOf)).toEqual(['right', 'right'])
  })

  it('[OB17] one that is not the largest message of its link is not to blame for its size', () => {
    const { up, poisoned, put, ack, box } = playedRig()
    up()
    const [a] = many(1) as [Sent]
    put(a)
    for (let time = 0; time < 5; time++) {
      poisoned(100)
      up()
    }
    poisoned(99)
    up()
    expect(fateOf(a)).toBeUndefined()
    poisoned(99)
    expect([fateOf(a), box.totals.fates.quarantined]).toEqual(['delivery/poison, executed: unknown', 1])
    ack(a)
  })

  it('[OB17] a room that pauses holds up nothing but its own suspects; one that may be written waits for what flies', () => {
    const { up, poisoned, put, ack, wrote, joining, turn } = playedRig()
    up()
    const [a, x] = [many(1)[0]!, many(1, 'x')[0]!]
    put(a, x)
    poisoned()
    joining.add('r').add('x')
    const others = many(2, 'other')
    put(others[0]!)
    wrote()
    up()
    expect(wrote()).toEqual(['other1'])
    turn(() => joining.delete('r'))
    put(others[1]!)
    expect(wrote()).toEqual([])
    ack(others[0]!)
    expect(wrote()).toEqual(['r1*'])
    ack(a)
    expect(wrote()).toEqual(['other2'])
  })

  it('[OB17] what the server has refused for now is no suspect any more', () => {
    const { up, poisoned, put, ack, refuse, wrote, time } = playedRig()
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a, b)
    poisoned()
    up()
    wrote()
    refuse(a, 'delivery/rate', 'retry', { retryAfterMs: 10 })
    time.advanceBy(200)
    ack(a)
    ack(b)
    expect([a, b].map(fateOf)).toEqual(['right', 'right'])
  })

  it('[OB17] [P20] whatever is poison, it is given up after at most three closes, and the rest arrives in order', () => {
    const plans = fc.record({
      messages: fc.array(
        fc.record({ room: fc.constantFrom('a', 'b', 'c'), isPoison: fc.integer({ max: 9, min: 0 }).map((n) => n < 2) }),
        { maxLength: 40 },
      ),
      inFlight: fc.integer({ min: 1, max: 16 }),
      answers: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(plans, ({ messages, inFlight, answers }) => {
        const { up, poisoned, put, ack, wrote } = playedRig({ inFlight })
        const all = messages.map(({ room, isPoison }, at) => ({
          isPoison,
          room,
          ...message(`${isPoison ? 'poison' : 'm'}${at}`, room),
        }))
        const arrived: string[] = []
        let closes = 0
        put(...all)
        up()
        while (all.some(({ results }) => results.length === 0)) {
          wrote()
          for (const sent of all.filter((sent) => refOf(sent) > 0).slice(0, answers)) {
            if (sent.isPoison) break
            arrived.push(sent.given.id)
            ack(sent)
          }
          const flying = all.filter((sent) => refOf(sent) > 0)
          const poison = flying.find(({ isPoison }) => isPoison)
          if (flying.length === 0 && all.some(({ results }) => results.length === 0))
            throw new Error('nothing is written any more')
          if (poison) {
            closes++
            poisoned()
            up()
          } else
            for (const sent of flying) {
              arrived.push(sent.given.id)
              ack(sent)
            }
        }
        const poisons = all.filter(({ isPoison }) => isPoison).length
        expect(all.map(fateOf)).toEqual(
          all.map(({ isPoison }) => (isPoison ? 'delivery/poison, executed: unknown' : 'right')),
        )
        expect(closes).toBeLessThanOrEqual(3 * poisons)
        for (const name of ['a', 'b', 'c']) {
          const given = all.filter(({ room, isPoison }) => room === name && !isPoison).map(({ given }) => given.id)
          expect(arrived.filter((id) => given.includes(id))).toEqual(given)
        }
      }),
    )
  })
})
