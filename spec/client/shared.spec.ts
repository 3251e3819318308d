import * as t from 'io-ts'
import { delay } from 'rxjs'
import * as E from '#fp/Either'
import { sharedState } from '../../lib/features/shared/index.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { memory } from '../../lib/server/memory.js'
import type { Tables } from '../../lib/server/tables/model.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const state = sharedState({ topic: t.string, votes: t.number })

describe('an argument of sharedState that is no record', () => {
  it.each([['x'], [undefined], [null], [7], [[t.string]], [new Date()], [new Map()], [() => ({})]])(
    '[CT25] %p is a Left at each use',
    (values) => {
      const { client, time, end } = world()
      const ana = client()
      const faults = see(ana.faults$)
      const room = ana.room('lobby', Chat).with(sharedState(values as never))
      const answers = [
        see(room.shared$),
        see(room.set('topic' as never, 'x' as never)),
        see(room.drop('topic' as never)),
      ]
      time.advanceBy(100)
      for (const answer of answers) {
        const error = left(answer.only())
        expect(error).toMatchObject({ code: 'config/invalid', option: 'values' })
        expect(error.remedy).toContain('{ topic: t.string }')
      }
      expect(faults.all).toEqual([])
      expect(end()).toBe(0)
    },
  )
})

describe('room.with(sharedState(…))', () => {
  it('[TB1] every member sees one state, and each change with its version', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client().room('lobby', Chat).with(state), client().room('lobby', Chat).with(state)]
    const [own, heard] = [see(ana.shared$), see(ben.shared$)]
    time.advanceBy(100)
    expect([own, heard].map(({ all }) => all.map(right))).toEqual(
      Array(2).fill([{ values: {}, versions: {}, changes: [], isLive: true }]),
    )
    const set = see(ana.set('topic', 'all and everything'))
    time.advanceBy(100)
    expect(right(set.only())).toEqual({ _tag: 'Written', version: 1 })
    for (const { all } of [own, heard])
      expect(right(all.at(-1)!)).toEqual({
        values: { topic: 'all and everything' },
        versions: { topic: 1 },
        changes: [{ key: 'topic', value: 'all and everything' }],
        isLive: true,
      })
    see(ben.set('votes', 3))
    see(ben.drop('topic'))
    time.advanceBy(100)
    expect(right(heard.all.at(-1)!)).toMatchObject({ values: { votes: 3 }, versions: { votes: 2 } })
    const late = see(client().room('lobby', Chat).with(state).shared$)
    time.advanceBy(100)
    expect(late.all.map(right)).toEqual([
      {
        values: { votes: 3 },
        versions: { votes: 2 },
        changes: [{ key: 'votes', value: 3 }],
        isLive: true,
      },
    ])
    expect(end()).toBe(0)
  })

  it('[TB2] a failed condition changes nothing, and answers the value that stays', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client().room('lobby', Chat).with(state), client().room('lobby', Chat).with(state)]
    const first = see(ana.set('votes', 1, { ifNew: true }))
    const second = see(ben.set('votes', 2, { ifNew: true }))
    time.advanceBy(100)
    expect([right(first.only()), right(second.only())]).toEqual([
      { _tag: 'Written', version: 1 },
      { _tag: 'Kept', value: 1, version: 1 },
    ])
    const [right1, wrong] = [see(ana.set('votes', 5, { ifVersion: 1 })), see(ben.set('votes', 6, { ifVersion: 1 }))]
    time.advanceBy(100)
    expect([right(right1.only()), right(wrong.only())]).toEqual([
      { _tag: 'Written', version: 2 },
      { _tag: 'Kept', value: 5, version: 2 },
    ])
    expect(end()).toBe(0)
  })

  it('[TB3] a client that goes on at a server that knows less sees nothing go back', () => {
    const time = virtualTime()
    const engine = memory({ scheduler: time, wall: () => time.now() })
    const slow: Tables = {
      ...engine.tables!,
      follow: (id, from) => engine.tables!.follow(id, from).pipe(delay(2_000, time)),
    }
    const nodes = [engine, { ...engine, tables: slow }].map((each) =>
      fakeServer(time, { engine: each, users: { ana: {}, ben: {} } }),
    )
    let at = 0
    const ana = nodes[0]!.client({
      token: tokens(() => nodes[at]!.token('ana')),
      transport: (request) => nodes[at]!.network.host('ana').transport(request),
    })
    const [one, two] = nodes.map((node) => node.client({ as: 'ben' }).room('lobby', Chat).with(state))
    see(two!.shared$)
    const seen = see(ana.room('lobby', Chat).with(state).shared$)
    see(one!.set('topic', 'first'))
    time.advanceBy(5_000)
    see(one!.set('topic', 'second'))
    time.advanceBy(100)
    at = 1
    nodes[0]!.network.host('ana').cut()
    time.advanceBy(10_000)
    const texts = seen.all.filter(E.isRight).map(({ right: { values } }) => values.topic)
    expect([...new Set(texts)]).toEqual([undefined, 'first', 'second'])
    expect(texts.lastIndexOf('first')).toBeLessThan(texts.indexOf('second'))
    expect(right(seen.last())).toMatchObject({ isLive: true, values: { topic: 'second' } })
    for (const node of nodes) node.close()
  })

  it('[TB3] after a loss nothing is sent where nothing has changed, else the difference', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client().room('lobby', Chat).with(state), client()]
    const benState = ben.room('lobby', Chat).with(state)
    const heard = see(ana.shared$)
    see(benState.set('topic', 'a'))
    time.advanceBy(100)
    const wire = tap(network)
    network.cut()
    time.advanceBy(5_000)
    expect([wire.down('rows'), wire.down('change')]).toEqual([[], []])
    expect(heard.all.map(right).map(({ isLive, changes }) => [isLive, changes.length])).toEqual([
      [true, 0],
      [true, 1],
      [false, 0],
      [true, 0],
    ])
    network.cut()
    time.advanceBy(10)
    see(benState.set('topic', 'b'))
    time.advanceBy(5_000)
    expect(wire.down('rows')).toEqual([])
    expect(right(heard.all.at(-1)!)).toMatchObject({ values: { topic: 'b' }, isLive: true })
    expect(end()).toBe(0)
  })

  it('[TB4] invalid values, missing permissions and values of others are told, and nothing is lost', () => {
    const { client, time, end } = world({
      authorize: ({ room }) => [room === 'quiet' ? ['read'] : ['read', 'publish']],
    })
    const ana = client()
    const [lobby, quiet] = [ana.room('lobby', Chat).with(state), ana.room('quiet', Chat).with(state)]
    const outcomes = [
      see(lobby.set('votes', 'x' as never)),
      see(lobby.set('other' as never, 1 as never)),
      see(lobby.set('votes', 1, { ifVersion: -1 })),
      see(ana.room('', Chat).with(state).set('votes', 1)),
      see(quiet.set('votes', 1)),
      see(lobby.set('votes', 1, { withinMs: 0 })),
    ]
    time.advanceBy(100)
    expect(outcomes.map((each) => codeOf(each.only()))).toEqual([
      'decode/unsendable',
      'decode/unsendable',
      'config/invalid',
      'room/invalid-name',
      'server/delivery-forbidden',
      'config/invalid',
    ])
    const other = sharedState({ topic: t.number, more: t.string })
    see(ana.room('lobby', Chat).with(other).set('topic', 7))
    see(ana.room('lobby', Chat).with(other).set('more', 'x'))
    const heard = see(lobby.shared$)
    time.advanceBy(100)
    expect(heard.all).toHaveLength(2)
    expect(left(heard.all[0]!)).toMatchObject({ code: 'decode/payload', event: 'topic' })
    expect(right(heard.all[1]!)).toMatchObject({ values: {}, isLive: true })
    expect(end()).toBe(0)
  })

  it('[TB5] offline a write waits for the connection; one that was lost on the way is unknown', () => {
    const { client, network, time, end } = world()
    network.refuse(true)
    const ana = client()
    const lobby = ana.room('lobby', Chat).with(state)
    const set = see(lobby.set('votes', 1))
    const short = see(lobby.set('votes', 2, { withinMs: 500 }))
    time.advanceBy(1_000)
    expect([set.all, codeOf(short.only())]).toEqual([[], 'room/timeout'])
    network.refuse(false)
    time.advanceBy(8_000)
    expect(right(set.only())).toMatchObject({ _tag: 'Written', version: 1 })
    const lost = see(lobby.set('votes', 3))
    network.cut()
    time.advanceBy(100)
    expect(codeOf(lost.only())).toBe('room/unanswered')
    time.advanceBy(5_000)
    ana.close()
    expect(end()).toBe(0)
  })

  it('[TB3] [TB8] out of the room the state is not live; it completes when the client closes', () => {
    const { client, server, time, end } = world()
    const ana = client()
    const heard = see(ana.room('lobby', Chat).with(state).shared$)
    see(ana.room('lobby', Chat).with(state).set('votes', 1))
    time.advanceBy(100)
    server().kick('lobby', 'anonymous').subscribe()
    time.advanceBy(100)
    const states = heard.all.filter(E.isRight).map(right)
    expect(states.at(-1)).toMatchObject({ values: { votes: 1 }, isLive: false })
    expect(heard.isComplete()).toBe(false)
    ana.close()
    time.advanceBy(100)
    expect(heard.isComplete()).toBe(true)
    expect(end()).toBe(0)
  })

  it('[TB6] a server whose engine has no tables says so', () => {
    const { tables: _tables, ...engine } = memory()
    const { client, time } = world({ engine })
    const lobby = client().room('lobby', Chat).with(state)
    const [heard, set] = [see(lobby.shared$), see(lobby.set('votes', 1))]
    time.advanceBy(100)
    expect([codeOf(heard.all[0]!), codeOf(set.only())]).toEqual(['room/no-tables', 'room/no-tables'])
  })
})
