import { fateOf, give, message, playedRig, type Sent } from '../support/outbox.js'

const many = (count: number): Sent[] => Array.from({ length: count }, (_, n) => message(`r${n + 1}`))

describe('the outbox', () => {
  it('[OB1] writes a room’s messages in order, each naming the nearest earlier one that is unsettled', () => {
    const { up, put, ack, wrote } = playedRig()
    up()
    const [a, b, c, d] = many(4) as [Sent, Sent, Sent, Sent]
    put(a, b)
    expect(wrote()).toEqual(['r1', 'r2 after 1'])
    ack(b)
    put(c)
    expect(wrote()).toEqual(['r3 after 1'])
    ack(a)
    ack(c)
    put(d)
    expect(wrote()).toEqual(['r4'])
    expect([a, b, c, d].map(fateOf)).toEqual(['right', 'right', 'right', undefined])
  })

  it('[OB1] what is sent again after it was given up keeps its place: later ones do not overtake those in flight', () => {
    const { up, put, wrote, turn, box, time } = playedRig()
    up()
    const [a, b, c] = many(3) as [Sent, Sent, Sent]
    turn(() => give(box, a, 1_000))
    put(b)
    time.advanceBy(1_000)
    expect(fateOf(a)).toBe('delivery/timeout, executed: unknown')
    const again = message('r1', 'r', 100, { isNamed: true })
    put(again, c)
    expect(wrote()).toEqual(['r1', 'r2 after 1', 'r1*', 'r3 after 2'])
  })

  it('[OB2] a lost link brings back what was in flight, in order, and it is written again with the same id and seq', () => {
    const { up, down, put, ack, wrote, time } = playedRig()
    up()
    const [a, b, c] = many(3) as [Sent, Sent, Sent]
    put(a, b)
    ack(a)
    const seq = b.entry?.seq
    down()
    put(c)
    time.advanceBy(60)
    wrote()
    up()
    expect(wrote()).toEqual(['r2*', 'r3 after 2'])
    expect(b.entry?.seq).toBe(seq)
    // What the old link still says is of the past.
    expect(b.results).toEqual([])
  })

  it('[OB12] `same` says that the server is the one that it was', () => {
    const { up, down, put, wrote } = playedRig()
    const [a] = many(1) as [Sent]
    up({ lanes: 'L1' })
    put(a)
    down()
    up({ lanes: 'L1' })
    down()
    up({ lanes: 'L2' })
    down()
    up({ lanes: 'L2' })
    expect(wrote()).toEqual(['r1', 'r1=', 'r1*', 'r1*'])
  })

  it('[OB12] what was refused for now was never written, as far as the retry flag is concerned', () => {
    const { up, down, put, refuse, wrote, time } = playedRig()
    const [a] = many(1) as [Sent]
    up()
    put(a)
    refuse(a, 'delivery/rate', 'retry')
    time.advanceBy(200)
    expect(wrote()).toEqual(['r1', 'r1'])
    refuse(a, 'delivery/unavailable', 'retry')
    time.advanceBy(1_000)
    expect(wrote()).toEqual(['r1*'])
    refuse(a, 'delivery/rate', 'retry')
    time.advanceBy(1_000)
    expect(wrote()).toEqual(['r1*'])
    down()
    up()
    expect(wrote()).toEqual(['r1*'])
  })

  it('[OB10] after a refusal for now the room waits until all in flight have come back, and writes them in order', () => {
    const { up, put, ack, refuse, wrote, time } = playedRig()
    up()
    const [a, b, c, d] = many(4) as [Sent, Sent, Sent, Sent]
    put(a, b, c)
    wrote()
    refuse(a, 'delivery/rate', 'retry', { retryAfterMs: 100, spreadMs: 50 })
    put(d)
    time.advanceBy(1_000)
    expect(wrote()).toEqual([])
    refuse(b, 'delivery/order', 'retry')
    refuse(c, 'delivery/order', 'retry')
    expect(wrote()).toEqual(['r1', 'r2 after 1', 'r3 after 2', 'r4 after 3'])
    ack(a)
    expect(fateOf(a)).toBe('right')
  })

  it('[OB10] it waits as the server asks, else longer each time; a shorter wish does not shorten a longer one', () => {
    const { up, put, ack, refuse, wrote, time } = playedRig({}, () => 0.999)
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a, b)
    wrote()
    refuse(a, 'delivery/rate', 'retry', { retryAfterMs: 5_000 })
    refuse(b, 'delivery/rate', 'retry', { retryAfterMs: 10 })
    time.advanceBy(4_999)
    expect(wrote()).toEqual([])
    time.advanceBy(1)
    expect(wrote()).toHaveLength(2)
    ack(b)
    const pauses = [1_000, 2_000, 4_000].map((ms) => {
      refuse(a, 'delivery/rate', 'retry')
      time.advanceBy(ms - 5)
      const early = wrote().length
      time.advanceBy(5)
      return [early, wrote().length]
    })
    expect(pauses).toEqual([[0, 1], [0, 1], [0, 1]]) // prettier-ignore
  })

  it('[OB4] a refusal for good settles one; the room goes on', () => {
    const { up, put, refuse, ack } = playedRig()
    up()
    const [a, b] = many(2) as [Sent, Sent]
    put(a, b)
    refuse(a, 'delivery/forbidden', 'terminal')
    ack(b)
    expect([a, b].map(fateOf)).toEqual(['delivery/forbidden, executed: no', 'right'])
  })

  it.each([
    ['delivery/unknown', 'unknown', 'delivery/unknown'],
    ['delivery/forgotten', 'unknown', 'delivery/forgotten'],
    ['room/of-a-later-version', 'unknown', 'room/of-a-later-version'],
  ] as const)('[OB4] %s (%s) does not say what became of it', (code, kind, told) => {
    const { up, put, refuse } = playedRig()
    up()
    const [a] = many(1) as [Sent]
    put(a)
    refuse(a, code, kind)
    expect(fateOf(a)).toBe(`${told}, executed: unknown`)
  })

  it('[OB4] a refusal for good of a repetition does not say what became of the first writing', () => {
    const { up, down, put, refuse } = playedRig()
    up()
    const [a] = many(1) as [Sent]
    put(a)
    down()
    up()
    refuse(a, 'delivery/forbidden', 'terminal')
    expect(fateOf(a)).toBe('delivery/forbidden, executed: unknown')
  })
})
