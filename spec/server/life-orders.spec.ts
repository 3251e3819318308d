import { defer, finalize, NEVER, of, switchMap, timer } from 'rxjs'
import * as E from '#fp/Either'
import type { Result } from '../../lib/core/result.js'
import type { Engine } from '../../lib/server/engine.js'
import type { Tables, Write } from '../../lib/server/tables/model.js'
import type { VirtualTime } from '../../lib/testing/virtual.js'
import { now } from './support/engine.js'
import { join } from './support/peer.js'
import { type World, world } from './support/world.js'
import { codeOf, left, right, see } from '../support/seen.js'

/** A world whose tables are changed ones. */
const changed = (change: (tables: Tables, time: VirtualTime) => Partial<Tables>): World =>
  world((time) => ({
    engine: (engine): Engine => {
      const tables = engine.tables!
      return { ...engine, tables: { ...tables, ...change(tables, time) } }
    },
  }))

const isEnd = (writes: readonly Write[]): boolean =>
  writes.some((each) => each._tag === 'Drop' && each.cause === 'expired')

const keysOf = ({ memory }: World, room: string): readonly string[] =>
  now(memory.tables!.page({ of: 'room', room }, { count: 99 })).rows.map(({ key }) => key)

describe('the orders of the application', () => {
  it('[SV154] update leaves what is undefined as it is', () => {
    const { server, client } = world()
    const room = server.rooms.get('r')
    right(see(room.create({ id: 'c1', capacity: 4, metadata: { topic: 'tea' }, listed: ['topic'] })).only())
    const patch = { metadata: undefined, listed: undefined, capacity: undefined, visible: false }
    right(see(room.update(patch as object)).only())
    expect(right(see(room.info()).only())).toMatchObject({
      id: 'c1',
      visible: false,
      capacity: 4,
      metadata: { topic: 'tea' },
      listed: ['topic'],
    })
    expect(client({ rooms: [join(1, 'r')] }).all('joined')).toHaveLength(1)
    server.close()
  })

  it('[SV155] a closed server takes no order, and no order is about a name of the server', () => {
    const { server, time, memory } = world()
    const calls = (name: string): readonly string[] => {
      const room = server.rooms.get(name)
      const all = [room.create(), room.info(), room.update({}), room.close(), room.ban('eve'), room.reserve(['ana'])]
      return all.map((each) => codeOf(see<Result<unknown>>(each).only()))
    }
    expect(calls('@rooms')).toEqual(Array.from({ length: 6 }, () => 'room/forbidden'))
    expect(now(memory.tables!.page({ of: 'room', room: '@rooms' }, { count: 9 })).rows).toEqual([])
    see(server.close())
    time.advanceBy(5_000)
    expect(calls('r')).toEqual(Array.from({ length: 6 }, () => 'server/closed'))
    expect(left(see(server.rooms.get('r').info()).only())).toMatchObject({ _tag: 'ConnectionError', kind: 'terminal' })
    expect(now(memory.tables!.page({ of: 'room', room: 'r' }, { count: 9 })).rows).toEqual([])
    expect(time.pending()).toBe(0)
  })

  it('[SV226] a call that is under way at the close is answered then, and once', () => {
    const { server } = changed(() => ({
      write: () => NEVER,
      page: () => NEVER,
      follow: () => NEVER,
      lease: () => NEVER,
    }))
    const room = server.rooms.get('r')
    const all = [room.create(), room.info(), room.members(), room.ban('eve'), room.reserve(['ana']), room.invite()].map(
      (each) => see<Result<unknown>>(each),
    )
    expect(all.flatMap((each) => each.all)).toEqual([])
    see(server.close())
    expect(all.map((each) => left(each.only()))).toMatchObject(
      Array.from({ length: 6 }, () => ({ code: 'server/closed', kind: 'unknown' })),
    )
    expect(all.every((each) => each.isComplete())).toBe(true)
  })
})

describe('the ends of sanctions', () => {
  it('[SV158] the drop of a sanction that is over is tried again where it fails', () => {
    let isDown = false
    const stage = changed((tables) => ({
      write: (id, writes) => (isDown && isEnd(writes) ? of(E.left({ message: 'down' })) : tables.write(id, writes)),
    }))
    const { server, client, time } = stage
    client({ rooms: [join(1, 'r')] })
    for (const [user, forMs] of [
      ['eve', 5_000],
      ['ben', 7_000],
    ] as const)
      right(see(server.rooms.get('r').mute(user, { forMs })).only())
    isDown = true
    time.advanceBy(60_000)
    expect(keysOf(stage, 'r')).toEqual(['mute\nben', 'mute\neve'])
    isDown = false
    time.advanceBy(10_000)
    expect(keysOf(stage, 'r')).toEqual([])
    server.close()
    time.advanceBy(1_000)
    expect(time.pending()).toBe(0)
  })

  it('[SV158] a drop that is under way is not given again', () => {
    const drops: string[] = []
    const { server, client, time } = changed((tables, time) => ({
      write: (id, writes) => {
        if (isEnd(writes)) drops.push(...writes.map(({ key }) => key))
        return timer(1_000, time).pipe(switchMap(() => tables.write(id, writes)))
      },
    }))
    client({ rooms: [join(1, 'r')] })
    see(server.rooms.get('r').mute('eve', { forMs: 5_000 }))
    see(server.rooms.get('r').mute('ben', { forMs: 5_500 }))
    time.advanceBy(20_000)
    expect(drops).toEqual(['mute\neve', 'mute\nben'])
    server.close()
  })
})

describe('the followed rooms', () => {
  const following = () => {
    const followed = new Set<string>()
    const made = changed((tables) => ({
      follow: (id, from) =>
        defer(() => {
          followed.add(id.room)
          return tables.follow(id, from).pipe(finalize(() => followed.delete(id.room)))
        }),
    }))
    const use = (room: string): void => {
      right(see(made.server.rooms.get(room).info()).only())
    }
    return { ...made, followed, use }
  }

  it('[SV159] a room that nobody uses is followed for half a minute, so that the next use costs nothing', () => {
    const { server, time, followed, use } = following()
    use('r')
    time.advanceBy(29_000)
    use('s')
    expect([...followed]).toEqual(['r', 's'])
    time.advanceBy(2_000)
    use('t')
    expect([...followed]).toEqual(['s', 't'])
    server.close()
    expect(followed.size).toBe(0)
  })

  it('[SV159] and at most a thousand of them are, the latest ones', () => {
    const { server, followed, use } = following()
    for (let n = 0; n < 1_010; n++) use(`r${n}`)
    expect([followed.size, followed.has('r9'), followed.has('r10')]).toEqual([1_000, false, true])
    server.close()
  })

  it('[SV159] a use whose table is read too late ends once', () => {
    const followed = new Set<string>()
    let lateMs = 60_000
    const { server, time } = changed((tables, time) => ({
      follow: (id, from) =>
        defer(() => {
          followed.add(id.room)
          return timer(lateMs, time).pipe(
            switchMap(() => tables.follow(id, from)),
            finalize(() => followed.delete(id.room)),
          )
        }),
    }))
    const late = see(server.rooms.get('r').info())
    time.advanceBy(9_000)
    lateMs = 0
    time.advanceBy(20_000)
    expect(codeOf(late.only())).toBe('room/unavailable')
    see(server.rooms.get('r').info())
    time.advanceBy(31_000)
    see(server.rooms.get('s').info())
    time.advanceBy(100)
    expect([...followed]).toEqual(['s'])
    server.close()
  })
})
