import { distinctUntilChanged, map, type Observable, switchMap, timer, toArray } from 'rxjs'
import * as E from '#fp/Either'
import { declared } from '../../lib/contract/declared.js'
import { asks } from '../../lib/features/calls/index.js'
import { last } from '../../lib/features/history/index.js'
import { directory } from '../../lib/features/directory/index.js'
import { events } from '../../lib/features/events/index.js'
import { leader } from '../../lib/features/leader/index.js'
import { presenceOf } from '../../lib/features/presence/index.js'
import { anything, createClient, tokens } from '../../lib/index.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { completed } from '../../lib/testing/marble.js'
import { rooms } from '../../lib/testing/rooms.js'
import type { RunHelpers } from '../../lib/testing/run-helpers.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import type { Room } from '../../lib/client/room.js'
import type { Client } from '../../lib/client/client.js'
import { Chat } from '../support/chat.js'
import { Poll, told } from '../support/poll.js'
import { see } from '../support/seen.js'

/** What is heard in a room: texts, and codes of what went wrong. */
const heard = (room: Room<typeof Chat>): Observable<string> =>
  room.on('message').pipe(map(E.match(({ code }): string => code, ({ data }) => data.text))) // prettier-ignore

const lobby = (client: Client): Room<typeof Chat> => client.room('lobby', Chat)

const say = (text: string): readonly ['message', { readonly text: string }] => ['message', { text }]

