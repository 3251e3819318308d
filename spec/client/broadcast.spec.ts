import { events } from '../../lib/features/events/index.js'
import { last } from '../../lib/features/history/index.js'
import { anything, tokens } from '../../lib/index.js'
import type { Target } from '../../lib/protocol/target.js'
import { world, type WorldOptions } from '../../lib/testing/world.js'
import { twoServers } from '../support/leadership.js'
import { authenticate, authorize, engines, heard, News } from '../support/news.js'
import { codeOf, left, right, see } from '../support/seen.js'

const scene = (options: WorldOptions = {}) => {
  const made = world({ authenticate, authorize, ...options })
  const as = (user: string, more = {}) =>
    made.client({ token: tokens(() => user), host: user, lingerMs: 0, ...more }).with(events(News))
  return { ...made, as }
}

describe('broadcast', () => {
  it('[EV7] goes to all users, to one or to a room, of those who may publish there, and answers with a receipt', () => {
    const { as, time, end } = scene()
    const [ana, boss] = [as('ana'), as('boss')]
    const seen = [see(ana.on('news')), see(boss.on('news')), see(ana.room('lobby', News).on('news'))] as const
    time.advanceBy(100)
    const sent = [
      see(boss.broadcast('news', '1', { to: 'all' })),
      see(boss.broadcast('news', '2', { to: { user: 'ana' } })),
      see(boss.broadcast('news', '3', { to: { room: 'lobby' }, id: 'mine' })),
      see(boss.broadcast('ping', undefined, { to: 'all' })),
    ]
    const refused = [
      see(ana.broadcast('news', 'x', { to: 'all' })),
      see(ana.broadcast('news', 'x', { to: { user: 'boss' } })),
    ]
    time.advanceBy(100)
    expect(sent.map(({ only }) => right(only())).map(({ room, position }) => [room, position.offset])).toEqual([
      ['@all', 1],
      ['@user/ana', 1],
      ['lobby', 1],
      ['@all', 2],
    ])
    expect(right(sent[2]!.only()).id).toBe('mine')
    expect(refused.map(({ only }) => left(only()))).toEqual([
      expect.objectContaining({ code: 'delivery/forbidden', executed: 'no', room: '@all' }),
      expect.objectContaining({ code: 'delivery/forbidden', executed: 'no', room: '@user/boss' }),
    ])
    expect([...heard(seen[0])].sort()).toEqual(['@all 1', '@user 2'])
    expect(heard(seen[1])).toEqual(['@all 1'])
    expect(heard(seen[2])).toEqual(['lobby 3'])
    expect(right(seen[1].all[0]!)).toMatchObject({ own: true, from: { user: 'boss' } })
    expect(end()).toBe(0)
  })

  it('[EV7] is executed once, in order, however often the connection is lost', () => {
    const { as, time, storm, end } = scene()
    const [ana, boss] = [as('ana'), as('boss')]
    const seen = see(ana.on('news'))
    time.advanceBy(100)
    const weather = storm({ seed: 3, everyMs: { cut: 400, freeze: 900 }, longestMs: 500 })
    const sent = Array.from({ length: 60 }, (_, n) => {
      time.advanceBy(100)
      return [
        see(boss.broadcast('news', String(n), { to: 'all' })),
        see(boss.broadcast('news', String(n), { to: { user: 'ana' } })),
      ]
    }).flat()
    weather.stop()
    time.advanceBy(300_000)
    expect(sent.map(({ only }) => codeOf(only())).filter((code) => code !== '')).toEqual([])
    const numbers = Array.from({ length: 60 }, (_, n) => n)
    for (const room of ['@all', '@user'])
      expect(heard(seen).filter((each) => each.startsWith(`${room} `))).toEqual(numbers.map((n) => `${room} ${n}`))
    expect(seen.all).toHaveLength(120)
    expect(end()).toBe(0)
  })

  it('[EV8] an invalid target, option, payload or contract is a Left, and so is a closed client', () => {
    const { as, client, time, end } = scene()
    const boss = as('boss')
    const long = 'x'.repeat(251)
    const throwing = {
      get to(): Target {
        throw new Error('no')
      },
    }
    const targets: unknown[] = [
      'some',
      undefined,
      {},
      { user: '' },
      { user: long },
      { room: '' },
      { user: 'a', room: 'b' },
    ]
    const wrong = [
      ...targets.map((to) => boss.broadcast('news', 'x', { to: to as Target })),
      boss.broadcast('news', 'x', undefined as never),
      boss.broadcast('news', 'x', throwing),
      boss.broadcast('news', 'x', { to: 'all', within: 1 } as never),
      client({})
        .with(events(7 as never))
        .broadcast('news' as never, 'x' as never, { to: 'all' } as never),
    ].map((each) => see(each))
    const misfit = see(boss.broadcast('news', 7 as never, { to: 'all' }))
    time.advanceBy(100)
    expect(wrong.map(({ only }) => left(only()).code)).toEqual(wrong.map(() => 'config/invalid'))
    expect(left(misfit.only()).code).toBe('decode/unsendable')
    expect(left(wrong[0]!.only())).toMatchObject({ option: 'to' })
    boss.close()
    time.advanceBy(10_000)
    expect(left(see(boss.broadcast('news', 'x', { to: 'all' })).only()).code).toBe('connection/client-closed')
    expect(end()).toBe(0)
  })
})

