import type { Client } from '../../lib/client/client.js'
import { mailbox } from '../../lib/core/mailbox.js'
import { coalesceByKey, dropOldest } from '../../lib/outbox/overflow.js'
import { port } from '../../lib/client/port.js'
import { world } from '../../lib/testing/world.js'
import { metrics, outbox } from '../../lib/features/observe/index.js'
import { Chat, texts } from '../support/chat.js'
import { fateOf, message, playedRig, type Sent } from '../support/outbox.js'
import { codeOf, see } from '../support/seen.js'

const fail = (thrown: unknown): never => {
  throw thrown
}

const many = (count: number, room = 'r'): Sent[] =>
  Array.from({ length: count }, (_, n) => message(`${room}${n + 1}`, room))

const gone = 'delivery/dropped, executed: no'

describe('an outbox that is full', () => {
  it('[OB19] with reject the new message has no place', () => {
    const { put, box } = playedRig({ entries: 2 })
    const all = many(3)
    put(...all)
    expect(all.map(fateOf)).toEqual([undefined, undefined, 'delivery/full, executed: no'])
    expect(box.totals.fates).toMatchObject({ rejected: 1, dropped: 0 })
  })

  it('[OB19] with dropOldest the oldest of all rooms makes place, for so many messages and bytes as it takes', () => {
    const { put, box, time } = playedRig({ entries: 4, bytes: 500, overflow: dropOldest() })
    const [a, b, c, d] = [...many(2, 'x'), ...many(2, 'y')] as [Sent, Sent, Sent, Sent]
    for (const sent of [a, c, b, d]) {
      put(sent)
      time.advanceBy(1)
    }
    put(message('fifth'))
    expect([a, b, c, d].map(fateOf)).toEqual([gone, undefined, undefined, undefined])
    put(message('large', 'z', 400))
    expect([a, b, c, d].map(fateOf)).toEqual([gone, gone, gone, gone])
    expect(box.totals).toMatchObject({ entries: 2, bytes: 500, fates: { dropped: 4, rejected: 0 } })
  })

  it('[OB14] [OB19] what was adopted is older than what was given here, in its order, whatever the calendar said of it', () => {
    const { put, turn, box, adopt: takeOver } = playedRig({ entries: 4, overflow: dropOldest() })
    const kernel = { turns: mailbox(() => undefined, fail), diagnostics: { threw: fail } }
    const parts = { kernel, outbox: box, get: (of: (parts: unknown) => unknown) => of(parts), over: () => undefined }
    const client = { [port]: () => ({ parts, fault: undefined }) } as unknown as Client
    const own = message('own')
    put(own)
    const adopt = (id: string, seq: number, since: number): Sent => {
      const sent = message(id)
      const { room, event, text, bytes } = sent.given
      turn(() => {
        const posted = { id, room, event, text, bytes, isPosted: true, producer: `of ${id}`, seq, since }
        sent.entry = takeOver({ ...posted, writtenAt: undefined, lanes: undefined }, sent.waiter)
      })
      return sent
    }
    const [first, second, third] = [adopt('first', 9, 0), adopt('second', 3, -50_000), adopt('third', 1, -10)]
    expect(
      see(outbox(client).outbox$)
        .last()
        .entries.map(({ id }) => id),
    ).toEqual(['first', 'second', 'third', 'own'])
    put(message('x'), message('y'))
    expect([first, second, third, own].map(fateOf)).toEqual([gone, gone, undefined, undefined])
    put(message('z'), message('later'))
    expect([third, own].map(fateOf)).toEqual([gone, gone])
  })

  it('[OB19] what the server may have makes no place, and nothing is given up in vain', () => {
    const { up, put, box, turn } = playedRig({ entries: 3, bytes: 300, overflow: dropOldest(), inFlight: 2 })
    up()
    const [a, b, c, d] = many(4) as [Sent, Sent, Sent, Sent]
    put(a, b, c)
    const large = message('large', 'r', 101)
    put(large)
    expect([a, b, c, large].map(fateOf)).toEqual([undefined, undefined, undefined, 'delivery/full, executed: no'])
    put(d)
    expect([a, b, c, d].map(fateOf)).toEqual([undefined, undefined, gone, undefined])
    turn(box.close)
  })

  it('[OB20] with coalesceByKey the last of a key waits, in its own place; other keys, rooms and none are left alone', () => {
    const { up, put, wrote, box } = playedRig({ overflow: coalesceByKey(() => undefined) })
    const keyed = (id: string, key: string | undefined, room = 'r'): Sent => message(id, room, 100, { key })
    const [old, none, other, elsewhere] = [
      keyed('old', 'k'),
      keyed('none', undefined),
      keyed('other', 'o'),
      keyed('elsewhere', 'k', 'x'),
    ]
    put(old, none, other, elsewhere, keyed('new', 'k'), keyed('none 2', undefined))
    expect([old, none, other, elsewhere].map(fateOf)).toEqual([
      'delivery/superseded, executed: no',
      undefined,
      undefined,
      undefined,
    ])
    expect(box.totals).toMatchObject({ entries: 5, fates: { superseded: 1, rejected: 0 } })
    up()
    expect(wrote().filter((text) => !text.startsWith('elsewhere'))).toEqual([
      'none',
      'other after 2',
      'new after 3',
      'none 2 after 5',
    ])
  })

  it('[OB20] what was written is not replaced, nor replaces what is sent again; where there is no place the earlier stays', () => {
    const { up, down, put, box } = playedRig({ entries: 2, bytes: 200, overflow: coalesceByKey(() => 'k') })
    const keyed = (id: string, bytes = 100): Sent => message(id, 'r', bytes, { key: 'k' })
    const [written, waits, large] = [keyed('written'), keyed('waits'), keyed('large', 101)]
    up()
    put(written)
    down()
    put(waits, large)
    expect([written, waits, large].map(fateOf)).toEqual([undefined, undefined, 'delivery/full, executed: no'])
    expect(box.totals.fates).toMatchObject({ superseded: 0, rejected: 1 })
  })

  it('[OB20] [P6] by the client: only the last position of each waits, and each loss is told and counted', () => {
    const { client, time, end } = world()
    const [ana, ben] = [
      client({
        autoConnect: false,
        outbox: {
          entries: 10,
          overflow: coalesceByKey(({ event, data }) => `${event} ${(data as { text: string }).text[0]}`),
        },
      }),
      client(),
    ]
    const heard = see(ben.room('lobby', Chat).on('message'))
    const undelivered = see(ana.undelivered$)
    const counted = see(ana.with(metrics).metrics$)
    for (let n = 0; n < 50; n++) ana.room('lobby', Chat).post('message', { text: `${'ab'[n % 2]}${n}` })
    ana.connect()
    time.advanceBy(2_000)
    expect(texts(heard.all)).toEqual(['a48', 'b49'])
    expect(undelivered.all.map(({ error }) => error.code)).toEqual(undelivered.all.map(() => 'delivery/superseded'))
    expect(counted.last()).toMatchObject({ superseded: 48, undelivered: 48, acknowledged: 2, rejected: 0 })
    expect(end()).toBe(0)
  })

  it('[OB20] a key that throws or is no text is told once for each message, which then has none', () => {
    const { client, time, end } = world()
    let calls = 0
    const key = (): string => {
      if (calls++ === 0) throw new Error('no key')
      return 7 as never
    }
    const ana = client({ autoConnect: false, outbox: { overflow: coalesceByKey(key) } })
    const faults = see(ana.faults$)
    const sent = [1, 2, 3].map((n) => see(ana.room('lobby', Chat).send('message', { text: `${n}` })))
    expect(faults.all.map(({ _tag, message: said }) => `${_tag}: ${said}`)).toEqual([
      'FunctionThrew: coalesceByKey: no key',
      'FunctionThrew: coalesceByKey: it gave 7',
      'FunctionThrew: coalesceByKey: it gave 7',
    ])
    ana.connect()
    time.advanceBy(1_000)
    expect(sent.map((each) => codeOf(each.only()))).toEqual(['', '', ''])
    expect(end()).toBe(0)
  })
})
