import * as E from '#fp/Either'
import type { CallFrame, Cancel, Left, Put, Question, Reply } from '../../lib/protocol/frame.js'
import { join, type RawPeer } from './support/peer.js'
import { world, type WorldOptions } from './support/world.js'

/** Calls members of the room `r`. */
const ask = (ch: number, name: string, more: Partial<CallFrame> = {}): CallFrame => ({
  t: 'call',
  ch,
  id: `c${ch}`,
  name,
  kind: 'query',
  room: 'r',
  until: 'all',
  withinMs: 1_000,
  ...more,
})

/** Answers calls of these names in the room `r`; of none: no longer. */
const answers = (ch: number, names: unknown, more: Partial<Put> = {}): Put => ({
  t: 'put',
  ch,
  room: 'r',
  of: 'answers',
  key: 'me',
  value: names,
  ...more,
})

type Told = Reply | Left | Question | Cancel

const word = (frame: Told): string => {
  switch (frame.t) {
    case 'left':
      return `${frame.ch} ${frame.code} ${frame.kind}`
    case 'cancel':
      return 'cancel'
    case 'call':
      return `call ${frame.name} ${frame.room} ${JSON.stringify(frame.data)} of ${frame.from?.[0] ?? 'the server'}`
    case 'reply': {
      const { ch, n, is, from, data, error, because } = frame
      const parts = [ch, n, is, from?.[0], error, JSON.stringify(data), because && `${because.code} ${because.kind}`]
      return parts.filter((part) => part !== undefined).join(' ')
    }
  }
}

/** The frames of calls since this was asked before, in words. */
const told = (peer: RawPeer): readonly string[] =>
  peer
    .news()
    .filter((frame): frame is Told => 't' in frame && ['left', 'reply', 'call', 'cancel'].includes(frame.t))
    .map(word)

const questions = (peer: RawPeer): readonly Question[] => peer.all('call')
const last = (peer: RawPeer): Question => questions(peer).at(-1)!

const stage = (options: Omit<WorldOptions, 'authenticate'> = {}) => {
  const made = world({ authenticate: ({ token = '' }) => [{ user: token }], ...options })
  const member = (user: string): RawPeer => {
    const peer = made.client({ token: user })
    peer.send(join(1, 'r'))
    made.time.advanceBy(1)
    return peer
  }
  const answering = (user: string, ...names: readonly string[]): RawPeer => {
    const peer = member(user)
    peer.send(answers(2, names))
    made.time.advanceBy(200)
    expect(peer.all('put.ok')).toHaveLength(1)
    peer.news()
    return peer
  }
  return { ...made, member, answering }
}