describe('server.to', () => {
  it('[EV12] publishes to all, to a user or to a room like publish; an invalid target is a Left', () => {
    const { as, server, time, end } = scene()
    const ana = as('ana')
    const seen = [see(ana.on('news')), see(ana.room('lobby', News).on('news'))] as const
    time.advanceBy(100)
    const sent = [
      see(server().to('all').publish('news', '1')),
      see(server().to({ user: 'ana' }).publish('news', '2', { id: 'mine', from: 'desk' })),
      see(server().to({ user: 'ana' }).publish('news', '2', { id: 'mine', from: 'desk' })),
      see(server().to({ room: 'lobby' }).publish('news', '3')),
    ]
    time.advanceBy(100)
    expect(sent.map(({ only }) => right(only())).map(({ room, position }) => [room, position.offset])).toEqual([
      ['@all', 1],
      ['@user/ana', 1],
      ['@user/ana', 1],
      ['lobby', 1],
    ])
    expect([heard(seen[0]), heard(seen[1])]).toEqual([['@all 1', '@user 2'], ['lobby 3']])
    expect(right(seen[0].all[1]!)).toMatchObject({ id: 'mine', from: { user: 'desk' } })
    const targets: unknown[] = [
      'some',
      undefined,
      {},
      { user: '' },
      { user: 7 },
      { user: 'x'.repeat(251) },
      { room: '' },
    ]
    const wrong = targets.map((to) =>
      see(
        server()
          .to(to as Target)
          .publish('news', 'x'),
      ),
    )
    const nowhere = ['@user', '@user/', '@rooms', '@x'].map((room) => see(server().publish(room, 'news', 'x')))
    time.advanceBy(100)
    expect(wrong.map(({ only }) => left(only()).code)).toEqual(targets.map(() => 'config/invalid'))
    expect(nowhere.map(({ only }) => left(only()).code)).toEqual(nowhere.map(() => 'delivery/invalid'))
    void server().close()
    expect(left(see(server().to('all').publish('news', 'x')).only()).code).toBe('delivery/closed')
    expect(end()).toBe(0)
  })

  it('[EV20] a user whose name is longer than 250 bytes has no room', () => {
    const { as, time, end } = scene()
    const seen = see(as('x'.repeat(251)).on('news', { only: 'user' }))
    const fits = see(as('y'.repeat(250)).on('news', { only: 'user', from: last(1) }))
    time.advanceBy(100)
    expect([heard(seen), heard(fits)]).toEqual([['room/forbidden'], []])
    expect(end()).toBe(0)
  })
})

describe.each(engines)('events of two servers over the engine %s', (_, engineOf) => {
  const stage = () => {
    const made = twoServers({ authenticate, authorize }, engineOf)
    const [one, two] = made.both
    const at = (user: string, server: 0 | 1) => {
      made.use(user, server)
      return made.both[server]
        .client({ token: tokens(() => user), transport: made.transport(user), lingerMs: 0 })
        .with(events(anything))
    }
    return { ...made, one, two, at }
  }

  it('[EV14] reach the clients of both, once and in one order', () => {
    const { time, one, two, at, close } = stage()
    const [ana, ben] = [at('ana', 0), at('ben', 1)]
    const boss = at('boss', 1)
    const seen = [see(ana.on('news')), see(ben.on('news'))] as const
    time.advanceBy(1_000)
    one.to('all').publish('news', '1')
    time.advanceBy(100)
    two.to('all').publish('news', '2')
    const sent = [
      see(boss.broadcast('news', '3', { to: { user: 'ana' } })),
      see(boss.broadcast('news', '4', { to: 'all' })),
    ]
    time.advanceBy(1_000)
    expect(sent.map(({ only }) => codeOf(only()))).toEqual(['', ''])
    expect(heard(seen[0]).filter((each) => each.startsWith('@all'))).toEqual(['@all 1', '@all 2', '@all 4'])
    expect(heard(seen[0]).filter((each) => each.startsWith('@user'))).toEqual(['@user 3'])
    expect(heard(seen[1])).toEqual(['@all 1', '@all 2', '@all 4'])
    close()
  })

  it('[EV15] a session that goes on at the other server misses nothing and gets nothing twice', () => {
    const { time, one, two, at, use, close } = stage()
    const ana = at('ana', 0)
    const seen = see(ana.on('news'))
    time.advanceBy(1_000)
    one.to({ user: 'ana' }).publish('news', '1')
    one.to('all').publish('news', '2')
    time.advanceBy(100)
    use('ana', 1)
    one.drop()
    two.to({ user: 'ana' }).publish('news', '3')
    two.to('all').publish('news', '4')
    time.advanceBy(60_000)
    const { session$ } = ana
    expect(see(session$).last()).toMatchObject({ _tag: 'Active', resumed: true })
    two.to({ user: 'ana' }).publish('news', '5')
    time.advanceBy(1_000)
    expect([...heard(seen)].sort()).toEqual(['@all 2', '@all 4', '@user 1', '@user 3', '@user 5'])
    expect(heard(seen).at(-1)).toBe('@user 5')
    close()
  })
})
