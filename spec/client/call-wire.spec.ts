import * as t from 'io-ts'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import { calls, command, query, stream } from '../../lib/features/calls/index.js'
import { type Input, step, type Stage } from '../../lib/features/calls/table.js'
import type { CallFrame, ClientFrame, Reply, Welcome } from '../../lib/protocol/frame.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { type Actor, joined, msg, stage, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const Shop = contract({
  events: { booked: t.number },
  calls: {
    free: query({ output: t.number }),
    book: command({ input: t.number, output: t.string, errors: { taken: t.strict({ by: t.string }) } }),
    count: stream({ output: t.number }),
  },
})

const isCall = (frame: ClientFrame): frame is CallFrame => 't' in frame && frame.t === 'call'
const callsAt = (actor: Actor): readonly CallFrame[] => actor.heard().filter(isCall)
const tagged = (actor: Actor, tag: string): readonly ClientFrame[] =>
  actor.heard().filter((frame) => 't' in frame && frame.t === tag)

const stageOf = (given: Partial<Welcome> = { commands: 'C1' }) => {
  let more = given
  const scene = stage((frame, to) => {
    if (!('t' in frame)) return
    if (frame.t === 'hello') to.say(welcome({ can: ['calls'], ...more }))
    if (frame.t === 'ping') to.say({ t: 'pong', n: frame.n })
    for (const { ch } of joinsOf(frame)) to.say(joined({ ch }))
  })
  const client = scene.client()
  const room = client.room('concert', Shop).with(calls)
  const reply = (at: number, frame: Omit<Reply, 't' | 'ch'>): void => {
    const actor = scene.actor()
    actor.say({ t: 'reply', ch: callsAt(actor)[at]!.ch, ...frame })
    scene.time.advanceBy(10)
  }
  const again = (welcomed: Partial<Welcome>): void => {
    more = welcomed
    scene.actor().close(1006)
    scene.time.advanceBy(5_000)
  }
  return { ...scene, client, room, reply, again }
}

