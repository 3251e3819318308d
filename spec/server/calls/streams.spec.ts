import * as E from '#fp/Either'
import { concat, interval, map, NEVER, Observable, of, range, Subject, take, throwError } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Declaration, declared } from '../../../lib/contract/declared.js'
import { world, type WorldOptions } from '../support/world.js'
import { call, type Handlers, shopAnswers, told } from './support.js'

type Answer = Either<Declaration<'gone', string>, string>

/** A stream whose answers come from outside; the number of its subscribers. */
const fed = (more: WorldOptions = {}) => {
  const answers = new Subject<Answer>()
  const ran = { begun: 0, ended: 0 }
  const made = world({
    authenticate: () => of({ user: 'ann' }),
    presence: { quietMs: 2_000, graceMs: 8_000 },
    ...more,
    calls: shopAnswers({
      offers: () =>
        new Observable<Answer>((to) => {
          ran.begun++
          const fed = answers.subscribe(to)
          return () => {
            ran.ended++
            fed.unsubscribe()
          }
        }),
    }),
  })
  let last = 0
  const say = (count = 1): void => {
    for (let said = 0; said < count; said++) answers.next(E.right(String(++last)))
  }
  return { ...made, answers, ran, say }
}

/** The values of numbers. */
const values = (ch: number, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `${ch} value ${from + at} "${from + at}"`)

const again = (ch: number, after: number, credit = after + 64) =>
  call(ch, 'offers', 1, { id: 'c1', again: true, after, credit })

