import * as t from 'io-ts'
import { of } from 'rxjs'
import { sharedState } from '../../lib/features/shared/index.js'
import type { Put, RowsFrame, View } from '../../lib/protocol/frame.js'
import { Chat } from '../support/chat.js'
import { right, see } from '../support/seen.js'
import { joined, stage, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'
import { join, type RawPeer } from '../server/support/peer.js'
import { rig } from './rig.js'

const view = (ch: number, more: Partial<View> = {}): View => ({ t: 'view', ch, of: 'shared', view: 'all', ...more })
const put = (ch: number, key: string, value?: unknown, more: Partial<Put> = {}): Put => ({
  t: 'put',
  ch,
  room: 'lobby',
  of: 'shared',
  key,
  ...(value !== undefined && { value }),
  ...more,
})

/** The causes of the drops in the last change that a client got. */
const causes = (peer: RawPeer): readonly string[] | undefined =>
  peer
    .all('change')
    .at(-1)
    ?.drop.map(([, cause]) => cause)

describe('tables', () => {
  it('[PR109] a view gets all rows, or the difference from its place, and then each change; nothing where nothing changed', () => {
    const { guest, time } = rig()
    const peer = guest('i1', { rooms: [join(1, 'lobby')] })
    peer.send(put(2, 'a', 1), put(3, 'b', { x: 2 }), view(1))
    time.advanceBy(10)
    expect(peer.all('welcome')[0]?.can).toContain('tables')
    const rows = [
      ['a', 1, 1],
      ['b', 2, { x: 2 }],
    ]
    expect(peer.all('rows')).toMatchObject([{ number: 1, of: 'shared', version: 2, rows, more: false }])
    const { epoch } = peer.all('rows')[0]!
    peer.send(put(4, 'a', 3))
    expect(peer.all('change')).toEqual([
      { t: 'change', number: 1, of: 'shared', epoch, version: 3, prev: 2, put: [['a', 3, 3]], drop: [] },
    ])
    const [same, behind, other] = ['i2', 'i3', 'i4'].map((id) => guest(id, { rooms: [join(1, 'lobby')] }))
    same?.send(view(1, { from: { epoch, version: 3 } }))
    behind?.send(view(1, { from: { epoch, version: 1 } }))
    other?.send(view(1, { from: { epoch: 'another', version: 3 } }))
    expect([same, behind, other].map((each) => [each?.all('rows').length, each?.all('change').length])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ])
    expect(behind?.all('change')[0]).toMatchObject({ prev: 1, version: 3 })
  })

  it('[PR110] each key is once in a change; a client whose version is another asks again with its own', () => {
    const { guest } = rig()
    const peer = guest('i1', { rooms: [join(1, 'lobby')] })
    peer.send(put(2, 'a', 1), view(1))
    const { epoch } = peer.all('rows')[0]!
    peer.send(put(3, 'a', 2), put(4, 'a', 3), put(5, 'b', 1), put(6, 'b'))
    const late = guest('i2', { rooms: [join(1, 'lobby')] })
    late.send(view(1, { from: { epoch, version: 1 } }))
    const [change] = late.all('change')
    expect(change).toMatchObject({ prev: 1, version: 5, put: [['a', 3, 3]] })
    expect(change?.drop.filter(([key]) => key !== 'b')).toEqual([])

    const { client, actor, time } = stage((frame, to) => {
      if (!('t' in frame)) return
      if (frame.t === 'hello') to.say(welcome({ can: ['tables'] }))
      for (const { ch } of joinsOf(frame)) to.say(joined({ ch }))
    })
    const states = see(
      client()
        .room('lobby', Chat)
        .with(sharedState({ a: t.number })).shared$,
    )
    time.advanceBy(100)
    const number = 1
    const place = { number, of: 'shared', epoch: 'T', version: 4 } as const
    actor().say({ t: 'rows', ...place, view: 1, page: 0, rows: [['a', 4, 1]], more: false })
    actor().say({ t: 'change', ...place, version: 9, prev: 7, put: [['a', 9, 5]], drop: [] })
    time.advanceBy(10)
    const views = actor()
      .heard()
      .filter((frame) => 't' in frame && frame.t === 'view')
    expect(views.at(-1)).toMatchObject({ view: 'all', from: { epoch: 'T', version: 4 } })
    actor().say({ t: 'change', ...place, version: 9, prev: 4, put: [['a', 9, 5]], drop: [] })
    actor().raw('{"t":"change","number":1}')
    time.advanceBy(10)
    expect(states.all.map(right).map(({ values }) => values)).toEqual([{ a: 1 }, { a: 5 }])
  })

  it('[PR111] rows come in pages of one version, and a view ends by none, by leave and by left', () => {
    const { guest, server } = rig()
    const peer = guest('i1', { rooms: [join(1, 'lobby')] })
    const keys = Array.from({ length: 30 }, (_, at) => `k${at}`)
    peer.send(...keys.map((key, at) => put(at + 2, key, 'x'.repeat(4_000))), view(1))
    const pages = peer.all('rows')
    expect(pages.length).toBeGreaterThan(1)
    expect(pages.map(({ more }) => more)).toEqual([...pages.slice(1).map(() => true), false])
    expect(new Set(pages.map(({ version }) => version))).toEqual(new Set([30]))
    expect(pages.flatMap(({ rows }: RowsFrame) => rows.map(([key]) => key)).sort()).toEqual([...keys].sort())
    const ends = [
      (): void => {
        peer.send(view(1, { view: 'none' }))
      },
      (): void => {
        peer.send({ t: 'leave', ch: 1 })
      },
      (): void => {
        server.kick('lobby', 'anonymous').subscribe()
      },
    ]
    let ch = 100
    for (const [at, end] of ends.entries()) {
      const own = ch++
      const each = at === 2 ? guest('kicked', { rooms: [join(own, 'lobby')] }) : peer
      if (at === 1) each.send(view(1))
      if (at === 2) each.send(view(own))
      end()
      const before = each.all('change').length
      peer.send(put(ch++, 'k0', at))
      expect(each.all('change')).toHaveLength(before)
    }
  })

  it('[PR112] every put is answered under its ch: done, kept or refused; it needs the permission and no join', () => {
    const { guest } = rig({
      limits: { messageBytes: 8_192 },
      authenticate: ({ token = '' }) => of({ user: token }),
      authorize: ({ user }) => of(user === 'ann' ? (['read', 'publish'] as const) : (['read'] as const)),
    })
    const [ann, bob] = [guest('i1', { token: 'ann' }), guest('i2', { token: 'bob' })]
    ann.send(put(1, 'a', 1), put(2, 'a', 2, { ifNew: true }), put(3, 'b', 1, { ifVersion: 7 }), put(4, 'a'))
    expect(ann.all('put.ok')).toEqual([
      { t: 'put.ok', ch: 1, version: 1 },
      { t: 'put.ok', ch: 4, version: 0 },
    ])
    expect(ann.all('kept')).toEqual([
      { t: 'kept', ch: 2, row: ['a', 1, 1] },
      { t: 'kept', ch: 3 },
    ])
    bob.send(put(1, 'a', 1))
    ann.send(put(5, 'a', 1, { room: '@all' }), put(6, 'a', 1, { of: 'members' }), put(7, 'a', 'x'.repeat(7_000)))
    ann.send(put(8, 'a', 1, { of: 'others' }))
    const codes = [...bob.all('left'), ...ann.all('left')].map(({ ch, code }) => [ch, code])
    expect(codes).toEqual([
      [1, 'delivery/forbidden'],
      [5, 'room/forbidden'],
      [6, 'room/not-joined'],
      [7, 'room/value-too-large'],
      [8, 'delivery/forbidden'],
    ])
    ann.send(put(7, 'a', 1))
    expect(ann.closedWith()).toBe(4400)
  })

  const me = (ch: number, value?: unknown): Put => put(ch, 'me', value, { of: 'members' })
  const watch = (ch: number, more: Partial<View> = {}): View => view(ch, { of: 'members', ...more })

  it('[PR113] a view of counts, of a page or of some users gets the counts, and its part alone', () => {
    const { guest } = rig({ authenticate: ({ token = '' }) => of({ user: token }) })
    const [ann, bob, cat] = ['ann', 'bob', 'cat'].map((token) => guest(token, { token, rooms: [join(1, 'lobby')] }))
    for (const each of [ann, bob]) each?.send(me(2, null))
    const counts = guest('v1', { token: 'v1', rooms: [join(1, 'lobby')] })
    counts.send(watch(1, { view: 'count' }))
    expect(counts.all('count')).toEqual([{ t: 'count', number: 1, of: 'members', view: 0, rows: 2, names: 2 }])
    const page = guest('v2', { token: 'v2', rooms: [join(1, 'lobby')] })
    page.send(watch(1, { view: 'page', limit: 1, after: 'ann' }))
    const only = guest('v3', { token: 'v3', rooms: [join(1, 'lobby')] })
    only.send(watch(1, { view: 'only', names: ['bob', 'nobody'] }))
    const keysOf = (peer: typeof page): readonly string[] =>
      peer.all('rows').flatMap(({ rows }) => rows.map(([key]) => key.split('\n')[0]!))
    expect([keysOf(page), keysOf(only)]).toEqual([['ann'], ['bob']])
    cat?.send(me(2, null))
    ann?.send(me(3))
    expect(counts.all('count').map(({ rows }) => rows)).toEqual([2, 3, 2])
    expect(counts.all('change')).toEqual([])
    expect(only.all('change')).toEqual([])
    expect(page.all('change').map(({ put: rows, drop }) => [rows.length, drop.length])).toEqual([[1, 1]])
    page.send(watch(1, { view: 'unheard-of' as never }))
    bob?.send(me(3))
    expect(page.all('change')).toHaveLength(1)
  })

  it('[PR113] more rows than the server gives at once are a count in the place of rows', () => {
    const { guest } = rig({ presence: { rosterMax: 1 }, authenticate: ({ token = '' }) => of({ user: token }) })
    const [ann, bob] = ['ann', 'bob'].map((token) => guest(token, { token, rooms: [join(1, 'lobby')] }))
    const viewer = guest('v1', { token: 'v1', rooms: [join(1, 'lobby')] })
    viewer.send(watch(1))
    ann?.send(me(2, null))
    expect(viewer.all('rows')).toHaveLength(1)
    expect(viewer.all('change')).toHaveLength(1)
    bob?.send(me(2, null))
    expect(viewer.all('count')).toMatchObject([{ rows: 2, names: 2 }])
    for (const [at, each] of [ann, bob].entries()) each?.send(me(3 + at))
    expect(viewer.all('rows').at(-1)).toMatchObject({ rows: [], more: false })
  })

  it('[PR114] changes above the rate wait, and leave as one difference to the latest state', () => {
    const { guest, time } = rig({
      presence: { bytesPerSecond: 100 },
      authenticate: ({ token = '' }) => of({ user: token }),
    })
    const [ann, bob] = ['ann', 'bob'].map((token) => guest(token, { token, rooms: [join(1, 'lobby')] }))
    bob?.send(watch(1))
    ann?.send(me(2, { n: 0 }))
    const before = bob?.all('change').length ?? 0
    for (let n = 1; n <= 5; n++) {
      ann?.send(me(2 + n, { n }))
      time.advanceBy(150)
    }
    expect(bob?.all('change')).toHaveLength(before)
    time.advanceBy(5_000)
    const later = bob?.all('change').slice(before) ?? []
    expect(later.map(({ put: rows }) => rows.map(([, , value]) => value))).toEqual([[{ n: 5 }]])
  })

  it('[PR115] a put of members is about the client itself, is answered each time, and counts as no publish', () => {
    const { guest, time } = rig({
      presence: { stateBytes: 32 },
      authenticate: ({ token = '' }) => of({ user: token }),
      authorize: () => of(['read'] as const),
      budgets: { user: { publishes: { perSecond: 1, burst: 1 } } },
    })
    const [ann, bob] = ['ann', 'bob'].map((token) => guest(token, { token, rooms: [join(1, 'lobby')] }))
    bob?.send(watch(1))
    ann?.send(me(2, { a: 1 }), me(3, { a: 2 }), me(4, { a: 3 }), me(5, 'x'.repeat(40)))
    time.advanceBy(1_000)
    expect(ann?.all('put.ok').map(({ ch }) => ch)).toEqual([2, 3, 4])
    expect(ann?.all('left').map(({ ch, code }) => [ch, code])).toEqual([[5, 'room/value-too-large']])
    const rows = bob?.all('change').flatMap(({ put: all }) => all) ?? []
    expect(rows[0]).toEqual([expect.stringMatching(/^ann\n./), 0, { a: 1 }])
    expect(rows.at(-1)?.[2]).toEqual({ a: 3 })
    ann?.send(me(6))
    expect(bob?.all('change').at(-1)?.drop).toEqual([[rows[0]![0], 'left']])
    expect(ann?.all('put.ok').at(-1)?.ch).toBe(6)
  })

  it('[PR116] a member stays under its session over a lost link, then leaves with a time; leave and quit end it at once', () => {
    const { guest, time } = rig({
      presence: { quietMs: 1_000, graceMs: 3_000 },
      authenticate: ({ token = '' }) => of({ user: token }),
    })
    const bob = guest('bob', { token: 'bob', rooms: [join(1, 'lobby')] })
    bob.send(watch(1))
    const come = (generation: number, resume?: string): ReturnType<typeof guest> => {
      const peer = guest('ann', {
        token: 'ann',
        session: { instance: 'ann', generation, ...(resume !== undefined && { resume }) },
        rooms: [join(1, 'lobby')],
      })
      peer.send(me(2, { n: 1 }))
      return peer
    }
    const first = come(1)
    const { resume } = first.all('welcome')[0]!.session
    const told = bob.all('change').length
    first.drop(1006)
    time.advanceBy(900)
    const second = come(2, resume)
    time.advanceBy(10_000)
    expect(bob.all('change')).toHaveLength(told)
    second.drop(1006)
    time.advanceBy(1_100)
    expect(bob.all('change').at(-1)?.put[0]?.slice(2)).toEqual([{ n: 1 }, expect.any(Number)])
    time.advanceBy(3_000)
    expect(causes(bob)).toEqual(['grace'])
    const third = come(3, resume)
    third.send({ t: 'quit' })
    third.drop(1006)
    time.advanceBy(10)
    expect(causes(bob)).toEqual(['left'])
    const fourth = come(4, resume)
    fourth.send({ t: 'leave', ch: 1 })
    expect(causes(bob)).toEqual(['left'])
  })
})
