import { tokens } from '../../lib/kernel/tokens.js'
import { anything } from '../../lib/contract/contract.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { left, right, see, tags } from '../support/seen.js'
import { joined, stage, welcome } from '../support/stage.js'
import { tap } from '../support/wire.js'

/** The hellos of a client. */
const hellos = (wire: ReturnType<typeof tap>) => wire.up('hello').map(({ frame: { session } }) => session)

describe('session$', () => {
  it('[SS1] is None, then what the server says of this client, also for who comes late', () => {
    const { client, time, end } = world({ authenticate: () => [{ user: 'ana', roles: ['admin'] }] })
    const ana = client({ token: tokens(() => 'x') })
    const session = see(ana.session$)
    expect(session.all).toEqual([{ _tag: 'None' }])
    ana.connect()
    time.advanceBy(100)
    expect(session.last()).toMatchObject({ _tag: 'Active', user: 'ana', roles: ['admin'], durability: 'memory' })
    expect(see(ana.session$).all).toEqual([session.last()])
    expect(session.last()).not.toHaveProperty('resume')
    expect(end()).toBe(0)
  })

  it('[SS2] goes on over links: the same id, the same instance, its secret, and a generation that grows', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    const session = see(ana.session$)
    ana.connect()
    for (let cut = 0; cut < 5; cut++) {
      time.advanceBy(10_000)
      network.cut()
    }
    time.advanceBy(10_000)
    const claims = hellos(wire)
    expect(claims.length).toBeGreaterThanOrEqual(6)
    expect(new Set(claims.map(({ instance }) => instance)).size).toBe(1)
    expect(claims.map(({ generation }) => generation)).toEqual([...claims.keys()].map((index) => index + 1))
    expect(claims.map(({ resume }) => resume === undefined)).toEqual([true, ...claims.slice(1).map(() => false)])
    const ids = session.all.flatMap((state) => (state._tag === 'Active' ? [state.id] : []))
    expect(new Set(ids).size).toBe(1)
    expect(end()).toBe(0)
  })

  it('[SS2] is another after the server forgot it, and what was sent before still counts as own', () => {
    const { client, time, restart, end } = world()
    const ana = client()
    const room = ana.room('lobby', Chat)
    const session = see(ana.session$)
    const heard = see(room.on('message'))
    time.advanceBy(100)
    room.post('message', { text: 'a' })
    time.advanceBy(100)
    const first = session.last()
    restart({ engine: 'new' })
    time.advanceBy(5_000)
    const second = session.last()
    expect([first._tag, second._tag]).toEqual(['Active', 'Active'])
    expect(first).not.toEqual(second)
    room.post('message', { text: 'b' })
    time.advanceBy(100)
    expect(heard.all.flatMap((message) => (message._tag === 'Right' ? [message.right.own] : []))).toEqual([true, true])
    expect(end()).toBe(0)
  })

  it('[SS2] a message of a former session of this client is own, one of anybody else is not', () => {
    const { client, actor, network, time } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      to.say(welcome({ session: { id: `s${to.number}`, resume: 'r', expiresInMs: 1 } }))
      for (const join of frame.rooms) to.say(joined(join))
    })
    const ana = client()
    const heard = see(ana.room('lobby', anything).messages())
    for (let link = 1; link <= 3; link++) {
      time.advanceBy(10_000)
      if (link < 3) network.cut()
    }
    const { ch } = actor().joins()[0]!
    actor().say(
      ...['s1', 's2', 's3', 's4'].map(
        (session, index) => ['m', ch, index + 1, session, 'x', ['ana', session], 1, 1] as const,
      ),
    )
    time.advanceBy(10)
    expect(heard.all.map((message) => right(message)).map(({ id, own }) => [id, own])).toEqual([
      ['s1', true],
      ['s2', true],
      ['s3', true],
      ['s4', false],
    ])
    ana.close()
  })

  it.each(['session/replaced', 'session/superseded'])(
    '[SS3] taken over (%s) is Replaced and Stopped: no fight',
    (code) => {
      const { client, actor, actors, time } = stage()
      const ana = client()
      const [session, state] = [see(ana.session$), see(ana.state$)]
      const answer = see(ana.connect())
      time.advanceBy(100)
      right(answer.only())
      actor().say({ t: 'refused', code, message: 'Another client took over.', kind: 'terminal' })
      actor().close(4409)
      time.advanceBy(3_600_000)
      expect(session.last()).toMatchObject({ _tag: 'Replaced', because: { code } })
      expect(state.last()).toMatchObject({ _tag: 'Stopped', because: { code } })
      expect(actors).toHaveLength(1)
      ana.connect()
      time.advanceBy(100)
      expect([tags(session).at(-1), state.last()._tag, actors.length]).toEqual(['Active', 'Online', 2])
      ana.close()
    },
  )

  it('[SS3] two clients that claim the same instance: the later one stays, the earlier one stops, for good', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const [first, second] = [client({ ids: () => 'same' }), client({ ids: () => 'same' })]
    const states = [see(first.state$), see(second.state$)]
    first.connect()
    time.advanceBy(1_000)
    const answer = see(second.connect())
    time.advanceBy(3_600_000)
    // Both say generation 1: the second is refused, and stops in its turn.
    expect(left(answer.only()).code).toBe('session/superseded')
    expect(states.map((state) => state.last()._tag)).toEqual(['Online', 'Stopped'])
    expect(hellos(wire)).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it.each([
    ['session/revoked', 'Revoked'],
    ['auth/revoked', 'Revoked'],
    ['session/expired', 'Expired'],
  ])('[SS4] ended by the server (%s) is %s', (code, tag) => {
    const { client, actor, time } = stage()
    const ana = client()
    const session = see(ana.session$)
    ana.connect()
    time.advanceBy(100)
    actor().say({ t: 'refused', code, message: '', kind: 'terminal' })
    time.advanceBy(100)
    expect(session.last()._tag).toBe(tag)
    ana.close()
  })

  it('[SS5] shows limits that the server changes, and they hold at once', () => {
    const { client, actor, time } = stage()
    const ana = client()
    const session = see(ana.session$)
    ana.connect()
    time.advanceBy(100)
    const limits = { ...welcome().limits, messageBytes: 200 }
    actor().say({ t: 'limits', limits })
    time.advanceBy(10)
    expect(session.last()).toMatchObject({ _tag: 'Active', limits: { messageBytes: 200 } })
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'x'.repeat(200) }))
    time.advanceBy(10)
    expect(left(sent.only())).toMatchObject({ code: 'delivery/too-large', executed: 'no' })
    ana.close()
  })

  it('[SS5] writes no message that is larger, and no more joins in one, than the server says', () => {
    const limits = { ...welcome().limits, messageBytes: 1_000, joinsPerFrame: 3 }
    const { client, network, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') to.say(welcome({ limits }))
    })
    const wire = tap(network)
    const ana = client()
    ana.connect()
    time.advanceBy(100)
    for (let index = 0; index < 100; index++) {
      ana.room('lobby', Chat).post('message', { text: `number ${index}` })
      if (index < 20) see(ana.room(`room ${index}`, Chat).on('message'))
    }
    time.advanceBy(100)
    const [, ...messages] = wire.messages()
    expect([wire.up('p').length, wire.joins().length]).toEqual([100, 20])
    expect(messages.filter((message) => message.length > 1_000)).toEqual([])
    const joined = messages.map((message) => message.split(/"room \d/).length - 1)
    expect(Math.max(...joined)).toBe(3)
    ana.close()
  })
})