describe('members', () => {
  it('[TE9] speak and hear in rooms like anybody, in order, without a millisecond of their own', () => {
    rooms.run(({ client, server, expectTimeline, flush }) => {
      const ana = client({ as: 'ana' })
      expectTimeline(heard(lobby(ana))).toBe([
        [101, 'one'],
        [101, 'two'],
        [203, 'mine'],
      ])
      const ben = server.member('ben').join('lobby')
      ben.at(100).say(...say('one')).say(...say('two')) // prettier-ignore
      const cleo = server.member('cleo').at(150).join('lobby')
      server.script('201ms s', { s: () => lobby(ana).post(...say('mine')) })
      flush()
      const texts = (all: readonly { readonly data: unknown }[]): unknown =>
        all.map(({ data }) => (data as { text: string }).text)
      expect([texts(ben.heard), texts(cleo.heard)]).toEqual([['one', 'two', 'mine'], ['mine']])
      expect(ben.heard[2]?.from.user).toBe('ana')
    })
  })

  it('[NS14] are seen by presence with a state, and no longer when they leave, each at its time', () => {
    rooms.run(({ client, server, expectTimeline }) => {
      const room = client()
        .room('lobby', Chat)
        .with(presenceOf({ isHidden: true }))
      const names$ = room.members$.pipe(
        map((roster) => (E.isRight(roster) && 'members' in roster.right ? roster.right.members : [])),
        map((members) => members.map(({ user, state }) => `${user} ${JSON.stringify(state)}`).join(', ')),
      )
      const ben = server.member('ben').join('lobby')
      ben.at(100).present({ typing: true })
      server.member('cleo').at(300).join('lobby').present()
      ben.at(500).present({ typing: false })
      ben.at(700).leave()
      expectTimeline(names$).toBe([
        [6, ''],
        [101, 'ben {"typing":true}'],
        [301, 'ben {"typing":true}, cleo {}'],
        [501, 'ben {"typing":false}, cleo {}'],
        [1_201, 'cleo {}'],
      ])
    })
  })

  it('[NS19] create rooms, each at its time', () => {
    rooms.run(({ client, server, expectTimeline }) => {
      const names$ = client()
        .with(directory)
        .rooms$({ prefix: 'd' })
        .pipe(
          map((state) => (E.isRight(state) ? state.right.rooms.map(({ name }) => name).join() : state.left.code)),
          distinctUntilChanged(),
        )
      const ben = server.member('ben')
      ben.at(100).create('den', { capacity: 4 })
      ben.at(200).create('dust').at(300).create('dark', { visible: false })
      expectTimeline(names$).toBe([
        [6, ''],
        [101, 'den'],
        [201, 'den,dust'],
      ])
    })
  })

  it('[NS18] stand as candidates for the leader, and no longer when they leave or close, each at its time', () => {
    rooms.run(({ client, server, expectTimeline }) => {
      const { leader$ } = client().room('lobby', Chat).with(leader)
      const names$ = leader$.pipe(
        map((state) => (E.isRight(state) ? (state.right.leader?.user ?? '-') : state.left.code)),
      )
      const ben = server.member('ben')
      ben.join('lobby').at(100).lead()
      server.member('cleo').at(200).join('lobby').lead().at(700).leave()
      ben.at(500).close()
      expectTimeline(names$.pipe(distinctUntilChanged())).toBe([
        [6, '-'],
        [101, 'ben'],
        [501, '-'],
        [501, 'cleo'],
        [701, '-'],
      ])
    })
  })

  it('[CA29] answer calls at once or late, with an output or a declared error, ignore them, and no longer answer when they leave', () => {
    rooms.run(({ client, server, expectTimeline, at, flush, time }) => {
      const asked: unknown[] = []
      const room = client().room('den', Poll).with(asks)
      const [ben, cleo, dan, eve] = ['ben', 'cleo', 'dan', 'eve'].map((user) => server.member(user).join('den'))
      ben!.answer(Poll, 'vote', (on, { from }) => {
        asked.push([on, from?.user])
        return [E.right(3)]
      })
      cleo!.answer(Poll, 'vote', () => declared('busy', { for: 5 }), { afterMs: 2_000 })
      dan!.answer(Poll, 'vote', () => E.right(1)).ignore('vote')
      eve!.ignore('vote').at(3_000).leave()
      at(0, () => room.join())
      const items$ = timer(1_000, time).pipe(switchMap(() => room.ask('vote', 'tea', { withinMs: 5_000 })))
      expectTimeline(items$.pipe(map((item) => told({ all: [item] })[0]))).toBe([
        [1_002, 'ben: 3'],
        [3_001, 'eve: call/gone retry no'],
        [3_002, 'cleo: declared busy {"for":5}'],
        [5_502, 'dan: call/late retry no'],
        [5_502, completed],
      ])
      flush()
      expect(asked).toEqual([['tea', 'anonymous']])
    })
  })

  it('[NS20] [NS21] send to a user and to all, as the server and as a member, each at its time; what is sent is shown', () => {
    const everything = ['read', 'publish', 'history'] as const
    rooms.with({ authorize: ({ user }) => [user === 'ben' ? everything : ['read']] }).run((helpers) => {
      const { client, server, at, expectTimeline, time, flush } = helpers
      const ana = client({ as: 'ana' }).with(events(anything))
      expectTimeline(ana.messages().pipe(map(E.match(({ code }) => code, ({ room, data }) => `${room} ${String(data)}`)))) // prettier-ignore
        .toBe([
          [51, '@all 1'],
          [101, '@user 2'],
          [201, '@user 3'],
          [301, '@all 4'],
        ])
      expectTimeline(server.broadcasts$('all')).toBe([
        [50, { event: 'note', data: 1, from: '@server' }],
        [300, { event: 'note', data: 4, from: 'ben' }],
      ])
      const first$ = server.broadcasts$({ user: 'ana' }).pipe(map(({ data }) => data))
      expectTimeline(first$).toBe([
        [100, 2],
        [200, 3],
      ])
      at(50, () => server.to('all').publish('note', 1))
      at(100, () => server.to({ user: 'ana' }).publish('note', 2))
      const [ben, eve] = [server.member('ben'), server.member('eve')]
      ben.at(200).broadcast({ user: 'ana' }, 'note', 3).at(300).broadcast('all', 'note', 4)
      eve.at(250).broadcast('all', 'note', 'no')
      flush()
      expect([ben, eve].map(({ failures }) => failures.map(({ code }) => code))).toEqual([[], ['delivery/forbidden']])
      expect(server.transcript(time.now())).toContain('broadcasts note 4 to "all"')
      expect(() => server.broadcasts$({ user: '' })).toThrow('to is')
    })
  })

  it('[TE9] stay when the clients under test are dropped, frozen and slowed down', () => {
    rooms.run(({ client, server, at, expectTimeline, network }) => {
      expectTimeline(heard(lobby(client()))).toBe([
        [1_701, 'while frozen'],
        [5_604, 'while away'],
      ])
      const ben = server.member('ben').join('lobby')
      at(900, () => server.freeze())
      ben.at(1_000).say(...say('while frozen'))
      at(1_700, () => server.thaw())
      at(5_000, () => server.drop())
      ben.at(5_300).say(...say('while away'))
      at(5_301, () => expect([network.links(), ben.heard.length]).toEqual([0, 2]))
    })
  })

  it('[TE9] leave, are the same when asked for again, and tell what failed', () => {
    rooms.with({ users: ['ben'] }).run(({ server, flush, time }) => {
      const ben = server.member('ben')
      expect(server.member('ben')).toBe(ben)
      const there = ben.join('lobby').at(10).leave()
      server
        .member('ben')
        .join('lobby')
        .at(2_000)
        .say(...say('later'))
      server.refuse('secret')
      ben.join('secret')
      server.refuse('quiet')
      ben.join('hall').at(20).say('typing')
      flush()
      expect(ben.failures.map(({ code }) => code)).toEqual(['room/forbidden'])
      expect(there.heard).toEqual([])
      ben.close()
      time.advanceBy(1)
      expect(server.server().metrics().links).toBe(0)
    })
  })

  it('[TE9] come back as others of their name when they have gone', () => {
    rooms.run(({ server, time }) => {
      const before = server.member('ben')
      before.join('lobby')
      before.close()
      const again = server.member('ben')
      before.close()
      expect(server.member('ben')).toBe(again)
      const there = again.join('lobby').say(...say('back'))
      time.advanceBy(100)
      expect([there.heard.length, again.failures]).toEqual([1, []])
    })
  })

  it('[TE9] do not change the chance of the clients under test', () => {
    const states = (more: (helpers: RunHelpers) => void): readonly unknown[] =>
      rooms.with({ seed: 3, untilMs: 20_000 }).run((helpers) => {
        const { client, server, at, flush, time } = helpers
        const ana = client()
        const seen: unknown[] = []
        ana.state$.subscribe(({ _tag }) => seen.push([time.now(), _tag]))
        lobby(ana).on('message').subscribe()
        more(helpers)
        at(5_000, () => server.drop())
        flush()
        return seen
      })
    const alone = states(() => undefined)
    expect(states(({ server }) => server.member('ben').join('lobby').at(2_000).say('x'))).toEqual(alone)
    expect(alone.length).toBeGreaterThan(6)
  })
})

