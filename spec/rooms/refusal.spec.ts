import { BehaviorSubject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Left } from '../../lib/protocol/frame.js'
import { world } from '../../lib/testing/world.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, right, see, tags } from '../support/seen.js'
import { admits, greets, joined, stage } from '../support/stage.js'
import { joinsOf, tap } from '../support/wire.js'

/** A server that answers the first `times` joins with this. */
const refusing = (refusal: Omit<Left, 't' | 'ch'>, times = 1) => {
  let left = times
  return stage((frame, to) => {
    greets(frame, to)
    for (const join of joinsOf(frame)) to.say(left-- > 0 ? { t: 'left', ch: join.ch, ...refusal } : joined(join))
  })
}

describe('a room that is refused', () => {
  it('[RM5] says so in its streams and its membership, and blocks nothing else', () => {
    const { client, time, end } = world({ authorize: ({ room }) => [room === 'closed' ? [] : ['read', 'publish']] })
    const ana = client()
    const [open, closed] = [ana.room('open', Chat), ana.room('closed', Chat)]
    const membership = see(closed.membership$)
    const [heard, refused] = [see(open.on('message')), see(closed.on('message'))]
    const sent = see(closed.send('message', { text: 'x' }))
    time.advanceBy(100)
    open.post('message', { text: 'fine' })
    time.advanceBy(100)
    expect(texts(heard.all)).toEqual(['fine'])
    expect(texts(refused.all)).toEqual(['room/forbidden'])
    expect([refused.isComplete(), tags(membership)]).toEqual([false, ['Out', 'Joining', 'Refused']])
    expect(codeOf(sent.only())).toBe('delivery/forbidden')
    expect(end()).toBe(0)
  })

  it('[RM5] is tried again on reconnect', () => {
    let isOpen = false
    const { client, network, time, end } = world({ authorize: () => [isOpen ? ['read'] : []] })
    const wire = tap(network)
    const ana = client()
    const membership = see(ana.room('lobby', Chat).membership$)
    see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(60_000)
    expect(wire.joins()).toHaveLength(1)
    isOpen = true
    network.cut()
    time.advanceBy(2_000)
    expect(wire.joins()).toHaveLength(2)
    expect(membership.last()._tag).toBe('In')
    expect(end()).toBe(0)
  })

  it('[RM5] is tried again by join()', () => {
    const { client, time, actor } = refusing({ code: 'room/full', message: '', kind: 'terminal' }, 2)
    const room = client().room('lobby', Chat)
    const membership = see(room.membership$)
    see(room.on('message'))
    time.advanceBy(60_000)
    const answers = [see(room.join())]
    time.advanceBy(60_000)
    answers.push(see(room.join()))
    time.advanceBy(60_000)
    expect(answers.map((answer) => codeOf(answer.only()))).toEqual(['room/full', ''])
    expect(tags(membership)).toEqual(['Out', 'Joining', 'Refused', 'Joining', 'Refused', 'Joining', 'In'])
    expect(actor().joins()).toHaveLength(3)
  })

  it('[RM5] is tried again with a new token on the live link', () => {
    const { client, network, time, end } = world({
      authenticate: ({ token }) => [{ user: 'ana', roles: [token ?? ''] }],
      authorize: ({ room, roles }) => [room === 'open' || roles.includes('member') ? ['read'] : []],
    })
    const wire = tap(network)
    const token$ = new BehaviorSubject('guest')
    const ana = client({ token: tokens(token$) })
    const memberships = ['open', 'closed'].map((name) => {
      see(ana.room(name, Chat).on('message'))
      return see(ana.room(name, Chat).membership$)
    })
    time.advanceBy(100)
    expect(memberships.map((membership) => membership.last()._tag)).toEqual(['In', 'Refused'])
    token$.next('member')
    time.advanceBy(10)
    expect(memberships.map((membership) => membership.last()._tag)).toEqual(['In', 'In'])
    expect(wire.joins().map(({ frame }) => frame.room)).toEqual(['open', 'closed', 'closed'])
    expect(wire.lastLink()).toBe(1)
    expect(end()).toBe(0)
  })

  it('[RM5] for now is tried again after retryAfterMs and within spreadMs, or after the backoff', () => {
    const timed = (refusal: Omit<Left, 't' | 'ch'>, random: number): number => {
      const { client, time, actor } = refusing(refusal)
      const ana = client({ random: () => random })
      const membership = see(ana.room('lobby', Chat).membership$)
      see(ana.room('lobby', Chat).on('message'))
      while (membership.last()._tag !== 'Refused' && time.now() < 1_000) time.advanceBy(1)
      const start = time.now()
      while (actor().joins().length < 2 && time.now() < 10_000) time.advanceBy(1)
      const took = time.now() - start
      time.advanceBy(10)
      expect(membership.last()._tag).toBe('In')
      ana.close()
      return took
    }
    const later = { code: 'room/busy', message: '', kind: 'retry', retryAfterMs: 2_000, spreadMs: 1_000 } as const
    expect(timed(later, 0)).toBe(2_001)
    expect(timed(later, 0.5)).toBe(2_501)
    expect(timed({ code: 'room/unavailable', message: '', kind: 'retry' }, 0)).toBe(201)
    expect(timed({ code: 'room/unavailable', message: '', kind: 'retry' }, 0.5)).toBe(601)
  })

  it('[RM5] for now again and again waits longer and longer, up to the cap, and says so each time', () => {
    const { client, time, actor } = refusing({ code: 'room/unavailable', message: '', kind: 'retry' }, 1_000)
    const ana = client({ random: () => 0.999 })
    const heard = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(600_000)
    expect(actor().joins().length).toBeGreaterThan(18)
    expect(actor().joins().length).toBeLessThan(28)
    expect(heard.all).toHaveLength(actor().joins().length)
    ana.close()
    time.advanceBy(60_000)
    expect(time.pending()).toBe(0)
  })

  it('[RM5] is not tried again when nobody holds it any more', () => {
    const { client, time, actor } = refusing({ code: 'room/busy', message: '', kind: 'retry', retryAfterMs: 2_000 }, 2)
    for (const lingerMs of [500, 60_000]) {
      const ana = client({ lingerMs })
      const heard = see(ana.room('lobby', Chat).on('message'))
      time.advanceBy(100)
      heard.stop()
      time.advanceBy(10_000)
      expect(actor().joins()).toHaveLength(1)
      ana.close()
    }
  })

  it('[RM5] with a code of a later version keeps its kind and its words', () => {
    const { client, time } = refusing({ code: 'weather/too-hot', message: 'Come back in autumn.', kind: 'terminal' })
    const ana = client()
    const heard = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    expect(heard.all).toMatchObject([
      {
        _tag: 'Left',
        left: {
          _tag: 'ConnectionError',
          code: 'server/weather-too-hot',
          message: 'Come back in autumn.',
          kind: 'terminal',
        },
      },
    ])
    ana.close()
  })
})