describe('a stream', () => {
  it.each<[string, Handlers['offers'], readonly string[]]>([
    ['ends', () => [E.right('a'), E.right('b')], ['1 value 1 "a"', '1 value 2 "b"', '1 end 3']],
    ['ends without any', () => [], ['1 end 1']],
    ['errs', () => [E.right('a'), declared('gone', 'b'), E.right('c')], ['1 value 1 "a"', '1 error 2 gone "b"']],
    [
      'fails',
      () =>
        concat(
          of(E.right('a')),
          throwError(() => new Error('secret')),
        ),
      ['1 value 1 "a"', '1 call/failed terminal'],
    ],
    ['gives something else', () => [E.right('a'), 7 as never], ['1 value 1 "a"', '1 call/failed terminal']],
  ])('[SV187] [PR173] that %s has its replies in order, numbered from 1, up to one end', (_, offers, said) => {
    const { client, server } = world({ calls: shopAnswers({ offers }) })
    const peer = client()
    peer.send(call(1, 'offers', 1))
    expect(told(peer)).toEqual(said)
    peer.send({ t: 'credit', ch: 1, upTo: 100, seen: said.length })
    expect(server.metrics().running).toBe(0)
  })

  it('[SV188] [PR181] has as many replies on their way as its client allows, 64 by default', () => {
    const { client, say } = fed()
    const [peer, other] = [client(), client()]
    peer.send(call(1, 'offers', 1, { credit: 3 }))
    other.send(call(9, 'offers', 1))
    say(70)
    expect(told(peer)).toEqual(values(1, 1, 3))
    expect(told(other)).toEqual(values(9, 1, 64))
    peer.send({ t: 'credit', ch: 1, upTo: 5, seen: 3 }, { t: 'credit', ch: 1, upTo: 4, seen: 3 })
    expect(told(peer)).toEqual(values(1, 4, 5))
    peer.send({ t: 'credit', ch: 2, upTo: 50, seen: 0 }, { t: 'credit', ch: 1, upTo: 100, seen: 5 })
    expect(told(peer)).toEqual(values(1, 6, 70))
  })

  it.each<[string, (read: (n: number) => string, ended: () => void) => ReturnType<Handlers['offers']>]>([
    [
      'a generator',
      (read, ended) =>
        (function* () {
          try {
            for (let n = 1; ; n++) yield E.right(read(n))
          } finally {
            ended()
          }
        })(),
    ],
    [
      'an iterator that is no generator',
      (read, ended) => ({
        [Symbol.iterator]: () => {
          let n = 0
          return {
            next: () => ({ done: false, value: E.right(read(++n)) }),
            return: () => {
              ended()
              return { done: true, value: undefined }
            },
          }
        },
      }),
    ],
  ])('[SV188] [PR181] reads %s as the client takes the replies, and ends it', (_, offers) => {
    let [last, ended] = [0, 0]
    const read = (n: number): string => {
      last = n
      return String(n)
    }
    const { client, time, server } = world({
      authenticate: () => of({ user: 'ann' }),
      calls: shopAnswers({ offers: () => offers(read, () => void ended++) }),
    })
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 100 }))
    time.advanceBy(1)
    expect([told(peer), last]).toEqual([values(1, 1, 100), 100])
    peer.send({ t: 'credit', ch: 1, upTo: 102, seen: 100 })
    peer.drop()
    expect(last).toBe(102)
    const other = client()
    other.send(again(2, 101, 103))
    expect([told(other), last, ended]).toEqual([values(2, 102, 103), 103, 0])
    other.send({ t: 'cancel', id: 'c1' })
    expect([ended, server.metrics().running]).toEqual([1, 0])
  })

  it('[SV188] [PR181] reads a list to its end, however long it is, without a gap', () => {
    const { client, time } = world({
      calls: shopAnswers({ offers: () => Array.from({ length: 3_000 }, (_, at) => E.right(String(at + 1))) }),
    })
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 10_000 }))
    time.advanceBy(1)
    expect(told(peer)).toEqual([...values(1, 1, 3_000), '1 end 3001'])
  })

  it('[SV188] [PR181] reads an async generator one by one', async () => {
    let last = 0
    const { client } = world({
      calls: shopAnswers({
        async *offers() {
          for (const n of [1, 2, 3]) yield E.right(String(await Promise.resolve((last = n))))
        },
      }),
    })
    const peer = client()
    const heard: string[] = []
    const until = async (count: number): Promise<void> => {
      while (heard.length < count) {
        await Promise.resolve()
        heard.push(...told(peer))
      }
    }
    peer.send(call(1, 'offers', 1, { credit: 2 }))
    await until(2)
    expect([heard, last]).toEqual([values(1, 1, 2), 2])
    peer.send({ t: 'credit', ch: 1, upTo: 10, seen: 2 })
    await until(4)
    expect(heard).toEqual([...values(1, 1, 3), '1 end 4'])
  })

  it.each<[string, Handlers['offers']]>([
    [
      'throws at its beginning',
      () => ({
        [Symbol.iterator]: () => {
          throw new Error('secret')
        },
      }),
    ],
    [
      'throws later',
      () => ({
        [Symbol.iterator]: () => ({
          next: () => {
            throw new Error('secret')
          },
        }),
      }),
    ],
  ])('[SV165] [PR183] whose list %s fails without any text', (_, offers) => {
    const { client, faults } = world({ calls: shopAnswers({ offers }) })
    const peer = client()
    peer.send(call(1, 'offers', 1))
    expect(told(peer)).toEqual(['1 call/failed terminal'])
    expect(faults).toMatchObject([{ where: 'call', message: 'offers: secret' }])
  })

  it('[SV188] [PR181] loses nothing to a client that reports more than it got', () => {
    const { client, say } = fed()
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 1 }))
    say(3)
    peer.send({ t: 'credit', ch: 1, upTo: 3, seen: 1_000 })
    expect(told(peer)).toEqual(values(1, 1, 3))
  })

  it('[SV188] [PR181] ends within its credit', () => {
    const { client } = world({ calls: shopAnswers({ offers: () => [E.right('a')] }) })
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 1 }))
    expect(told(peer)).toEqual(['1 value 1 "a"'])
    peer.send({ t: 'credit', ch: 1, upTo: 2, seen: 1 })
    expect(told(peer)).toEqual(['1 end 2'])
  })

  it('[SV189] [PR181] without credit keeps the latest 1 024 replies, and one gap stands for those before', () => {
    const { client, say } = fed()
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 2 }))
    say(2_000)
    expect(told(peer)).toEqual(values(1, 1, 2))
    peer.send({ t: 'credit', ch: 1, upTo: 3, seen: 2 })
    expect(told(peer)).toEqual(['1 gap 976'])
    peer.send({ t: 'credit', ch: 1, upTo: 978, seen: 976 })
    expect(told(peer)).toEqual(values(1, 977, 978))
  })

  it('[SV189] [PR181] keeps at most 256 KiB of replies, and those of a user at most the budget', () => {
    const big = 'x'.repeat(60_000)
    const { client, answers } = fed({ budgets: { user: { replyBytes: 200_000 } } })
    const [peer, other] = [client(), client()]
    peer.send(call(1, 'offers', 1, { credit: 1 }))
    for (let n = 0; n < 10; n++) answers.next(E.right(big))
    peer.send({ t: 'credit', ch: 1, upTo: 100, seen: 1 })
    const [first, gap, ...rest] = peer.all('reply')
    expect([first?.is, gap?.is, gap?.n, rest.length]).toEqual(['value', 'gap', 7, 3])
    other.send(call(1, 'offers', 1, { id: 'other', credit: 1 }))
    for (let n = 0; n < 10; n++) answers.next(E.right(big))
    other.send({ t: 'credit', ch: 1, upTo: 100, seen: 1 })
    expect(other.all('reply').map(({ is, n }) => `${is} ${n}`)).toEqual(['value 1', 'gap 9', 'value 10'])
  })

  it('[SV189] [PR181] that floods keeps the latest, and blocks no other client', () => {
    const { client, server } = world({
      authenticate: ({ instance }) => of({ user: instance }),
      calls: shopAnswers({
        price: () => [E.right(1)],
        offers: () => range(1, 50_000).pipe(map((n) => E.right(String(n)))),
      }),
    })
    const [peer, other] = [client(), client()]
    peer.send(call(1, 'offers', 1, { credit: 1_000_000 }))
    other.send(call(1, 'price', 'tea'))
    expect(told(other)).toEqual(['1 last 1'])
    expect(told(peer).at(0)).toBe('1 gap 48977')
    expect(server.metrics().running).toBe(1)
  })

  it('[SV190] [PR182] continues on another link after the last reply that arrived', () => {
    const { client, say, ran, time } = fed()
    const peer = client()
    peer.send(call(1, 'offers', 1))
    say(5)
    peer.drop()
    time.advanceBy(9_999)
    say(2)
    const other = client()
    other.send(again(7, 3))
    say(1)
    expect([told(other), ran]).toEqual([values(7, 4, 8), { begun: 1, ended: 0 }])
    time.advanceBy(60_000)
    expect(ran.ended).toBe(0)
  })

  it('[SV190] [PR182] tells a gap where the replies after the last one are no longer kept', () => {
    const { client, say, time } = fed()
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 5_000 }))
    say(10)
    peer.drop()
    say(2_000)
    const other = client()
    other.send(again(1, 4, 5_000))
    time.advanceBy(1)
    expect(told(other).slice(0, 2)).toEqual(['1 gap 986', '1 value 987 "987"'])
    expect(other.all('reply')).toHaveLength(1_025)
  })

  it('[SV190] [PR182] writes its end again to a client that comes back for it', () => {
    const { client, say, answers, time, server } = fed()
    const peer = client()
    peer.send(call(1, 'offers', 1))
    say(2)
    answers.complete()
    peer.drop()
    time.advanceBy(9_000)
    const other = client()
    other.send(again(1, 1))
    expect(told(other)).toEqual(['1 value 2 "2"', '1 end 3'])
    time.advanceBy(9_999)
    expect(server.metrics().running).toBe(1)
    time.advanceBy(1)
    expect(server.metrics().running).toBe(0)
    const late = client()
    late.send(again(1, 1))
    expect(told(late)).toEqual(['1 call/lost retry'])
  })

  it('[SV191] [PR182] ends if its client does not come back within quiet and grace time, and is lost then', () => {
    const { client, ran, time, say } = fed()
    const peer = client()
    peer.send(call(1, 'offers', 1))
    say(1)
    peer.drop()
    time.advanceBy(9_999)
    expect(ran).toEqual({ begun: 1, ended: 0 })
    time.advanceBy(1)
    expect(ran).toEqual({ begun: 1, ended: 1 })
    const other = client()
    other.send(again(1, 0))
    expect([told(other), ran.begun]).toEqual([['1 call/lost retry'], 1])
  })

  it('[SV191] [PR182] ends at once with a client that says that it leaves, and with a cancel', () => {
    const { client, ran, server } = fed()
    const [peer, other] = [client(), client()]
    peer.send(call(1, 'offers', 1), call(2, 'offers', 1))
    other.send({ t: 'cancel', id: 'c1' })
    expect(ran).toEqual({ begun: 2, ended: 1 })
    peer.send({ t: 'quit' })
    peer.drop()
    expect([ran, server.metrics().running]).toEqual([{ begun: 2, ended: 2 }, 0])
  })

  it('[SV191] [PR182] that goes on under another number ends under the earlier one', () => {
    const { client, say } = fed()
    const [peer, other] = [client(), client()]
    peer.send(call(1, 'offers', 1))
    say(2)
    other.send(again(5, 1))
    say(1)
    expect([told(peer), told(other)]).toEqual([[...values(1, 1, 2), '1 call/lost retry'], values(5, 2, 3)])
    peer.drop()
    say(1)
    expect(told(other)).toEqual(values(5, 4, 4))
  })

  it('[SV192] [PR175] without a first reply in time is late and ends; a later pause does not matter', () => {
    const { client, say, ran, time } = fed()
    const peer = client()
    peer.send(call(1, 'offers', 1, { withinMs: 100 }))
    time.advanceBy(100)
    expect([told(peer), ran]).toEqual([['1 call/late retry'], { begun: 1, ended: 1 }])
    peer.send(call(2, 'offers', 1, { withinMs: 100 }))
    say(1)
    time.advanceBy(5_000)
    say(1)
    expect([told(peer), ran.ended]).toEqual([['2 value 1 "1"', '2 value 2 "2"'], 1])
  })

  it('[SV193] writes no more than the connection has room for, and goes on as it drains', () => {
    const { client, say, answers } = fed({ highWaterBytes: 4_096 })
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 10_000 }))
    peer.stop()
    for (let n = 0; n < 100; n++) answers.next(E.right('x'.repeat(1_000)))
    expect(peer.buffered()).toBeLessThan(8_192)
    peer.drain()
    expect(peer.all('reply')).toHaveLength(100)
    say(1)
    expect(peer.all('reply')).toHaveLength(101)
  })

  it('[SV198] [PR174] follows the life of its room while it runs, and not longer', () => {
    let following = 0
    const { client, time } = world({
      engine: (plain) => ({
        ...plain,
        tables: {
          ...plain.tables!,
          follow: (id, from) =>
            new Observable((to) => {
              const isHere = id.room === 'r' ? 1 : 0
              following += isHere
              to.add(plain.tables!.follow(id, from).subscribe(to))
              return () => void (following -= isHere)
            }),
        },
      }),
      calls: shopAnswers({ offers: () => NEVER }),
    })
    const peer = client()
    const { withinMs: _, ...endless } = call(1, 'offers', 1)
    peer.send(endless)
    time.advanceBy(120_000)
    expect(following).toBe(1)
    peer.send({ t: 'cancel', id: 'c1' })
    time.advanceBy(120_000)
    const other = client()
    other.send(call(1, 'price', 'tea', { room: 'other' }))
    time.advanceBy(1)
    expect(following).toBe(0)
  })

  it('[SV170] [PR184] that has ended does not count as running', () => {
    const { client } = world({
      budgets: { user: { running: 2 } },
      calls: shopAnswers({ offers: (n) => (n === 0 ? NEVER : [E.right('a')]) }),
    })
    const peer = client()
    for (let ch = 1; ch <= 10; ch++) peer.send(call(ch, 'offers', 1))
    expect(told(peer).filter((said) => said.includes('end'))).toHaveLength(10)
    for (let ch = 11; ch <= 13; ch++) peer.send(call(ch, 'offers', 0))
    expect(told(peer)).toEqual(['13 call/rate retry'])
  })

  it('[SV194] releases all memory and every subscription at the end of its client or its server', () => {
    const { client, say, ran, server, time } = fed()
    for (let n = 0; n < 3; n++) client().send(call(1, 'offers', 1, { id: `s${n}`, credit: 1 }))
    say(100)
    server.close()
    time.advanceBy(60_000)
    expect([ran, server.metrics().running]).toEqual([{ begun: 3, ended: 3 }, 0])
  })

  it('[SV187] [PR173] in virtual time, from a timer', () => {
    const { client, time } = world((clock) => ({
      calls: shopAnswers({
        offers: () =>
          interval(10, clock).pipe(
            take(3),
            map((n) => E.right(String(n))),
          ),
      }),
    }))
    const peer = client()
    peer.send(call(1, 'offers', 1))
    time.advanceBy(30)
    expect(told(peer)).toEqual(['1 value 1 "0"', '1 value 2 "1"', '1 value 3 "2"', '1 end 4'])
  })
})