describe('the frames of calls', () => {
  it('[CA6] a repeat has the same id, and tells the memory of commands that the first link had', () => {
    const { time, room, actor, reply, again } = stageOf()
    const book = see(room.call('book', 7, { id: 'b' }))
    const free = see(room.call('free', undefined, { id: 'f' }))
    time.advanceBy(100)
    const [first, second] = callsAt(actor())
    expect(first).toEqual({
      t: 'call',
      ch: first?.ch,
      id: 'b',
      name: 'book',
      kind: 'command',
      room: 'concert',
      data: 7,
      withinMs: first?.withinMs,
    })
    expect(second).toMatchObject({ id: 'f', name: 'free', kind: 'query' })
    expect(second).not.toHaveProperty('data')
    again({ commands: 'C2' })
    expect(callsAt(actor()).map(({ id, again: isAgain, commands }) => [id, isAgain, commands])).toEqual([
      ['b', true, 'C1'],
      ['f', true, 'C1'],
    ])
    const [repeated] = callsAt(actor())
    expect(repeated?.withinMs).toBeLessThan(first?.withinMs ?? 0)
    reply(0, { n: 1, is: 'last', data: 'seat 7' })
    reply(1, { n: 1, is: 'last', data: 3 })
    expect([right(book.only()), right(free.only())]).toEqual(['seat 7', 3])
  })

  it('[CA8] a stream asks for the replies after the last one; missing ones are a `Left` at their place', () => {
    const { time, room, actor, reply, again } = stageOf()
    const count = see(room.call('count', undefined, { window: 4 }))
    time.advanceBy(100)
    expect(callsAt(actor())[0]).toMatchObject({ kind: 'stream', after: 0, credit: 4 })
    reply(0, { n: 1, is: 'value', data: 1 })
    expect(tagged(actor(), 'credit')).toEqual([])
    reply(0, { n: 2, is: 'value', data: 2 })
    expect(tagged(actor(), 'credit')).toMatchObject([{ upTo: 6, seen: 2 }])
    again({})
    expect(callsAt(actor())[0]).toMatchObject({ again: true, after: 2, credit: 6 })
    reply(0, { n: 2, is: 'value', data: 2 })
    reply(0, { n: 5, is: 'gap' })
    reply(0, { n: 6, is: 'value', data: 6 })
    reply(0, { n: 7, is: 'end' })
    expect(count.all.map((result) => (E.isRight(result) ? result.right : result.left.code))).toEqual([
      1,
      2,
      'call/lost',
      6,
    ])
    expect(count.isComplete()).toBe(true)
  })

  it('[CA3] a cancel of a written call travels on the next link if there is none', () => {
    const { time, network, room, actor } = stageOf()
    const book = see(room.call('book', 7, { id: 'b' }))
    time.advanceBy(100)
    network.cut()
    book.stop()
    time.advanceBy(5_000)
    expect(callsAt(actor())).toEqual([])
    expect(tagged(actor(), 'cancel')).toEqual([{ t: 'cancel', id: 'b' }])
  })

  it('[CA13] a refusal says what has run, and an answer that does not match the contract is `decode/payload`', () => {
    const { time, room, actor, reply } = stageOf()
    const codes = ['call/rate', 'call/unknown', 'call/forgotten', 'server/new'] as const
    const all = codes.map(() => see(room.call('book', 1)))
    time.advanceBy(100)
    for (const [at, code] of codes.entries())
      actor().say({
        t: 'left',
        ch: callsAt(actor())[at]!.ch,
        code,
        message: 'said',
        kind: code === 'call/unknown' ? 'unknown' : 'retry',
        ...(at === 0 && { retryAfterMs: 500 }),
      })
    time.advanceBy(10)
    expect(all.map((each) => left(each.only()))).toMatchObject([
      { code: 'call/rate', executed: 'no', retryAfterMs: 500, call: 'book', room: 'concert', message: 'said' },
      { code: 'call/unknown', executed: 'unknown', kind: 'unknown' },
      { code: 'call/forgotten', executed: 'yes' },
      { code: 'call/server-new', executed: 'no' },
    ])
    const odd = [see(room.call('free')), see(room.call('book', 1)), see(room.call('free'))]
    time.advanceBy(100)
    reply(4, { n: 1, is: 'last', data: 'text' })
    reply(5, { n: 1, is: 'error', error: 'unheard', data: 1 })
    reply(6, { n: 1, is: 'end' })
    expect(odd.map((each) => codeOf(each.only()))).toEqual(['decode/payload', 'decode/payload', 'call/failed'])
  })

  it('[CA4] an input that is larger than the server takes is `call/too-large`', () => {
    const { time, room, client, actor } = stageOf()
    const big = see(
      client
        .room('concert', contract({ calls: { say: command({ input: t.string }) } }))
        .with(calls)
        .call('say', 'x'.repeat(2 ** 20)),
    )
    const fine = see(room.call('free'))
    time.advanceBy(100)
    expect(left(big.only())).toMatchObject({ code: 'call/too-large', executed: 'no' })
    expect(callsAt(actor())).toHaveLength(1)
    expect(fine.all).toEqual([])
  })

  it('[CA10] `seen` waits for the position of the answer, and no longer than `withinMs`', () => {
    const { time, room, actor, reply } = stageOf()
    const order: string[] = []
    const booked = see(room.on('booked'))
    time.advanceBy(100)
    for (const [at, withinMs] of [1_000, 60_000].entries())
      room
        .call('book', at, { settle: 'seen', withinMs })
        .subscribe((answer) => order.push(`${right(answer)} at ${time.now()}`))
    time.advanceBy(100)
    reply(0, { n: 1, is: 'last', data: 'one', at: { epoch: 'E', offset: 1 } })
    reply(1, { n: 1, is: 'last', data: 'two', at: { epoch: 'E', offset: 1 } })
    expect(order).toEqual([])
    time.advanceBy(2_000)
    expect(order).toEqual(['one at 1100'])
    actor().say(msg(1, 1, 1, 'booked'))
    time.advanceBy(10)
    expect(booked.all).toHaveLength(1)
    expect(order).toHaveLength(2)
  })

  it('[CA11] leaves no timer behind', () => {
    const { time, room, client, timers } = stageOf()
    const free = see(room.call('free'))
    time.advanceBy(100)
    client.close({ drainMs: 0 })
    time.advanceBy(100)
    expect(free.isComplete()).toBe(true)
    expect(timers()).toBe(0)
  })
})

describe('the table of a call', () => {
  const stages: readonly Stage[] = ['Waiting', 'Asked', 'Repeating', 'Over']
  const inputs: readonly Input[] = ['Written', 'Answered', 'LinkLost', 'Failed', 'GivenUp']

  it('[CA14] settles a call once, cancels only one that was written, and is over for good', () => {
    for (const stageBefore of stages)
      for (const input of inputs) {
        const [after, outputs] = step(stageBefore, input)
        if (stageBefore === 'Over') expect([after, outputs]).toEqual(['Over', []])
        if (outputs.includes('Settle')) expect(after).toBe('Over')
        if (outputs.includes('Cancel')) expect(stageBefore).not.toBe('Waiting')
        if (after === 'Asked' && stageBefore !== 'Asked') expect(input).toBe('Written')
      }
  })
})