describe('a user who is kicked', () => {
  it('[RM6] is told in every stream of the room, is not let back by a reconnect, but by join()', () => {
    const { client, network, server, time, end } = world({ authenticate: () => [{ user: 'ana' }] })
    const wire = tap(network)
    const ana = client({ token: tokens(() => 'x') })
    const room = ana.room('lobby', Chat)
    const [heard, membership] = [see(room.on('message')), see(room.membership$)]
    time.advanceBy(100)
    server().kick('lobby', 'ana')
    time.advanceBy(100)
    expect(texts(heard.all)).toEqual(['room/kicked'])
    expect(membership.last()).toMatchObject({ _tag: 'Refused', error: { code: 'room/kicked', kind: 'terminal' } })
    for (let cut = 0; cut < 3; cut++) {
      network.cut()
      time.advanceBy(40_000)
    }
    expect([wire.joins().length, membership.last()._tag]).toEqual([1, 'Refused'])
    const again = see(room.join())
    time.advanceBy(100)
    right(again.only())
    room.post('message', { text: 'back' })
    time.advanceBy(100)
    expect(texts(heard.all)).toEqual(['room/kicked', 'back'])
    network.cut()
    time.advanceBy(2_000)
    expect([wire.joins().length, membership.last()._tag]).toEqual([3, 'In'])
    expect(end()).toBe(0)
  })

  it('[RM6] who lets go and comes back as somebody new is let in, and stays in', () => {
    const { client, network, server, time, end } = world({ authenticate: () => [{ user: 'ana' }] })
    const ana = client({ token: tokens(() => 'x'), random: () => 0 })
    const room = ana.room('lobby', Chat)
    const membership = see(room.membership$)
    const first = see(room.on('message'))
    time.advanceBy(100)
    server().kick('lobby', 'ana')
    time.advanceBy(100)
    first.stop()
    // Once it was left, while it lingers, and over a link that is lost before the answer.
    for (const [pauseMs, cutMs] of [
      [100, 1],
      [1_000, 100],
      [100, 100],
    ] as const) {
      time.advanceBy(pauseMs)
      const next = see(room.on('message'))
      time.advanceBy(cutMs)
      network.cut()
      time.advanceBy(2_000)
      expect(membership.last()._tag).toBe('In')
      network.cut()
      time.advanceBy(2_000)
      expect(membership.last()._tag).toBe('In')
      room.post('message', { text: 'here' })
      time.advanceBy(100)
      expect(texts(next.all)).toEqual(['here'])
      next.stop()
    }
    expect(end()).toBe(0)
  })

  it('[RM6] messages that wait for a room that put its user out are not held up', () => {
    const { client, time, actor } = stage(admits)
    const ana = client()
    const room = ana.room('lobby', Chat)
    see(room.on('message'))
    time.advanceBy(100)
    actor().say({ t: 'left', ch: 1, code: 'room/kicked', message: '', kind: 'terminal' })
    time.advanceBy(10)
    room.post('message', { text: 'x' })
    time.advanceBy(10)
    expect(
      actor()
        .heard()
        .filter((frame) => !('t' in frame)),
    ).toHaveLength(1)
    ana.close()
  })
})
