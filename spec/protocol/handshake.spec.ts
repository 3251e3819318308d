import { NEVER, of, throwError, timer } from 'rxjs'
import { readServer } from '../../lib/protocol/server-frames.js'
import type { Identity } from '../../lib/server/options.js'
import { hello, join, pub } from '../server/support/peer.js'
import { brief, ending, rig } from './rig.js'

describe('messages and envelopes, as the server takes them', () => {
  it('[PR2] a subprotocol that it does not speak is refused', () => {
    const { socket, time } = rig()
    const peer = socket({ protocol: 'rx-rooms.v9.json' })
    time.advanceBy(0)
    expect(ending(peer)).toEqual(['protocol/subprotocol', 4400])
  })

  it('[PR3] the envelopes of a batch are read in order, whether they come together or alone', () => {
    const { guest } = rig()
    const [one, many] = [guest('one'), guest('many')]
    const frames = [
      join(1, 'a'),
      pub(1, 'a', 1, { producer: 'x' }),
      { t: 'leave', ch: 1 } as const,
      join(2, 'a', { from: { epoch: 'E1', offset: 0 } }),
    ]
    for (const frame of frames) one.send(frame)
    expect(brief(one.news())).toEqual([
      'joined 1 E1 1-0 after 0',
      'a E1 0 1 1 0',
      'm 1 1 x.1',
      'joined 2 E1 1-1 after 0',
      'm 2 1 x.1',
    ])
    many.send(join(1, 'b'), pub(1, 'b', 1), pub(2, 'b', 2), { t: 'leave', ch: 1 }, join(2, 'b'))
    expect(brief(many.all('a'))).toEqual(['a E1 0 1 1 0 2 2 0'])
    expect(brief(many.all('joined')).at(-1)).toMatch(/^joined 2 E1/)
    many.sendRaw('[]')
    expect(many.closedWith()).toBeUndefined()
  })

  it.each(['{', 'hello', '', '["p",1', new Uint8Array([123, 125])])(
    '[PR5] what cannot be read ends the link: %j',
    (data) => {
      const { guest } = rig()
      const peer = guest()
      peer.sendRaw(data)
      expect(ending(peer)).toEqual(['protocol/malformed', 4400])
    },
  )

  it('[PR6] it packs at most 64 envelopes and 64 KiB into a message', () => {
    const { guest } = rig()
    const peer = guest('i1', { rooms: [join(1, 'a')] })
    const before = peer.messages().length
    peer.send(
      ...Array.from({ length: 200 }, (_, at) =>
        pub(at + 1, 'a', at + 1, { data: 'x'.repeat(at % 50 === 0 ? 30_000 : 10) }),
      ),
    )
    const messages = peer.messages().slice(before) as readonly string[]
    const sizes = messages.map((text) => (JSON.parse(text) as readonly unknown[]).length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64)
    expect(Math.max(...messages.map(({ length }) => length))).toBeLessThanOrEqual(65_536)
    expect(peer.all('m')).toHaveLength(200)
  })

  it('[PR8] an unknown frame is answered by its ref, and dropped without', () => {
    const { guest } = rig()
    const peer = guest()
    peer.sendRaw('[{"t":"poll","ref":3},{"t":"poll"},["s",1,"typing",null],{"t":"ping","n":1}]')
    expect(brief(peer.news())).toEqual(['refused 3 protocol/unknown', 'pong'])
    expect(peer.closedWith()).toBeUndefined()
  })

  it('[PR9] an unknown frame that must be understood ends the link', () => {
    const { guest } = rig()
    const peer = guest()
    peer.sendRaw('{"t":"poll","ref":3,"must":true}')
    expect(ending(peer)).toEqual(['protocol/unknown', 4400])
  })

  it('[PR11] [PR12] a malformed frame is refused by its ref, or ends the link', () => {
    const { guest } = rig()
    const peer = guest()
    peer.sendRaw('["p",5,"","x1",1,0,"m1","e",null,0]')
    expect(peer.news()).toMatchObject([
      {
        t: 'refused',
        ref: 5,
        code: 'protocol/malformed',
        message: 'p.room: expected a text of 1 to 256 bytes, got ""',
      },
    ])
    peer.sendRaw('{"t":"leave","ch":"one"}')
    expect(ending(peer)).toEqual(['protocol/malformed', 4400])
  })

  it('[PR24] a message beyond the limits ends the link', () => {
    const { guest, socket } = rig({ limits: { messageBytes: 100_000 } })
    const peer = guest()
    peer.send(pub(1, 'a', 1, { data: 'x'.repeat(90_000) }))
    expect(brief(peer.news())).toEqual(['a E1 0 1 1 0'])
    peer.sendRaw(JSON.stringify('x'.repeat(100_000)))
    expect(ending(peer)).toEqual(['protocol/too-large', 1009])
    const early = socket()
    early.sendRaw(JSON.stringify(hello({ token: 'x'.repeat(65_536) })))
    expect(ending(early)).toEqual(['protocol/too-large', 1009])
  })

  it('[PR26] too many control frames end the link', () => {
    const { guest, time } = rig()
    const peer = guest()
    for (let n = 0; n < 200; n++) peer.send({ t: 'ping', n })
    expect(peer.all('pong')).toHaveLength(200)
    time.advanceBy(100)
    for (let n = 0; n < 11; n++) peer.send({ t: 'seen', n })
    expect(ending(peer)).toEqual(['server/rate', 4429])
  })
})

