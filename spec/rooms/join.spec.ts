import { tokens } from '../../lib/kernel/tokens.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { codeOf, right, see, tags } from '../support/seen.js'
import { admits, greets, stage } from '../support/stage.js'
import { tap } from '../support/wire.js'
import { admission } from '../../lib/features/room-life/admission.js'

describe('join()', () => {
  it('[RM4] answers with what the server grants, at once when it is in already', () => {
    const { client, time, end } = world({ authorize: () => [['read', 'history']] })
    const room = client().room('lobby', Chat)
    const first = see(room.join())
    time.advanceBy(100)
    expect(right(first.only())).toEqual({ info: {}, permissions: ['read', 'history'] })
    expect(see(room.join()).only()).toEqual(first.only())
    expect(end()).toBe(0)
  })

  it('[RM4] answers Left when refused, and keeps its hold', () => {
    const { client, time, end } = world({ authorize: () => [[]] })
    const room = client().room('lobby', Chat)
    const answer = see(room.join())
    time.advanceBy(100)
    expect(codeOf(answer.only())).toBe('room/forbidden')
    expect(right(see(room.leave()).only())).toEqual({ stillHeldBy: 0 })
    expect(end()).toBe(0)
  })

  it('[RM4] with mustExist it does not create a room', () => {
    const { client, time, end } = world()
    const ana = client()
    const missing = see(ana.room('lobby', Chat).join(admission({ mustExist: true })))
    time.advanceBy(100)
    expect(codeOf(missing.only())).toBe('room/not-found')
    const creator = see(client().room('lobby', Chat).post('message', { text: 'x' }))
    time.advanceBy(100)
    right(creator.only())
    const found = see(ana.room('lobby', Chat).join(admission({ mustExist: true })))
    time.advanceBy(100)
    expect(right(found.only()).permissions).toContain('read')
    expect(end()).toBe(0)
  })

  it('[RM4] what one join asked for is forgotten when the room is left', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const room = client().room('lobby', Chat)
    see(room.membership$)
    see(room.join(admission({ mustExist: true, password: 'x' })))
    time.advanceBy(100)
    room.leave()
    time.advanceBy(1_000)
    const again = see(room.join())
    time.advanceBy(100)
    right(again.only())
    expect(wire.joins().map(({ frame: { mustExist, password } }) => [mustExist, password])).toEqual([
      [true, 'x'],
      [undefined, undefined],
    ])
    expect(end()).toBe(0)
  })

  it('[RM4] that another handle asks again keeps the password for the next link', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    see(ana.room('lobby', Chat).join(admission({ password: 'x' })))
    see(ana.room('lobby', Chat).join())
    time.advanceBy(100)
    network.cut()
    time.advanceBy(2_000)
    expect(wire.joins().map(({ frame }) => frame.password)).toEqual(['x', 'x'])
    expect(end()).toBe(0)
  })

  it('[RM4] answers Left when nobody answers in time, offline too, and is joined when that is possible', () => {
    const { client, network, time, end } = world()
    const [online, offline] = [client(), client()]
    online.connect()
    time.advanceBy(100)
    network.blackhole(true)
    const answers = [online, offline].map((each) => see(each.room('lobby', Chat).join()))
    time.advanceBy(9_999)
    expect(answers.map(({ all }) => all)).toEqual([[], []])
    time.advanceBy(10)
    expect(answers.map((answer) => codeOf(answer.only()))).toEqual(['room/timeout', 'room/timeout'])
    network.blackhole(false)
    time.advanceBy(60_000)
    for (const each of [online, offline]) expect(tags(see(each.room('lobby', Chat).membership$))).toEqual(['In'])
    expect(end()).toBe(0)
  })

  it('[RM4] answers Left when it is left before the answer, and when the client stops or is closed', () => {
    const { client, time, end } = world({
      latencyMs: 50,
      authenticate: ({ token }) => [token === 'x' ? null : { user: 'ana' }],
    })
    const [ana, ben] = [client(), client({ token: tokens(() => 'x') })]
    const room = ana.room('lobby', Chat)
    const left = see(room.join())
    const closed = see(ana.room('other', Chat).join())
    const stopped = see(ben.room('lobby', Chat).join())
    time.advanceBy(60)
    room.leave()
    time.advanceBy(0)
    expect(codeOf(left.only())).toBe('room/left')
    ana.close()
    time.advanceBy(30_000)
    expect(codeOf(closed.only())).toBe('connection/client-closed')
    expect(codeOf(stopped.only())).toBe('auth/rejected')
    expect(codeOf(see(ben.room('lobby', Chat).join()).only())).toBe('auth/rejected')
    expect(end()).toBe(0)
  })

  it('[RM4] a server that never answers is told that the join is given up, and its late answer changes nothing', () => {
    let isAwake = false
    const { client, actor, time } = stage((frame, to) => {
      if (isAwake) admits(frame, to)
      else greets(frame, to)
    })
    const ana = client({ deadlines: { joinMs: 1_000 } })
    ana.connect()
    time.advanceBy(100)
    const room = ana.room('lobby', Chat)
    const membership = see(room.membership$)
    see(room.join())
    time.advanceBy(1_010)
    const [first] = actor().joins()
    expect(actor().heard()).toContainEqual({ t: 'leave', ch: first!.ch })
    admits(first!, actor())
    time.advanceBy(10)
    expect(membership.last()).toMatchObject({ _tag: 'Refused', error: { code: 'room/timeout' } })
    isAwake = true
    time.advanceBy(2_000)
    expect(membership.last()._tag).toBe('In')
    ana.close()
  })
})