describe('calls to members', () => {
  it('[PR201] [PR202] [PR205] are asked of those who answer them, and answered by each, then by an end', () => {
    const { client, member, answering } = stage()
    expect(client({ token: 'x' }).all('welcome')[0]!.can).toContain('asks')
    const [ann, bob, eve] = [member('ann'), answering('bob', 'vote', 'act'), answering('eve', 'vote')]
    ann.send(ask(2, 'vote', { data: { on: 'tea' } }))
    expect([told(bob), told(eve)]).toEqual(Array.from({ length: 2 }, () => ['call vote r {"on":"tea"} of ann']))
    bob.send({ t: 'reply', ch: last(bob).ch, is: 'last', data: 4 })
    eve.send({ t: 'reply', ch: last(eve).ch, is: 'error', error: 'busy', data: 'until 5' })
    expect(told(ann)).toEqual(['2 1 value bob 4', '2 2 error eve busy "until 5"', '2 3 end'])
    ann.send(ask(3, 'act', { kind: 'command', until: 'first' }))
    expect([told(bob), told(eve)]).toEqual([['call act r undefined of ann'], []])
    bob.send({ t: 'reply', ch: last(bob).ch, is: 'none', code: 'call/input' })
    expect(told(ann)).toEqual(['3 1 none bob call/input terminal', '3 call/too-few retry'])
  })

  it('[PR202] [PR208] the answers that are not needed any more, and those of a call that is given up, are cancelled', () => {
    const { member, answering } = stage()
    const [ann, bob, eve] = [member('ann'), answering('bob', 'vote'), answering('eve', 'vote')]
    ann.send(ask(2, 'vote', { until: 'first' }))
    bob.send({ t: 'reply', ch: last(bob).ch, is: 'last', data: 1 })
    expect(told(ann)).toEqual(['2 1 value bob 1', '2 2 end'])
    expect(told(eve).slice(1)).toEqual(['cancel'])
    expect(eve.all('cancel').map(({ id }) => id)).toEqual([last(eve).id])
    ann.send(ask(3, 'vote', { until: 'quorum' }))
    ann.send({ t: 'cancel', id: 'c3' })
    expect([told(bob).slice(-1), told(eve).slice(-1), told(ann)]).toEqual([['cancel'], ['cancel'], []])
    ann.send(ask(4, 'vote'))
    ann.drop()
    expect([told(bob).slice(-1), told(eve).slice(-1)]).toEqual([['cancel'], ['cancel']])
  })

  it('[PR203] [SV230] are refused at once where they cannot be answered', () => {
    const { member, answering, client, time } = stage({
      authorize: ({ user, room }) => [user === 'guest' || room === '@all' ? ['read'] : ['read', 'publish']],
    })
    const [ann, bob, guest, stranger] = [
      member('ann'),
      answering('bob', 'vote'),
      member('guest'),
      client({ token: 'x' }),
    ]
    ann.send(ask(2, 'nothing'), ask(3, 'vote', { until: 2 }), ask(4, 'vote', { data: 'x'.repeat(16_384) }))
    ann.send(ask(5, 'vote', { kind: 'stream' }), ask(6, 'vote', { room: '@all' }))
    guest.send(ask(2, 'vote'))
    stranger.send(ask(2, 'vote'))
    time.advanceBy(10)
    expect([...told(ann)].sort()).toEqual([
      '2 call/nobody retry',
      '3 call/too-few retry',
      '4 call/input terminal',
      '5 call/input terminal',
      '6 call/forbidden terminal',
    ])
    expect([told(guest), told(stranger), told(bob)]).toEqual([
      ['2 call/forbidden terminal'],
      ['2 call/unavailable retry'],
      [],
    ])
  })

  it('[PR204] a put of answers names the calls of a membership, and without names ends that', () => {
    const { member, time, memory, client } = stage({
      authorize: ({ user }) => [user === 'guest' ? ['read'] : ['read', 'publish']],
    })
    const [ann, bob, guest] = [member('ann'), member('bob'), member('guest')]
    const outside = client({ token: 'x' })
    bob.send(answers(2, ['vote', 'act']))
    guest.send(answers(2, ['vote']))
    outside.send(answers(2, ['vote']))
    ann.send(answers(2, 'vote'), answers(3, [''.padEnd(65, 'x')]), answers(4, Array.from({ length: 65 }, String)))
    ann.send(answers(5, ['vote'], { room: '@all' }))
    time.advanceBy(200)
    expect(bob.all('put.ok').map(({ ch }) => ch)).toEqual([2])
    expect([told(guest), told(outside)]).toEqual([['2 delivery/forbidden terminal'], ['2 room/not-joined retry']])
    expect([...told(ann)].sort()).toEqual([
      '2 room/invalid terminal',
      '3 room/invalid terminal',
      '4 room/invalid terminal',
      '5 room/forbidden terminal',
    ])
    const rows = (): readonly string[] => {
      const found: string[] = []
      memory.tables!.page({ of: 'answers', room: 'r' }, { count: 10 }).subscribe((page) => {
        if (E.isRight(page)) found.push(...page.right.rows.map(({ key, value }) => `${key.split('\n')[0]} ${value}`))
      })
      return found
    }
    expect(rows()).toEqual([expect.stringMatching(/^bob \[\["[^"]+","vote","act"\]\]$/)])
    bob.send({ t: 'put', ch: 3, room: 'r', of: 'answers', key: 'me' })
    time.advanceBy(200)
    expect(rows()).toEqual([])
    ann.send(ask(6, 'vote'))
    expect(told(ann)).toEqual(['6 call/nobody retry'])
  })

  it('[PR204] the row ends with the membership, with its link at once, and rests while the client may not publish', () => {
    const may = new Set(['ann', 'bob', 'eve', 'joe'])
    const { member, answering, time, server } = stage({
      authorize: ({ user }) => [may.has(user) ? ['read', 'publish'] : ['read']],
    })
    const [ann, bob, eve, joe] = [
      member('ann'),
      ...['bob', 'eve', 'joe'].map((user) => answering(user, 'vote')),
    ] as const
    ann.send(ask(2, 'vote'))
    expect([bob, eve, joe].map((peer) => told(peer!).length)).toEqual([1, 1, 1])
    bob!.send({ t: 'leave', ch: 1 })
    eve!.drop()
    may.delete('joe')
    server.sessions.update('joe', { roles: ['silent'] }).subscribe()
    time.advanceBy(10)
    expect(told(ann)).toEqual([
      '2 1 none bob call/gone retry',
      '2 2 none eve call/gone retry',
      '2 3 none joe call/gone retry',
      '2 4 end',
    ])
    ann.send(ask(3, 'vote'))
    expect(told(ann)).toEqual(['3 call/nobody retry'])
    may.add('joe')
    server.sessions.update('joe', { roles: [] }).subscribe()
    time.advanceBy(200)
    ann.send(ask(4, 'vote'))
    expect(told(joe!).at(-1)).toBe('call vote r undefined of ann')
  })

  it('[PR207] a member that has not answered in time is late, with its question cancelled', () => {
    const { member, answering, time } = stage()
    const [ann, bob] = [member('ann'), answering('bob', 'vote', 'act')]
    ann.send(ask(2, 'vote'), ask(3, 'act', { kind: 'command', until: 'first' }))
    expect(questions(bob).map(({ withinMs }) => withinMs)).toEqual([1_000, 1_000])
    time.advanceBy(1_000)
    expect([...told(ann)].sort()).toEqual([
      '2 1 none bob call/late retry',
      '2 2 end',
      '3 1 none bob call/late unknown',
      '3 call/late unknown',
    ])
    expect(told(bob).slice(2)).toEqual(['cancel', 'cancel'])
  })

  it('[PR206] [SV229] drops an answer that is given twice, of a stranger, to no question, or to one that is over', () => {
    const { member, answering, time } = stage()
    const [ann, bob, eve, joe] = [member('ann'), answering('bob', 'vote'), answering('eve', 'vote'), member('joe')]
    ann.send(ask(2, 'vote'))
    const reply = (ch: number, data: unknown) => ({ t: 'reply', ch, is: 'last', data }) as const
    bob.send(reply(last(bob).ch, 1), reply(last(bob).ch, 2), reply(99, 3))
    joe.send(reply(last(eve).ch, 4))
    expect(told(ann)).toEqual(['2 1 value bob 1'])
    time.advanceBy(1_000)
    eve.send(reply(last(eve).ch, 5))
    expect(told(ann)).toEqual(['2 2 none eve call/late retry', '2 3 end'])
    ann.send(ask(3, 'vote'))
    const [one, other] = [last(bob).ch, last(eve).ch]
    ann.send({ t: 'cancel', id: 'c3' })
    bob.send(reply(one, 6))
    eve.send(reply(other, 7))
    expect(told(ann)).toEqual([])
    expect([ann, bob, eve, joe].map(({ closedWith }) => closedWith())).toEqual(
      Array.from({ length: 4 }, () => undefined),
    )
  })

  it('[SV229] frames from hell end neither the call nor the link of the others', () => {
    const { member, answering } = stage()
    const [ann, bob, eve] = [member('ann'), answering('bob', 'vote'), answering('eve', 'vote')]
    ann.send(ask(2, 'vote'))
    const { ch } = last(bob)
    bob.send({ t: 'reply', ch, is: 'error' }, { t: 'reply', ch: 0 + ch, is: 'none', code: 'room/banned' })
    expect(told(ann)).toEqual(['2 1 none bob call/failed terminal'])
    eve.sendRaw(`{"t":"reply","ch":${last(eve).ch},"is":"later","data":1}`)
    expect(told(ann)).toEqual(['2 2 none eve call/failed terminal', '2 3 end'])
    ann.send(ask(3, 'vote'))
    bob.sendRaw(`{"t":"reply","ch":"x"}`)
    eve.send({ t: 'reply', ch: last(eve).ch, is: 'last', data: 'x'.repeat(16_384) })
    expect(told(ann)).toEqual(['3 1 none bob call/gone retry', '3 2 none eve call/failed terminal', '3 3 end'])
  })

  it('[SV230] asks at most 1 000 members at a time', () => {
    const { member, memory, time } = stage()
    const ann = member('ann')
    const row = (n: number) => ({ _tag: 'Put', key: `user ${n}\ns`, value: '[["elsewhere","vote"]]' }) as const
    const put = (from: number, to: number) => {
      const rows = Array.from({ length: to - from }, (_, n) => row(from + n))
      memory.tables!.write({ of: 'answers', room: 'r' }, rows).subscribe()
    }
    put(0, 1_000)
    ann.send(ask(2, 'vote'))
    time.advanceBy(999)
    expect(told(ann)).toEqual([])
    put(1_000, 1_001)
    ann.send(ask(3, 'vote'))
    expect(told(ann)).toEqual(['3 call/too-many terminal'])
  })

  it('[SV230] a member has at most 1 000 questions at a time', () => {
    const { member, answering, time } = stage({
      budgets: { user: { connections: 2_000, calls: { burst: 5_000, perSecond: 5_000 }, running: 2_000 } },
    })
    const ann = member('ann')
    const bob = answering('bob', 'vote')
    const all = Array.from({ length: 1_001 }, (_, n) => ask(n + 2, 'vote', { withinMs: 100_000 }))
    for (let at = 0; at < all.length; at += 50) {
      ann.send(...all.slice(at, at + 50))
      time.advanceBy(1_000)
    }
    expect(questions(bob)).toHaveLength(1_000)
    expect(told(ann)).toEqual(['1002 1 none bob call/rate retry', '1002 2 end'])
  })

  it('[SV230] calls beyond the rate of the user, and beyond those that may run, are call/rate', () => {
    const { member, answering } = stage({ budgets: { user: { calls: { burst: 3, perSecond: 3 }, running: 2 } } })
    const [ann] = [member('ann'), answering('bob', 'vote')]
    ann.send(ask(2, 'vote'), ask(3, 'vote'), ask(4, 'vote'), ask(5, 'vote'))
    expect([...told(ann)].sort()).toEqual(['4 call/rate retry', '5 call/rate retry'])
    ann.send({ t: 'cancel', id: 'c2' })
  })

  it('[SV231] an engine without tables has no calls to members', () => {
    const { client } = world({ engine: ({ tables: _, ...engine }) => engine })
    const peer = client()
    expect(peer.all('welcome')[0]!.can).not.toContain('asks')
    peer.send(ask(1, 'vote'))
    expect(told(peer)).toEqual(['1 call/unsupported terminal'])
  })
})