describe('controls of the server', () => {
  const after = (control: (helpers: RunHelpers) => void, untilMs: number) => {
    const states: (readonly [number, string])[] = []
    const all: (readonly [number, string])[] = []
    rooms.with({ untilMs }).run((helpers) => {
      const { client, at, flush, time } = helpers
      const ana = client({ as: 'ana' })
      ana.state$.subscribe((state) => all.push([time.now(), state._tag + ('because' in state && typeof state.because === 'object' ? ` ${state.because.code}` : '')])) // prettier-ignore
      lobby(ana).on('message').subscribe()
      at(10_000, () => {
        control(helpers)
      })
      flush()
    })
    states.push(...all.filter(([ms, state]) => ms >= 10_000 && state !== 'Closed'))
    return states
  }

  it('[TE10] drop: the link ends at once, with a code if one is given', () => {
    expect(after(({ server }) => server.drop(), 10_001)).toEqual([[10_000, 'Waiting connection/closed']])
    expect(after(({ server }) => server.drop(4401), 10_003)).toEqual([[10_000, 'Authorizing'], [10_000, 'Connecting'], [10_002, 'Handshaking']]) // prettier-ignore
  })

  it('[TE10] freeze and thaw: silence, that is found out by the grace or ends in time', () => {
    expect(after(({ server }) => server.freeze(), 60_000).slice(0, 2)).toEqual([
      [27_504, 'Online'],
      [35_004, 'Waiting connection/silent'],
    ])
    expect(after(({ server, at }) => { server.freeze(); at(30_000, () => server.thaw()) }, 40_000)).toHaveLength(2) // prettier-ignore
  })

  it('[TE10] delay: what is sent from then on travels so long each way', () => {
    rooms.run(({ client, server, at, expectTimeline }) => {
      const ana = client()
      expectTimeline(heard(lobby(ana))).toBe([[3_000, 'slow']])
      at(1_000, () => {
        server.delay(1_000)
        lobby(ana).post(...say('slow'))
      })
    })
  })

  it('[TE10] throttle: a link carries so much from then on, also of what waits', () => {
    rooms.with({ untilMs: 10_000 }).run(({ client, server, at, expectTimeline }) => {
      const ana = client()
      const long = 'x'.repeat(900)
      expectTimeline(heard(lobby(ana)).pipe(map((text) => text.length))).toBe([[5_001, 900]])
      const ben = server.member('ben').join('lobby')
      at(1_000, () => server.throttle(0))
      ben.at(2_000).say(...say(long))
      at(5_000, () => server.throttle(Infinity))
    })
  })

  it('[TE10] storm and hosts: faults of the network for some clients, which end with the run', () => {
    rooms.with({ untilMs: 120_000 }).run(({ client, server, network, at, flush }) => {
      const ana = client({ host: 'ana' })
      const ben = client()
      const [calm, stormy] = [see(ben.state$), see(ana.state$)]
      for (const each of [ana, ben]) each.connect()
      const { strikes } = server.storm({ seed: 3, hosts: ['ana'] })
      at(119_000, () => network.host('client-1').freeze())
      flush()
      expect(calm.all.filter(({ _tag }) => _tag === 'Online')).toHaveLength(1)
      expect(stormy.all.filter(({ _tag }) => _tag === 'Waiting').length).toBeGreaterThan(3)
      expect(new Set(strikes.flatMap(({ hosts }) => hosts))).toEqual(new Set(['ana']))
      expect(server.transcript()).toContain('ana: ')
    })
  })

  it('[TE10] stop and restart: nobody is let in before it is there again, with what it knew or with nothing', () => {
    const texts = (engine: 'same' | 'new'): readonly unknown[] =>
      rooms.run(({ client, server, at, flush }) => {
        const ana = client()
        const seen = see(heard(lobby(ana)))
        const ben = server.member('ben').join('lobby')
        ben.at(1_000).say(...say('before'))
        at(2_000, () => server.stop())
        ben.at(3_000).say(...say('meanwhile'))
        at(4_000, () => expect(server.server().metrics().links).toBe(0))
        at(30_000, () => server.restart({ engine }))
        flush()
        return seen.all
      })
    expect(texts('same')).toEqual(['before', 'meanwhile'])
    expect(texts('new')).toEqual(['before', 'room/gap', 'meanwhile'])
  })

  it('[TE10] drain: clients are asked to go, and come back', () => {
    const states = after(({ server, at }) => {
      server.drain({ afterMs: 1_000, spreadMs: 0, because: 'update' })
      at(10_900, server.restart)
    }, 11_010)
    expect(states.map(([, state]) => state)).toEqual([
      'Waiting server/bye',
      'Authorizing',
      'Connecting',
      'Handshaking',
      'Online',
    ])
  })

  it('[TE11] expireToken: the link ends in band, the same token is refused and another one taken', () => {
    const asked: string[] = []
    rooms.with({ users: { ana: { token: 'fixed' }, ben: {} } }).run(({ client, server, at, expectStates }) => {
      const ana = client({
        token: tokens(({ reason, ask }) => {
          asked.push(reason)
          return ask === 1 ? 'fixed' : server.token('ana')
        }),
      })
      const ben = client({ as: 'ben' })
      ben.connect()
      ana.connect()
      at(1_000, () => server.expireToken('ana'))
      expectStates(ana, { untilMs: 5_000 }).toBe([[0, 'Connecting'], [2, 'Handshaking'], [4, 'Online'], [1_001, 'Authorizing'], [1_001, 'Connecting'], [1_003, 'Handshaking'], [1_005, 'Online']]) // prettier-ignore
      expectStates(ben, { untilMs: 5_000 }).toBe([[0, 'Connecting'], [2, 'Handshaking'], [4, 'Online']]) // prettier-ignore
      at(2_000, () => {
        expect(asked).toEqual(['first', 'rejected'])
      })
      const late = client({ token: tokens(() => 'fixed') })
      at(3_000, () => late.connect())
      expectStates(late, { untilMs: 5_000 }).toBe([[0, 'Idle'], [3_000, 'Authorizing'], [3_000, 'Connecting'], [3_002, 'Handshaking'], [3_004, 'Authorizing'], [3_004, 'Stopped']]) // prettier-ignore
    })
  })

  it('[TE11] a name that is no user is told, unless a function of the test may know it', () => {
    const tests = rooms.with({ users: ['ana', 'ben'] })
    expect(() => tests.run(({ client }) => client({ as: 'bob' }))).toThrow(
      `there is no user 'bob': this server knows ana, ben`,
    )
    rooms.run(({ server }) => expect(server.token('bob')).toContain('bob'))
    rooms
      .with({ users: ['ana'], authenticate: () => [{ user: 'somebody' }] })
      .run(({ server }) => expect(server.token('bob')).toContain('bob'))
  })

  it('[TE11] users: their roles and lifetimes, and nobody else', () => {
    const roles: unknown[] = []
    const { with: given } = rooms
    const tests = given({
      users: { ana: { roles: ['host'], expiresInMs: 60_000 } },
      authorize: (access) => {
        roles.push(access.roles)
        return [['read']]
      },
    })
    tests.run(({ client, server, at, flush }) => {
      const auths = see(server.frames$.pipe(map(({ text }) => text)))
      lobby(client({ as: 'ana' }))
        .on('message')
        .subscribe()
      const stranger = client({ token: tokens(() => 'unknown') })
      const states = see(stranger.state$)
      stranger.connect()
      at(56_000, () => undefined)
      flush()
      expect(roles[0]).toEqual(['host'])
      expect(auths.all.filter((text) => text.startsWith('auth'))).toContain('auth.ok r4294967297 for 60000 ms')
      expect(states.all.map(({ _tag }) => _tag)).not.toContain('Online')
    })
  })

  it('[SE13] update and revoke: live sessions change at the call, and so does who comes later', () => {
    rooms.with({ users: { ana: { roles: ['guest'], data: { n: 1 } }, ben: {} } }).run(({ client, server, at }) => {
      const [ana, ben, late] = [client({ as: 'ana' }), client({ as: 'ben' }), client({ as: 'ana' })]
      const seen = [ana, ben, late].map(() => [] as unknown[])
      for (const [at, { session$ }] of [ana, ben, late].entries())
        session$.subscribe((session) => {
          seen[at]?.push(session._tag === 'Active' ? [session.roles, session.data] : session._tag)
        })
      ana.connect()
      ben.connect()
      server.script('1s u 1s l 1s r', {
        u: () => server.update('ana', { roles: ['host'] }),
        l: () => late.connect(),
        r: () => server.revoke('ana'),
      })
      at(4_000, () => {
        expect(seen).toEqual([
          ['None', [['guest'], { n: 1 }], [['host'], { n: 1 }], 'Revoked'],
          ['None', [[], undefined]],
          ['None', [['host'], { n: 1 }], 'Revoked'],
        ])
        expect(() => server.update('ana', { role: 'x' } as object)).toThrow('Did you mean roles?')
        expect(() => server.update('eve', {})).toThrow("there is no user 'eve'")
      })
    })
  })

  it('[SE13] after a revocation the tokens that were shown are not accepted any more', () => {
    rooms.with({ users: { ana: { token: 'fixed' } } }).run(({ client, server, at, expectStates }) => {
      const ana = client({ token: tokens(() => 'fixed') })
      ana.connect()
      at(1_000, () => server.revoke('ana'))
      at(2_000, () => ana.connect())
      expectStates(ana, { untilMs: 5_000 }).toBe([[0, 'Connecting'], [2, 'Handshaking'], [4, 'Online'], [1_001, 'Stopped'], [2_000, 'Authorizing'], [2_000, 'Connecting'], [2_002, 'Handshaking'], [2_004, 'Authorizing'], [2_004, 'Stopped']]) // prettier-ignore
    })
  })

  it('[TE12] refuse and admit: who is not in yet stays out until then; kick: who is in goes', () => {
    rooms.run(({ client, server, at, expectTimeline }) => {
      const ana = client({ as: 'ana' })
      server.refuse('lobby')
      server.refuse('hall', 'unavailable')
      const codes = (name: string): Observable<string> =>
        ana.room(name, Chat).membership$.pipe(map((now) => ('error' in now ? now.error.code : now._tag)))
      ana.room('hall', Chat).join().subscribe()
      lobby(ana).join().subscribe()
      expectTimeline(codes('lobby'), { untilMs: 30_000 }).toBe([
        [0, 'Joining'],
        [4, 'room/forbidden'],
        [20_000, 'Joining'],
        [20_002, 'In'],
        [25_001, 'room/kicked'],
      ])
      expectTimeline(codes('hall'), { untilMs: 4_000 }).toBe([
        [0, 'Joining'],
        [4, 'room/unavailable'],
        [1_004, 'Joining'],
        [1_006, 'room/unavailable'],
        [2_006, 'Joining'],
        [2_008, 'In'],
      ])
      at(2_000, () => server.admit('hall'))
      at(20_000, () => {
        server.admit('lobby')
        lobby(ana).join().subscribe()
      })
      at(25_000, () => server.kick('lobby', 'ana'))
    })
  })

  it('[TE13] newEpoch and truncate: what was missed is a gap, and says why', () => {
    const gaps = (lose: (helpers: RunHelpers) => void): readonly unknown[] =>
      rooms.run((helpers) => {
        const { client, server, at, flush } = helpers
        const seen = see(lobby(client()).on('message'))
        const ben = server.member('ben').join('lobby')
        for (let ms = 1; ms <= 3; ms++) ben.at(1_000 * ms).say(...say(`live ${ms}`))
        at(5_000, () => server.drop())
        for (let ms = 1; ms <= 3; ms++) ben.at(5_000 + ms).say(...say(`missed ${ms}`))
        at(5_100, () => {
          lose(helpers)
        })
        ben.at(5_200).say(...say('last'))
        flush()
        return seen.all.map(E.match((error) => (error._tag === 'RoomError' && error.gap ? error.gap.because : error.code), ({ data, position }) => `${data.text} ${position.offset}`)) // prettier-ignore
      })
    const live = ['live 1 1', 'live 2 2', 'live 3 3']
    expect(gaps(({ server }) => server.truncate('lobby', { keep: 1 }))).toEqual([...live, 'truncated', 'missed 3 6', 'last 7']) // prettier-ignore
    expect(gaps(({ server }) => server.truncate('nowhere', { keep: 0 }))).toHaveLength(7)
    expect(gaps(({ server }) => server.newEpoch('lobby'))).toEqual([...live, 'epoch', 'last 1'])
  })

  it('[TE13] says so where the logs are those of an engine of the test', () => {
    const time = virtualTime()
    const { engine } = fakeServer(time)
    const other = fakeServer(time, { engine: engine() })
    expect(() => other.newEpoch('lobby')).toThrow('the test gave an engine of its own')
  })
})

