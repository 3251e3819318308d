import { map, mergeMap, NEVER, of, timer } from 'rxjs'
import type { GivenBudgets } from '../../lib/server/budget.js'
import { hello, join, pub } from './support/peer.js'
import { world, type WorldOptions } from './support/world.js'

const rate = (perSecond: number, burst: number) => ({ perSecond, burst })
const budgeted = (budgets: GivenBudgets, more: WorldOptions = {}) =>
  world({ budgets, authenticate: ({ token }) => of({ user: token ?? 'nobody' }), ...more })
const codes = (frames: readonly { readonly code: string }[]): readonly string[] => frames.map(({ code }) => code)
const claim = (instance: string, generation = 1) => ({ session: { instance, generation } })

describe('budgets', () => {
  it('[SV120] a connection that sends more frames than its rate is read later, and none of them is lost', () => {
    const { client, time, server, memory } = budgeted({
      connection: { frames: rate(10, 20) },
      user: { frames: rate(1_000, 1_000) },
    })
    const peer = client()
    for (let seq = 1; seq <= 40; seq++) peer.send(pub(seq, 'r', seq))
    expect([peer.isPaused(), server.metrics().slowed]).toEqual([true, 1])
    time.advanceBy(20_000)
    expect([peer.isPaused(), peer.closedWith(), memory.held().rooms]).toEqual([false, undefined, 1])
    expect(peer.all('refused')).toEqual([])
  })

  it('[SV120] bytes are counted as frames are, by connection and by user', () => {
    for (const budgets of [{ connection: { bytes: rate(1_000, 5_000) } }, { user: { bytes: rate(1_000, 5_000) } }]) {
      const { client, time } = budgeted(budgets)
      const [peer, other] = [client({ token: 'ann' }), client({ token: 'ben' })]
      peer.send(pub(1, 'r', 1, { data: 'x'.repeat(7_000) }))
      other.send(pub(1, 'r', 1, { data: 'x' }))
      expect([peer.isPaused(), other.isPaused()]).toEqual([true, false])
      time.advanceBy(30_000)
      expect(peer.isPaused()).toBe(false)
    }
  })

  it('[SV120] one that is far above its rates, and cannot be read later, is closed with 4429', () => {
    const { socket } = budgeted({ connection: { frames: rate(10, 20) } })
    const peer = socket({ pauses: false })
    peer.send(hello(claim('i')))
    for (let at = 0; at < 7; at++) peer.send(...Array.from({ length: 64 }, () => ({ t: 'leave', ch: 1 }) as const))
    expect([codes(peer.all('refused')), peer.closedWith()]).toEqual([['server/rate'], 4429])
  })

  it('[SV121] rates are those of the user: a new connection finds them as they were left', () => {
    const { client, time } = budgeted({ user: { publishes: rate(1, 5) } })
    for (let link = 0; link < 4; link++) {
      const peer = client({ token: 'ann' })
      for (let seq = 1; seq <= 5; seq++) peer.send(pub(seq, 'r', seq, { producer: `p${link}` }))
      expect(codes(peer.all('refused'))).toEqual(Array.from({ length: link === 0 ? 0 : 5 }, () => 'delivery/rate'))
      expect(peer.all('refused').every(({ retryAfterMs = 0 }) => retryAfterMs > 0)).toBe(true)
      peer.drop()
    }
    const other = client({ token: 'ben' })
    other.send(pub(1, 'r', 1))
    expect(other.all('refused')).toEqual([])
    time.advanceBy(5_000)
    const peer = client({ token: 'ann' })
    peer.send(pub(1, 'r', 1, { producer: 'again' }))
    expect(peer.all('refused')).toEqual([])
  })

  it('[SV121] without authenticate a user is its address', () => {
    const { socket } = world({ budgets: { user: { publishes: rate(1, 1) } } })
    const from = (address: string, instance: string) => {
      const peer = socket({ address })
      peer.send(hello(claim(instance)))
      peer.send(pub(1, 'r', 1, { producer: instance }))
      return codes(peer.all('refused'))
    }
    expect([from('a', '1'), from('a', '2'), from('b', '3')]).toEqual([[], ['delivery/rate'], []])
  })

  it('[SV122] publishes that wait for the log count for the user, also those of connections that are gone', () => {
    const { client, time } = budgeted(
      { user: { unanswered: 2 } },
      { engine: (engine) => ({ ...engine, append: () => NEVER }), answerMs: 1_000 },
    )
    const first = client({ token: 'ann' })
    first.send(pub(1, 'r', 1), pub(2, 'r', 2))
    first.drop()
    const second = client({ token: 'ann' })
    second.send(pub(1, 'r', 1, { producer: 'q' }))
    expect(codes(second.all('refused'))).toEqual(['delivery/rate'])
    time.advanceBy(1_000)
    second.send(pub(2, 'r', 1, { producer: 'q' }))
    expect(codes(second.all('refused'))).toEqual(['delivery/rate'])
  })

  it('[SV123] joins above the rate wait, and those that were taken back wait no more', () => {
    const { client, time, server } = budgeted({ user: { joins: rate(2, 3) } })
    const peer = client()
    peer.send(...[1, 2, 3, 4, 5, 6].map((ch) => join(ch, `r${ch}`)))
    expect(peer.all('joined').map(({ ch }) => ch)).toEqual([1, 2, 3])
    peer.send({ t: 'leave', ch: 4 })
    time.advanceBy(500)
    expect(peer.all('joined').map(({ ch }) => ch)).toEqual([1, 2, 3, 5])
    time.advanceBy(500)
    expect([peer.all('joined').map(({ ch }) => ch), peer.all('left'), server.metrics().members]).toEqual([
      [1, 2, 3, 5, 6],
      [],
      5,
    ])
  })

  it.each([
    ['joins', (ch: number) => join(ch, `r${ch}`)],
    ['requests for history', (ch: number) => ({ t: 'history', ch, room: `r${ch}`, count: 1 }) as const],
  ])('[SV123] %s that are taken back: no more than 32 questions wait for a hook at a time', (_, frame) => {
    let asked = 0
    const { client, time } = budgeted(
      {},
      {
        authorize: () => {
          asked++
          return NEVER
        },
        answerMs: 1_000,
      },
    )
    const peer = client()
    for (let ch = 1; ch <= 500; ch++) {
      peer.send(frame(ch))
      peer.send({ t: 'leave', ch })
    }
    expect(asked).toBe(32)
    time.advanceBy(1_000)
    expect(asked).toBe(32)
    peer.send(frame(501))
    expect(asked).toBe(33)
  })

  it('[SV123] renewals in quick succession ask for each membership once more, not once for each', () => {
    let asked = 0
    const { client, time } = budgeted(
      { user: { renewals: rate(1_000, 1_000) } },
      {
        authorize: () => {
          asked++
          return of(['read'] as const)
        },
      },
    )
    const peer = client({ token: 'ann' })
    peer.send(...Array.from({ length: 200 }, (_, at) => join(at + 1, `r${at}`)))
    time.advanceBy(100)
    asked = 0
    for (let ref = 1; ref <= 50; ref++) peer.send({ t: 'auth', ref, token: 'ann' })
    time.advanceBy(1_000)
    expect(peer.all('auth.ok')).toHaveLength(50)
    expect(asked).toBeGreaterThanOrEqual(200)
    expect(asked).toBeLessThan(1_000)
  })

  it('[SV123] rooms count for the user with all its connections', () => {
    const { client } = budgeted({ user: { rooms: 3 } })
    const [one, two] = [client({ token: 'ann' }), client({ token: 'ann' })]
    one.send(join(1, 'a'), join(2, 'b'))
    two.send(join(1, 'a'), join(2, 'b'))
    expect(codes(two.all('left'))).toEqual(['room/limit'])
    one.send({ t: 'leave', ch: 1 })
    two.send(join(3, 'b'))
    expect(two.all('joined').map(({ ch }) => ch)).toEqual([1, 3])
    one.drop()
    two.send(join(4, 'c'))
    expect(two.all('joined').map(({ ch }) => ch)).toEqual([1, 3, 4])
  })

  it('[SV124] wrong passwords are slowed down over all connections of the user, right ones are not', () => {
    const asked: string[] = []
    const { client, time } = budgeted(
      { user: { passwords: rate(1, 3) } },
      {
        authorize: ({ password = '' }) => {
          asked.push(password)
          return of(password === 'right' ? (['read'] as const) : [])
        },
      },
    )
    for (let at = 0; at < 9; at++) {
      const peer = client({ token: 'ann' })
      peer.send({ ...join(1, 'vault'), password: `${at}` })
      peer.drop()
    }
    expect(asked).toEqual(['0', '1', '2'])
    const peer = client({ token: 'ann' })
    peer.send({ ...join(1, 'vault'), password: 'right' })
    expect(peer.all('left')).toMatchObject([{ code: 'room/rate', kind: 'retry', retryAfterMs: 1_000 }])
    time.advanceBy(1_000)
    for (let ch = 2; ch < 9; ch++) peer.send({ ...join(ch, `vault${ch}`), password: 'right' })
    expect(peer.all('joined')).toHaveLength(7)
  })

  it('[SV124] refused tokens are slowed down by address, before authenticate is asked', () => {
    const asked: unknown[] = []
    const { socket, time } = world({
      budgets: { address: { tokens: rate(1, 2) } },
      authenticate: ({ token }) => {
        asked.push(token)
        return of(token === 'right' ? { user: 'ann' } : null)
      },
    })
    const from = (address: string, token: string) => {
      const peer = socket({ address })
      peer.send(hello({ ...claim(`${asked.length}-${token}`), token }))
      return peer
    }
    for (let at = 0; at < 5; at++) from('a', `wrong${at}`)
    expect(asked).toEqual(['wrong0', 'wrong1'])
    expect(from('a', 'right').all('refused')).toMatchObject([{ code: 'auth/rate', kind: 'retry', retryAfterMs: 1_000 }])
    expect(from('b', 'right').all('welcome')).toHaveLength(1)
    time.advanceBy(1_000)
    for (let at = 0; at < 5; at++) expect(from('a', 'right').all('welcome')).toHaveLength(1)
  })

  it('[SV124] renewals above the rate are refused with when to come back', () => {
    const { client } = budgeted({ user: { renewals: rate(0.5, 2) } })
    const peer = client({ token: 'ann' })
    for (let ref = 1; ref <= 4; ref++) peer.send({ t: 'auth', ref, token: 'ann' })
    expect([peer.all('auth.ok').map(({ ref }) => ref), codes(peer.all('refused'))]).toEqual([
      [1, 2],
      ['auth/rate', 'auth/rate'],
    ])
    expect(peer.all('refused')[0]?.retryAfterMs).toBe(2_000)
  })

  it('[SV125] connections are counted by user, and those that end leave', () => {
    const { client } = budgeted({ user: { connections: 2 } })
    const [first, , third] = [client({ token: 'ann' }), client({ token: 'ann' }), client({ token: 'ann' })]
    expect([codes(third.all('refused')), third.closedWith()]).toEqual([['server/connections'], 1013])
    expect(client({ token: 'ben' }).all('welcome')).toHaveLength(1)
    first.drop()
    expect(client({ token: 'ann' }).all('welcome')).toHaveLength(1)
  })

  it('[SV125] tokens that take long to check at one address keep no other address out', () => {
    const { socket, time } = world({
      budgets: { address: { greetings: 2 }, server: { greetings: 3 } },
      authenticate: ({ token }) => (token === 'slow' ? NEVER : of({ user: 'ann' })),
      answerMs: 1_000,
    })
    const from = (address: string, instance: string, token = 'slow') => {
      const peer = socket({ address })
      peer.send(hello({ ...claim(instance), token }))
      return peer
    }
    const slow = ['1', '2', '3'].map((instance) => from('a', instance))
    expect(slow.map((peer) => codes(peer.all('refused')))).toEqual([[], [], ['server/busy']])
    expect(from('b', '4', 'quick').all('welcome')).toHaveLength(1)
    time.advanceBy(1_000)
    expect(from('a', '5', 'quick').all('welcome')).toHaveLength(1)
  })

  it('[SV126] where the server has no memory left, the connection that holds the most is ended, and others go on', () => {
    const { client } = budgeted({ server: { memory: 2 * 24 * 1_024 + 20 * 3_277 } })
    const [small, large] = [client({ token: 'ann' }), client({ token: 'ben' })]
    small.send(join(1, 'a'))
    for (let ch = 1; ch <= 19; ch++) large.send(join(ch, `r${ch}`))
    small.send(join(2, 'b'))
    expect([codes(large.all('refused')), large.closedWith()]).toEqual([['server/memory'], 4429])
    expect([small.all('left'), small.all('joined').map(({ ch }) => ch)]).toEqual([[], [1, 2]])
  })

  it('[SV126] where the user that asks holds the most itself, it is refused', () => {
    const { client } = budgeted({ server: { memory: 2 * 24 * 1_024 + 20 * 3_277 } })
    const [small, large] = [client({ token: 'ann' }), client({ token: 'ben' })]
    for (let ch = 1; ch <= 21; ch++) large.send(join(ch, `r${ch}`))
    expect(large.all('left')).toMatchObject([{ ch: 21, code: 'room/memory', kind: 'retry' }])
    expect([large.closedWith(), small.closedWith()]).toEqual([undefined, undefined])
  })

  it('[SV126] many small connections of one user are one large consumer', () => {
    const { client } = budgeted({ server: { memory: 12 * 24 * 1_024 } })
    const honest = client({ token: 'ann' })
    honest.send(...[1, 2, 3, 4, 5].map((ch) => join(ch, `r${ch}`)))
    const hoard = Array.from({ length: 12 }, () => client({ token: 'ben' }))
    expect([honest.closedWith(), client({ token: 'cid' }).all('welcome').length]).toEqual([undefined, 1])
    expect(hoard.filter((peer) => peer.closedWith() !== undefined).length).toBeGreaterThan(1)
  })

  it('[SV126] where more is unsent than the server allows, the user with the most loses, each time', () => {
    const { client, server } = budgeted({ server: { unsentBytes: 20_000 } })
    const [slow, ...slower] = ['ann', 'ben', 'cid', 'dan'].map((token) => {
      const peer = client({ token })
      peer.send(join(1, token))
      peer.stop()
      return peer
    })
    server.publish('ann', 'e', 'x'.repeat(8_000))
    for (const room of ['ben', 'cid', 'dan']) server.publish(room, 'e', 'x'.repeat(15_000))
    expect([slow!.isTerminated(), slower.map((peer) => peer.isTerminated())]).toEqual([false, [true, true, true]])
  })

  it('[SV125] where all places of the server are taken, the address with the most gives up one to another', () => {
    const { socket } = world({ budgets: { server: { connections: 4 } } })
    const from = (address: string, instance: string) => {
      const peer = socket({ address })
      peer.send(hello(claim(instance)))
      return peer
    }
    const many = ['1', '2', '3', '4', '5'].map((instance) => from('a', instance))
    expect(codes(many[4]!.all('refused'))).toEqual(['server/busy'])
    const other = from('b', '6')
    expect([other.all('welcome').length, many.filter((peer) => peer.closedWith() === 1013).length]).toEqual([1, 2])
  })

  it('[SV125] where all tokens that may be checked are, the address with the most gives up one to another', () => {
    const { socket } = world({ budgets: { server: { greetings: 3 } }, authenticate: () => NEVER })
    const from = (address: string, instance: string) => {
      const peer = socket({ address })
      peer.send(hello({ ...claim(instance), token: 't' }))
      return peer
    }
    const stuck = [from('a', '1'), from('a', '2'), from('a', '3')]
    const other = from('b', '4')
    expect([other.closedWith(), stuck.filter((peer) => peer.closedWith() === 1013).length]).toEqual([undefined, 1])
  })

  it('[SV121] one that says hello late counts too', () => {
    const { socket, time } = world({ budgets: { user: { connections: 2 } } })
    const peers = Array.from({ length: 6 }, () => socket({ address: 'a' }))
    for (let address = 0; address < 20; address++) socket({ address: `other ${address}` }).drop()
    time.advanceBy(5_000)
    peers.forEach((peer, at) => peer.send(hello(claim(`late ${at}`))))
    expect(peers.filter((peer) => peer.all('welcome').length > 0)).toHaveLength(2)
  })

  it('[SV121] many users of one address share the passwords that it may try', () => {
    const { socket, time } = world({
      budgets: { address: { passwords: rate(1, 5) } },
      authenticate: ({ token }) => of({ user: token ?? '' }),
      authorize: () => [[]],
    })
    const tried = Array.from({ length: 8 }, (_, at) => {
      const peer = socket({ address: 'a' })
      peer.send(hello({ ...claim(`${at}`), token: `user ${at}` }))
      peer.send(join(1, 'r', { password: 'wrong' }))
      time.advanceBy(0)
      return peer.all('left')[0]?.code
    })
    expect(tried).toEqual([...Array.from({ length: 5 }, () => 'room/forbidden'), 'room/rate', 'room/rate', 'room/rate'])
  })

  it('[SV122] what is lost with its connection, asked for or fenced, does not count for ever', () => {
    const { client, time, socket } = world((clock) => ({
      budgets: { user: { unanswered: 10, unansweredBytes: 1_000 } },
      authenticate: ({ token }) => of({ user: token ?? '' }),
      authorize: ({ room }) => (room === 'asked' ? NEVER : of(['publish'])),
      engine: (engine) => ({
        ...engine,
        append: (...args) => timer(50, clock).pipe(mergeMap(() => engine.append(...args))),
      }),
      answerMs: 60_000,
    }))
    for (let round = 1; round <= 8; round++) {
      const peer = client({ token: 'ann' })
      for (let seq = 1; seq <= 4; seq++) peer.send(pub(seq, 'asked', seq, { producer: `a${round}` }))
      peer.drop()
      const early = socket()
      early.send(hello({ ...claim('one', 2 * round), token: 'ann' }))
      for (let seq = 1; seq <= 4; seq++) early.send(pub(seq, 'slow', seq, { producer: `s${round}` }))
      const late = socket()
      late.send(hello({ ...claim('one', 2 * round + 1), token: 'ann' }))
      time.advanceBy(1_000)
      late.drop()
    }
    const last = client({ token: 'ann' })
    for (let seq = 1; seq <= 10; seq++) last.send(pub(seq, 'slow', seq, { producer: 'last' }))
    expect(last.all('refused')).toEqual([])
  })

  it('[SV124] right passwords that are asked for at once are all let in', () => {
    const { client, time } = world((clock) => ({
      budgets: { user: { passwords: rate(0.2, 3) } },
      authenticate: ({ token }) => of({ user: token ?? '' }),
      authorize: ({ password }) => timer(5, clock).pipe(map(() => (password === 'right' ? ['read' as const] : []))),
    }))
    const peer = client({ token: 'ann' })
    peer.send(...Array.from({ length: 20 }, (_, at) => join(at + 1, `r${at}`, { password: 'right' })))
    time.advanceBy(1_000)
    expect([peer.all('joined').length, peer.all('left')]).toEqual([20, []])
  })

  it('[SV127] refusals are counted by code', () => {
    const { client, server } = budgeted({})
    const peer = client()
    peer.send(join(1, '@x'), pub(1, '@x', 1))
    peer.sendRaw('{"t":"poll","ref":3}')
    expect(server.metrics()).toMatchObject({
      refusals: 3,
      causes: { 'room/forbidden': 1, 'delivery/forbidden': 1, 'protocol/unknown': 1 },
    })
  })

  it('[SV128] [PR6] a message with more than 64 envelopes, or more control frames than joins may be, ends its connection', () => {
    const { client } = budgeted({}, { limits: { joinsPerFrame: 100 } })
    const unknown = Array.from({ length: 65 }, () => ({ t: 'poll' }))
    const leaves = (many: number) => Array.from({ length: many }, () => ({ t: 'leave', ch: 1 }))
    const ends = ([unknown.slice(1), unknown, leaves(200), leaves(201)] as const).map((frames) => {
      const peer = client()
      peer.sendRaw(JSON.stringify(frames))
      return [codes(peer.all('refused')), peer.closedWith()]
    })
    expect(ends).toEqual([
      [[], undefined],
      [['protocol/too-many'], 1009],
      [[], undefined],
      [['protocol/too-many'], 1009],
    ])
  })

  it.each<[string, WorldOptions]>([
    ['budgets.user.publishes', { budgets: { user: { publishes: { perSecond: 0, burst: 1 } } } }],
    ['budgets.server.connections', { budgets: { server: { connections: 0 } } }],
    ['budgets.connection.frame', { budgets: { connection: { frame: 1 } as never } }],
  ])('[SV129] an invalid %s is refused, and the server opens for nobody', (option, options) => {
    const { server, faults } = world(options)
    expect([server.status(), faults.map(({ message }) => message.includes(option))]).toEqual(['closed', [true]])
  })
})