describe('the greeting', () => {
  const identities: Readonly<Record<string, Identity>> = {
    ann: { user: 'ann' },
    ann2: { user: 'ann' },
    bob: { user: 'bob' },
  }
  const authenticate = ({ token = '' }) =>
    token === 'late' ? timer(1_000).pipe(() => NEVER) : of(identities[token] ?? null)

  it('[PR29] comes first, and once', () => {
    const { socket, guest } = rig()
    for (const frame of [join(1, 'a'), pub(1, 'a', 1), { t: 'ping', n: 1 } as const]) {
      const peer = socket()
      peer.send(frame)
      expect(ending(peer)).toEqual(['protocol/handshake', 4400])
    }
    const twice = guest()
    twice.send(hello())
    expect(ending(twice)).toEqual(['protocol/handshake', 4400])
  })

  it('[PR30] is answered by welcome, before everything else', () => {
    const { socket, time } = rig({ authenticate: ({ token }) => timer(50).pipe(() => of({ user: token ?? '' })) })
    const peer = socket()
    peer.send(hello({ token: 'ann', rooms: [join(1, 'a')] }), pub(1, 'a', 1), { t: 'ping', n: 1 })
    time.advanceBy(100)
    const [first, ...rest] = brief(peer.frames()).filter((tag) => tag !== 'pong')
    expect(first).toBe('welcome')
    expect(rest).toEqual(['a E1 0 1 1 0', 'joined 1 E1 1-0 after 0', 'm 1 1 p1.1'])
  })

  it('[PR31] that does not come in time ends the link', () => {
    const { socket, time } = rig()
    const peer = socket()
    time.advanceBy(10_000)
    expect(ending(peer)).toEqual(['protocol/late', 4408])
  })

  it('[PR32] is put off by a busy server before any token is looked at', () => {
    const asked: unknown[] = []
    const { socket } = rig({
      budgets: { server: { greetings: 1 } },
      busy: { retryAfterMs: 10, spreadMs: 20 },
      authenticate: ({ token }) => (asked.push(token), NEVER),
    })
    socket().send(hello({ token: 'first' }))
    const second = socket()
    second.send(hello({ token: 'second' }))
    expect(second.frames()).toMatchObject([{ code: 'server/busy', kind: 'retry', retryAfterMs: 10, spreadMs: 20 }])
    expect(ending(second)).toEqual(['server/busy', 1013])
    expect(asked).toEqual(['first'])
  })

  it('[PR33] with a token that is not accepted is refused, with one that cannot be checked put off', () => {
    const { socket } = rig({
      authenticate: ({ token }) => (token === 'boom' ? throwError(() => new Error('no database')) : of(null)),
    })
    const [bad, unlucky] = [socket(), socket()]
    bad.send(hello({ token: 'bad' }))
    expect(ending(bad)).toEqual(['auth/rejected', 4401])
    unlucky.send(hello({ token: 'boom' }))
    expect(ending(unlucky)).toEqual(['auth/unavailable', 1013])
  })

  it('[PR34] of a higher generation ends the lower ones, and none is granted twice', () => {
    const { guest, socket } = rig()
    const old = guest('tab', { rooms: [join(1, 'a')] })
    const young = guest('tab', { session: { instance: 'tab', generation: 2 } })
    expect(ending(old)).toEqual(['session/superseded', 4409])
    expect(young.closedWith()).toBeUndefined()
    for (const generation of [1, 2]) {
      const late = socket()
      late.send(hello({ session: { instance: 'tab', generation } }))
      expect(ending(late)).toEqual(['session/superseded', 4409])
    }
    expect(guest('other').closedWith()).toBeUndefined()
  })

  it('[PR34] ends them before a publish of theirs can be executed', () => {
    const { guest, engine } = rig()
    const old = guest('tab', {}, { closes: false })
    const young = guest('tab', { session: { instance: 'tab', generation: 2 }, rooms: [join(1, 'a')] })
    old.send(pub(1, 'a', 1))
    expect(brief(young.news())).toEqual([])
    expect(engine.held().bytes).toBe(0)
  })

  it('[PR35] [PR36] renews a token on the living link, of the same user only', () => {
    const { guest } = rig({ authenticate })
    const peer = guest('i1', { token: 'ann' })
    const renewed = (...tokens: readonly string[]): readonly string[] => {
      peer.send(...tokens.map((token, ref) => ({ t: 'auth', ref, token }) as const))
      return brief(peer.news())
    }
    expect(renewed('ann2')).toEqual(['auth.ok'])
    expect(renewed('bob')).toEqual(['refused 0 auth/subject'])
    expect(renewed('?')).toEqual(['refused 0 auth/rejected'])
    expect(renewed('ann', 'ann2')).toEqual(['refused 0 auth/superseded', 'auth.ok'])
    expect(peer.closedWith()).toBeUndefined()
  })

  it('[PR37] takes rooms away that the new token may not read', () => {
    const { guest } = rig({
      authenticate: ({ token }) => of({ user: 'ann', roles: [token ?? ''] }),
      authorize: ({ roles, room }) => of(roles.includes('all') || room === 'a' ? ['read'] : []),
    })
    const peer = guest('i1', { token: 'all', rooms: [join(1, 'a'), join(2, 'b')] })
    peer.send({ t: 'auth', ref: 1, token: 'less' })
    expect(brief(peer.news())).toEqual(['auth.ok', 'left 2 room/forbidden'])
  })

  it('[PR38] ends when the token does', () => {
    const { guest, time } = rig({ authenticate: () => of({ user: 'ann', expiresInMs: 5_000 }) })
    const peer = guest()
    time.advanceBy(3_000)
    peer.send({ t: 'auth', ref: 1, token: 'next' })
    time.advanceBy(4_999)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceBy(1)
    expect(ending(peer)).toEqual(['auth/expired', 4401])
  })

  it('[PR75] every refusal says what helps, in the form of the protocol', () => {
    const { socket } = rig()
    const peer = socket()
    peer.send(pub(1, 'a', 1))
    expect(readServer(peer.frames()[0])).toMatchObject({
      _tag: 'Frame',
      frame: { code: 'protocol/handshake', kind: 'terminal' },
    })
  })
})