describe('a fake server', () => {
  it('[TE15] shows every frame, both ways, as it comes to it and leaves it', () => {
    rooms.with({ untilMs: 1_000 }).run(({ client, server, expectTimeline }) => {
      const texts$ = server.frames$.pipe(map(({ who, direction, text }) => `${who} ${direction} ${text}`))
      expectTimeline(texts$).toBe([
        [3, 'client-1 up hello token *** + lobby #1'],
        [3, 'client-1 down welcome ana'],
        [3, 'client-1 down joined #1 as 1 at epoch-1:0'],
        [5, 'client-1 up publish r1 lobby message {"text":"x"}'],
        [5, 'client-1 down ack r1@1'],
        [5, 'client-1 down message 1@1 message {"text":"x"} from ana'],
      ])
      const ana = client({ as: 'ana' })
      lobby(ana).on('message').subscribe()
      lobby(ana).post(...say('x'))
    })
  })

  it('[TE16] has in its rooms what the test puts there', () => {
    const tests = rooms.with({
      rooms: {
        lobby: [
          { event: 'message', data: { text: 'first' }, from: 'ben' },
          { event: 'message', data: { text: 'second' } },
        ],
      },
    })
    tests.run(({ client, server, at, flush }) => {
      const seen = see(lobby(client()).on('message', { from: last(10) }))
      at(100, () => server.publish('lobby', ...say('third')))
      flush()
      expect(seen.all.map(E.map(({ data, from }) => [data.text, from.user]))).toEqual([
        E.right(['first', 'ben']),
        E.right(['second', '@server']),
        E.right(['third', '@server']),
      ])
    })
  })

  it('[TE16] serves clients that the test makes itself, and can be closed', () => {
    const time = virtualTime()
    const server = fakeServer(time)
    const ana = createClient({ url: 'ws://fake', scheduler: time, random: () => 0, transport: server.transport })
    const seen = see(heard(lobby(ana)))
    server
      .member('ben')
      .at(50)
      .join('lobby')
      .say(...say('hi'))
    time.advanceBy(1_000)
    expect(seen.all).toEqual(['hi'])
    expect(server.transcript()).toContain('own client: ← message 1@1 message {"text":"hi"} from ben')
    ana.close()
    server.close()
    time.advanceBy(60_000)
    expect([time.pending(), server.leaks()]).toEqual([0, []])
  })

  it('[TE17] has no chance but what the seed draws: without one every draw is the middle', () => {
    const back = (seed?: number): readonly number[] =>
      rooms.with(seed === undefined ? {} : { seed }).run(({ client, server, at, flush, time }) => {
        const times: number[] = []
        for (let each = 0; each < 3; each++) {
          const one = client()
          one.connect()
          one.state$.subscribe(({ _tag }) => _tag === 'Authorizing' && time.now() > 0 && times.push(time.now()))
        }
        at(1_000, () => server.drop())
        flush()
        return times
      })
    expect(back()).toEqual([1_600, 1_600, 1_600])
    expect(back(5)).toEqual(back(5))
    expect(back(5)).not.toEqual(back(6))
    expect(new Set(back(5)).size).toBe(3)
  })

  it('[TE1] tells states of anything, and of memberships', () => {
    rooms.run(({ client, expectStates, expectTimeline }) => {
      const ana = client()
      lobby(ana).join().pipe(toArray()).subscribe()
      expectStates(lobby(ana).membership$).toBe([[0, 'Joining'], [4, 'In']]) // prettier-ignore
      expectTimeline(ana.session$, { project: ({ _tag }) => _tag }).toBe([[0, 'None'], [4, 'Active']]) // prettier-ignore
    })
  })
})
