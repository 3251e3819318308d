import { NEVER, of } from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../../lib/contract/contract.js'
import { creation, reasonOf } from '../../lib/features/room-life/index.js'
import { memory } from '../../lib/server/memory.js'
import type { Tables } from '../../lib/server/tables/model.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { hold, listed, viewer } from '../support/directory.js'
import { world } from '../server/support/world.js'
import { created, lifeOf, lifeStage, memberOf, twoServers } from '../support/life.js'
import { codeOf, left, right, see } from '../support/seen.js'

const minute = 60_000

describe('the planned end of a room', () => {
  it('[RL15] close({ inMs }) shows closing, and then ends every membership with the reason', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const [ana, ben] = [server.client({ as: 'ana' }), server.client({ as: 'ben' })]
    created(stage, ana)
    const [member, info] = [memberOf(ben), see(lifeOf(ben).info$)]
    time.advanceBy(100)
    const at = time.now() + 1 + 10 * minute
    const order = see(lifeOf(ana).close({ inMs: 10 * minute, because: 'The lesson ends.' }))
    time.advanceBy(100)
    right(order.only())
    expect(right(info.last())?.closing).toEqual({ at, because: 'The lesson ends.' })
    const late = memberOf(server.client({ as: 'eve' }))
    time.advanceBy(9 * minute)
    expect([member.state(), late.state()]).toEqual(['In', 'In'])
    time.advanceTo(at - 1)
    expect(member.state()).toBe('In')
    time.advanceBy(100)
    const last = member.seen.last()
    expect(last._tag === 'Refused' && [last.error.code, reasonOf(last.error)]).toEqual([
      'room/closed',
      { at, because: 'The lesson ends.' },
    ])
    server.close()
  })

  it('[RL15] another close replaces the planned one, and a close without a time is at once', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana)
    const member = memberOf(ana)
    see(lifeOf(ana).close({ inMs: minute }))
    time.advanceBy(100)
    see(lifeOf(ana).close({ inMs: 10 * minute }))
    time.advanceBy(5 * minute)
    expect(member.state()).toBe('In')
    see(lifeOf(ana).close())
    time.advanceBy(100)
    expect(member.state()).toBe('room/closed')
    server.close()
  })

  it('[RL25] a planned end of a room that nobody has created does not put it into the directory', () => {
    const { time, server } = lifeStage()
    const member = memberOf(server.client({ as: 'ana' }), 'private')
    const shown = see(viewer(server, 'eve').rooms$())
    time.advanceBy(1_000)
    right(see(server.server().rooms.get('private').close({ inMs: minute })).only())
    time.advanceBy(5_000)
    expect(listed(shown)).toEqual([])
    time.advanceBy(minute)
    expect(member.state()).toBe('room/closed')
    server.close()
  })

  it('[RL16] messages that wait for a closed room end as not executed, offline ones and posted ones too', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana)
    const ben = server.client({ as: 'ben', host: 'ben' })
    const room = ben.room('lobby', anything)
    memberOf(ben)
    time.advanceBy(100)
    server.network.host('ben').cut()
    server.network.host('ben').refuse(true)
    time.advanceBy(100)
    const undelivered = see(ben.undelivered$)
    const sent = [see(room.send('said', 1)), see(room.send('said', 2))]
    void room.post('said', 3)
    see(lifeOf(ana).close({ because: 'over' }))
    time.advanceBy(1_000)
    server.network.host('ben').refuse(false)
    time.advanceBy(60_000)
    for (const each of sent)
      expect(left(each.only())).toMatchObject({
        _tag: 'DeliveryError',
        code: 'room/closed',
        executed: 'no',
        kind: 'terminal',
        data: { because: 'over' },
      })
    expect(undelivered.last()).toMatchObject({ room: 'lobby', error: { code: 'room/closed', executed: 'no' } })
    server.close()
  })

  it('[RL17] closesAt ends the room at that time, also where a change has moved it', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana, { closesAt: 10 * minute })
    const member = memberOf(server.client({ as: 'ben' }))
    time.advanceTo(5 * minute)
    see(lifeOf(ana).update({ closesAt: 20 * minute }))
    time.advanceTo(19 * minute)
    expect(member.state()).toBe('In')
    see(lifeOf(ana).update({ closesAt: null }))
    time.advanceTo(30 * minute)
    expect(member.state()).toBe('In')
    see(lifeOf(ana).update({ closesAt: 31 * minute }))
    time.advanceTo(31 * minute + 100)
    const last = member.seen.last()
    expect(last._tag === 'Refused' && reasonOf(last.error)).toEqual({ at: 31 * minute })
    server.close()
  })

  it('[RL29] a closesAt in the past is a Left that says so, and changes nothing', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    time.advanceTo(10 * minute)
    const made = see(ana.with(creation).create({ name: 'den', closesAt: 9 * minute }))
    time.advanceBy(50)
    expect(left(made.only())).toMatchObject({
      code: 'room/invalid',
      message: expect.stringMatching(/closesAt is 540000, which is past: .* 6000\d\d\./) as string,
      data: { closesAt: 9 * minute },
    })
    const again = see(ana.with(creation).create({ name: 'den', id: 'c1', closesAt: 11 * minute }))
    time.advanceBy(50)
    right(again.only())
    const changed = see(lifeOf(ana, 'den').update({ closesAt: 10 * minute, open: false }))
    time.advanceBy(50)
    expect(left(changed.only())).toMatchObject({ code: 'room/invalid' })
    expect(right(see(server.server().rooms.get('den').info()).only())).toMatchObject({
      open: true,
      closesAt: 11 * minute,
    })
    const rooms = server.server().rooms
    for (const answer of [rooms.get('hut').create({ closesAt: 1 }), rooms.get('den').update({ closesAt: 1 })])
      expect(left(see(answer).only())).toMatchObject({
        code: 'room/invalid',
        message: expect.stringContaining('closesAt is 1, which is past') as string,
        remedy: 'Correct the order, and give it again.',
      })
    expect(right(see(rooms.get('hut').info()).only())).toBeUndefined()
    server.close()
  })

  it('[RL29] the late repeat of a creation is the same room, or its end', () => {
    const { time, server } = lifeStage()
    const repeat = () => see(server.server().rooms.get('den').create({ id: 'c1', closesAt: minute }))
    right(repeat().only())
    time.advanceTo(minute)
    time.advanceBy(1_000)
    expect(left(repeat().only())).toMatchObject({ code: 'room/closed' })
    server.close()
  })

  it('[RL18] holds at another server, and at one that opens the room after its end', () => {
    const { time, one, two } = twoServers()
    const ana = one.client({ as: 'ana' })
    created({ time }, ana, { closesAt: 10 * minute })
    const member = memberOf(two.client({ as: 'ben' }))
    time.advanceTo(9 * minute)
    expect(member.state()).toBe('In')
    time.advanceTo(10 * minute + 100)
    expect(member.state()).toBe('room/closed')
    for (const server of [one, two]) server.close()
    const stage = lifeStage()
    created(stage, stage.server.client({ as: 'ana' }), { closesAt: 10 * minute })
    stage.server.stop()
    stage.time.advanceTo(60 * minute)
    stage.server.restart()
    const late = memberOf(stage.server.client({ as: 'ben' }))
    stage.time.advanceBy(100)
    const last = late.seen.last()
    expect(last._tag === 'Refused' && [last.error.code, reasonOf(last.error).at]).toEqual(['room/closed', 10 * minute])
    stage.server.close()
  })
})

describe('a room that nobody is in', () => {
  it('[RL19] closes after emptyTtlMs, and not while somebody is in it or comes back', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana', lingerMs: 0 })
    created(stage, ana, { emptyTtlMs: 5 * minute })
    const room = ana.room('lobby', anything)
    void room.join()
    time.advanceBy(60 * minute)
    void room.leave()
    time.advanceBy(4 * minute)
    void room.join()
    time.advanceBy(60 * minute)
    const seen = see(room.membership$)
    expect(seen.last()._tag).toBe('In')
    const leftAt = time.now()
    void room.leave()
    time.advanceBy(6 * minute)
    const late = memberOf(server.client({ as: 'ben' }))
    time.advanceBy(100)
    const last = late.seen.last()
    expect(last._tag === 'Refused' && [last.error.code, reasonOf(last.error).at]).toEqual([
      'room/closed',
      leftAt + 1 + 5 * minute,
    ])
    server.close()
    time.advanceBy(minute)
    expect(time.pending()).toBe(0)
  })

  it('[RL19] a room that nobody has ever joined closes too; a lost connection does not close one with a short time', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana, { name: 'never', emptyTtlMs: minute })
    created(stage, ana, { name: 'short', emptyTtlMs: 0 })
    const member = memberOf(ana, 'short')
    time.advanceBy(2 * minute)
    const info = see(server.server().rooms.get('never').info())
    expect(right(info.only())?.closed).toBeDefined()
    server.drop()
    time.advanceBy(minute)
    expect(member.state()).toBe('In')
    server.close()
  })

  it('[RL20] counts the members of all servers; one that stops counts no longer after its lease', () => {
    const { time, one, two } = twoServers()
    const [ana, ben] = [one.client({ as: 'ana', lingerMs: 0 }), two.client({ as: 'ben', lingerMs: 0 })]
    created({ time }, ana, { emptyTtlMs: 5 * minute })
    const [mine, theirs] = [ana.room('lobby', anything), ben.room('lobby', anything)]
    void mine.join()
    void theirs.join()
    time.advanceBy(minute)
    void mine.leave()
    time.advanceBy(20 * minute)
    expect(see(theirs.membership$).last()._tag).toBe('In')
    void theirs.leave()
    time.advanceBy(4 * minute)
    expect(right(see(two.server().rooms.get('lobby').info()).only())?.closed).toBeUndefined()
    void mine.join()
    time.advanceBy(20 * minute)
    expect(see(mine.membership$).last()._tag).toBe('In')
    void mine.leave()
    time.advanceBy(6 * minute)
    expect(right(see(two.server().rooms.get('lobby').info()).only())?.closed).toBeDefined()
    for (const server of [one, two]) server.close()
  })

  it('[RL20] a server that opens the room later knows since when it is empty', () => {
    const time = virtualTime()
    const engine = memory({ scheduler: time, wall: () => time.now() })
    const first = fakeServer(time, { engine, users: { ana: {} } })
    const ana = first.client({ as: 'ana', lingerMs: 0 })
    created({ time }, ana, { emptyTtlMs: 30 * minute })
    const room = ana.room('lobby', anything)
    void room.join()
    time.advanceBy(minute)
    void room.leave()
    time.advanceBy(minute)
    first.close()
    time.advanceBy(20 * minute)
    const second = fakeServer(time, { engine, users: { ben: {} } })
    const info = see(second.server().rooms.get('lobby').info())
    expect(right(info.only())?.closed).toBeUndefined()
    time.advanceBy(8 * minute)
    const early = see(second.client({ as: 'ben' }).room('lobby', anything).join())
    time.advanceBy(100)
    expect(codeOf(early.only())).toBe('')
    second.close()
  })
})

describe('a room that nobody uses', () => {
  it('[RL22] ends at its time: the directory and the hook close hear of it, once, at the server that is in use', () => {
    const closed: string[] = []
    const { time, one, two } = twoServers({
      hooks: { close: ({ room, at }) => void closed.push(`${room} ${at}`) },
    })
    const ana = one.client({ as: 'ana', lingerMs: 0 })
    created({ time }, ana, { closesAt: 10 * minute })
    created({ time }, ana, { name: 'later', visible: false })
    see(lifeOf(ana, 'later').close({ inMs: 20 * minute }))
    created({ time }, ana, { name: 'moved', closesAt: 5 * minute })
    see(lifeOf(ana, 'moved').update({ closesAt: 40 * minute }))
    time.advanceBy(minute)
    one.stop()
    time.advanceBy(minute)
    const seen = see(viewer(two, 'eve').rooms$())
    time.advanceTo(10 * minute - 1)
    expect(listed(seen)).toEqual(['lobby 0/0', 'moved 0/0'])
    time.advanceTo(10 * minute + 1_000)
    expect(listed(seen)).toEqual(['moved 0/0'])
    time.advanceTo(21 * minute)
    expect(closed).toEqual([`lobby ${10 * minute}`, expect.stringMatching(/^later 120\d{4}$/)])
    time.advanceTo(41 * minute)
    expect(closed.at(-1)).toBe(`moved ${40 * minute}`)
    time.advanceBy(2 * minute)
    expect([listed(seen), closed.length]).toEqual([[], 3])
    two.close()
    one.close()
  })

  it('[RL23] with emptyTtlMs ends also after a stop of the server that it was made at, and of the one with its members', () => {
    const { time, one, two } = twoServers()
    const [ana, ben] = [one.client({ as: 'ana', lingerMs: 0 }), one.client({ as: 'ben' })]
    created({ time }, ana, { emptyTtlMs: 2 * minute })
    created({ time }, ana, { name: 'held', emptyTtlMs: 2 * minute })
    memberOf(ben, 'held')
    time.advanceBy(minute)
    const seen = see(viewer(two, 'eve').rooms$())
    one.stop()
    time.advanceBy(5 * minute)
    expect(listed(seen).filter((room) => room.startsWith('lobby'))).toEqual([])
    time.advanceBy(15 * minute)
    expect(listed(seen)).toEqual([])
    one.close()
    two.close()
  })

  it('[RL28] ends also where its server stops before the answer to the write of its record', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    /** The first server stops with the first write of a record: nothing that it writes later comes to the engine. */
    let hasStopped = false
    const tables: Tables = {
      ...plain.tables!,
      write: (id, writes) => {
        if (hasStopped) return NEVER
        hasStopped = id.of === 'room'
        return plain.tables!.write(id, writes)
      },
    }
    const first = fakeServer(time, { engine: { ...plain, tables }, users: { ana: {} } })
    see(
      first
        .server()
        .rooms.get('lobby')
        .create({ closesAt: 10 * minute }),
    )
    time.advanceBy(100)
    expect(hasStopped).toBe(true)
    first.stop()
    const second = fakeServer(time, { engine: plain, users: { eve: {} } })
    const seen = see(viewer(second, 'eve').rooms$())
    hold(second, 'eve', 'den')
    time.advanceTo(12 * minute)
    const page = see(plain.tables!.page({ of: 'room', room: 'lobby' }, { count: 9 })).only()
    expect(E.isRight(page) && page.right.rows[0]?.value).toContain(`{"at":${10 * minute}}`)
    expect(listed(seen)).toEqual([])
    second.close()
    first.close()
  })

  it('[RL28] ends also where its end cannot be noted at first', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    let failures = 2
    const tables: Tables = {
      ...plain.tables!,
      write: (id, writes) =>
        id.of === 'ends' && failures-- > 0 ? of(E.left({ message: 'down' })) : plain.tables!.write(id, writes),
    }
    const server = fakeServer(time, { engine: { ...plain, tables }, users: { ana: {}, eve: {} } })
    const closed = see(
      server
        .server()
        .rooms.get('lobby')
        .create({ closesAt: 10 * minute }),
    )
    right(closed.only())
    const seen = see(viewer(server, 'eve').rooms$())
    time.advanceBy(minute)
    expect(listed(seen)).toEqual(['lobby 0/0'])
    time.advanceTo(12 * minute)
    expect(listed(seen)).toEqual([])
    server.close()
  })

  it('[RL24] costs nothing once it has ended: its row is gone, and there is no timer', () => {
    const { time, server, memory: engine } = world()
    const rows = (): number => {
      const page = see(engine.tables!.page({ of: 'ends', room: '' }, { count: 9 })).only()
      return E.isRight(page) ? page.right.rows.length : -1
    }
    see(server.rooms.get('den').create({ closesAt: 5 * minute }))
    see(server.rooms.get('never').create())
    time.advanceBy(minute)
    expect([rows(), time.pending()]).toEqual([1, 1])
    time.advanceTo(8 * minute)
    expect([rows(), time.pending()]).toEqual([0, 0])
    void server.close()
  })
})
