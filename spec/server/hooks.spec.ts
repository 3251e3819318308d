import * as E from '#fp/Either'
import * as t from 'io-ts'
import { NEVER, of, throwError, timer } from 'rxjs'
import { sharedState } from '../../lib/features/shared/index.js'
import type { HookMember, Hooks } from '../../lib/server/hooks.js'
import { world as pureWorld } from './support/world.js'
import { join, pub } from './support/peer.js'
import { world } from '../../lib/testing/world.js'
import { creation, type CreateOptions } from '../../lib/features/room-life/index.js'
import { created, lifeOf, lifeStage } from '../support/life.js'
import { data, Numbers } from '../support/chat.js'
import { left, see } from '../support/seen.js'

const scripted = (hooks: Hooks): ReturnType<typeof world> => world({ authenticate: () => of({ user: 'ann' }), hooks })

/** Hooks that note what they hear. */
const listening = (): { readonly heard: string[]; readonly hooks: Hooks } => {
  const heard: string[] = []
  const note =
    (name: string) =>
    ({ room, user, cause }: HookMember & { readonly cause?: string }): undefined => {
      heard.push([name, room, user, ...(cause === undefined ? [] : [cause])].join(' '))
    }
  return {
    heard,
    hooks: { join: note('join'), drop: note('drop'), back: note('back'), leave: note('leave') },
  }
}

describe('the hook of joins', () => {
  it('[HK1] is given the client with its roles, and its refusal reaches the client with its details', () => {
    const asked: unknown[] = []
    const { client, time, end } = world({
      authenticate: () => of({ user: 'ann', roles: ['guest'] }),
      hooks: {
        join: (event) => {
          asked.push(event)
          return { refuse: { from: 18, missing: ['age'] }, message: 'From 18 on.' }
        },
      },
    })
    const answer = see(client().room('bar', Numbers).join())
    time.advanceBy(100)
    expect(left(answer.only())).toMatchObject({
      code: 'room/refused',
      kind: 'terminal',
      message: expect.stringContaining('From 18 on.') as string,
      data: { from: 18, missing: ['age'] },
    })
    expect(asked).toEqual([{ room: 'bar', user: 'ann', session: expect.any(String) as string, roles: ['guest'] }])
    expect(end()).toBe(0)
  })

  it.each<[string, NonNullable<Hooks['join']>]>([
    ['nothing', () => undefined],
    ['true', () => true],
    ['a promise of nothing, which a worker answers later', () => of(undefined)],
    ['an Observable that takes its time', () => of(null)],
  ])('[HK1] accepts with %s', (_, join_) => {
    const { client, time, end } = scripted({ join: join_ })
    const answer = see(client().room('bar', Numbers).join())
    time.advanceBy(100)
    expect(E.isRight(answer.only())).toBe(true)
    expect(end()).toBe(0)
  })

  it.each<[string, NonNullable<Hooks['join']>, string]>([
    [
      'throws',
      () => {
        throw new Error('down')
      },
      'down',
    ],
    ['errors', () => throwError(() => new Error('down')), 'down'],
    ['does not answer', () => NEVER, 'no answer within 10000 ms'],
    [
      'refuses with details that are no object',
      () => ({ refuse: 7 as unknown as Record<string, unknown> }),
      'no object',
    ],
    ['refuses with too many details', () => ({ refuse: { text: 'x'.repeat(2_000) } }), 'exceed 1024 bytes'],
  ])('[HK2] that %s refuses for now, and is a fault', (_, join_, said) => {
    const { client, time, faults } = pureWorld({ hooks: { join: join_ } })
    const peer = client({ rooms: [join(1, 'r')] })
    time.advanceBy(10_001)
    expect(peer.all('left')).toMatchObject([{ ch: 1, code: 'room/unavailable', kind: 'retry' }])
    expect(faults).toMatchObject([{ where: 'hook', message: expect.stringContaining(said) as string, room: 'r' }])
  })
})

describe('the hook of messages', () => {
  it('[HK3] refuses a message for good, with its details, and lets the others pass in their order', () => {
    const { client, time, end } = scripted({
      message: ({ event, data: number }) =>
        event === 'message' && (number as number) % 2 === 0 ? { refuse: { even: number } } : undefined,
    })
    const room = client().room('odd', Numbers)
    const got = see(room.messages())
    time.advanceBy(100)
    const receipts = [1, 2, 3, 4, 5].map((number) => see(room.send('message', number)))
    time.advanceBy(1_000)
    expect(data(got.all)).toEqual([1, 3, 5])
    expect(receipts.map((receipt) => E.isRight(receipt.only()))).toEqual([true, false, true, false, true])
    expect(left(receipts[1]!.only())).toMatchObject({ code: 'delivery/refused', executed: 'no', data: { even: 2 } })
    expect(end()).toBe(0)
  })

  it('[HK4] keeps the order of the messages of a room, whichever is decided first', () => {
    const { client, time, memory } = pureWorld((clock) => ({
      hooks: { message: ({ data: ms }) => timer(ms as number, clock) as unknown as Promise<undefined> },
    }))
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(
      pub(1, 'r', 1, { data: 50 }),
      pub(2, 'r', 2, { after: 1, data: 10 }),
      pub(3, 'r', 3, { after: 2, data: 30 }),
      pub(4, 'other', 1, { data: 1 }),
    )
    time.advanceBy(20)
    expect(peer.all('m')).toEqual([])
    expect(peer.all('a')).toHaveLength(1)
    time.advanceBy(40)
    expect(peer.all('m').map((frame) => frame[3])).toEqual(['p1.1', 'p1.2', 'p1.3'])
    memory.close()
  })

  it('[HK4] whose answer fails refuses for now: the client sends the message again, and those after it, in order', () => {
    let failures = 2
    const { client, time, end } = scripted({
      message: () => (failures-- > 0 ? throwError(() => new Error('down')) : of(undefined)),
    })
    const room = client().room('r', Numbers)
    const got = see(room.messages())
    const receipts = [1, 2, 3].map((number) => see(room.send('message', number)))
    time.advanceBy(60_000)
    expect(data(got.all)).toEqual([1, 2, 3])
    expect(receipts.map((receipt) => E.isRight(receipt.only()))).toEqual([true, true, true])
    expect(end()).toBe(0)
  })

  it('[HK4] forgets the questions of a connection that ends', () => {
    const { client, time, server } = pureWorld({ hooks: { message: () => NEVER } })
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(pub(1, 'r', 1))
    time.advanceBy(5)
    peer.drop()
    time.advanceBy(60_000)
    expect(server.metrics().accepted).toBe(0)
    const other = client({ rooms: [join(1, 'r')] })
    time.advanceBy(5)
    expect(other.all('m')).toEqual([])
  })
})

describe('the hook of values', () => {
  it('[HK5] decides on each value before it is written', () => {
    const asked: unknown[] = []
    const { client, time, end } = scripted({
      set: ({ user, room, key, value }) => {
        asked.push([user, room, key, value])
        return value === 'rude' ? { refuse: { word: value } } : undefined
      },
    })
    const room = client()
      .room('r', Numbers)
      .with(sharedState({ topic: t.string }))
    const states = see(room.shared$)
    const answers = ['kind', 'rude'].map((value) => see(room.set('topic', value)))
    time.advanceBy(1_000)
    const dropped = see(room.drop('topic'))
    time.advanceBy(1_000)
    expect(E.isRight(answers[0]!.only())).toBe(true)
    expect(left(answers[1]!.only())).toMatchObject({ code: 'room/refused', data: { word: 'rude' } })
    expect(E.isRight(dropped.only())).toBe(true)
    expect(asked).toEqual([
      ['ann', 'r', 'topic', 'kind'],
      ['ann', 'r', 'topic', 'rude'],
      ['ann', 'r', 'topic', undefined],
    ])
    expect(states.all.flatMap((each) => (E.isRight(each) ? [each.right.values.topic] : []))).not.toContain('rude')
    expect(end()).toBe(0)
  })
})

/** Cuts the phone off, for so long. */
const away = ({ network, time }: Pick<ReturnType<typeof world>, 'network' | 'time'>, ms: number): void => {
  const phone = network.host('phone')
  phone.refuse(true)
  phone.cut()
  time.advanceBy(ms)
  phone.refuse(false)
}

describe('the hooks of members that come and go', () => {
  it('[HK6] a quick reconnect is heard by nobody, and asks nobody', () => {
    const { heard, hooks } = listening()
    const { client, network, time, end } = scripted(hooks)
    see(client().room('r', Numbers).messages())
    time.advanceBy(1_000)
    network.cut()
    time.advanceBy(60_000)
    expect(heard).toEqual(['join r ann'])
    expect(end()).toBe(0)
  })

  it('[HK6] a lost client drops after the quiet time, is back within the grace time, and is not asked about again', () => {
    const { heard, hooks } = listening()
    const { client, network, time, end } = scripted(hooks)
    see(client({ host: 'phone' }).room('r', Numbers).messages())
    time.advanceBy(1_000)
    away({ network, time }, 6_000)
    time.advanceBy(60_000)
    expect(heard).toEqual(['join r ann', 'drop r ann', 'back r ann'])
    expect(end()).toBe(0)
  })

  it('[HK7] who does not come back leaves after the grace time, and is asked about at the next join', () => {
    const { heard, hooks } = listening()
    const { client, network, time, end } = scripted(hooks)
    see(client({ host: 'phone' }).room('r', Numbers).messages())
    time.advanceBy(1_000)
    away({ network, time }, 30_000)
    time.advanceBy(90_000)
    expect(heard).toEqual(['join r ann', 'drop r ann', 'leave r ann grace', 'join r ann'])
    expect(end()).toBe(0)
  })

  it.each<[string, (at: Readonly<Record<'kick' | 'letGo' | 'close', () => void>>) => void, string]>([
    ['leaves', ({ letGo }) => letGo(), 'leave r ann left'],
    ['is closed', ({ close }) => close(), 'leave r ann left'],
    ['is kicked', ({ kick }) => kick(), 'leave r ann kicked'],
  ])('[HK7] who %s leaves at once', (_, act, expected) => {
    const { heard, hooks } = listening()
    const { client, server, time, end } = scripted(hooks)
    const ann = client()
    const hold = ann.room('r', Numbers).messages().subscribe()
    time.advanceBy(1_000)
    act({
      kick: () => see(server().kick('r', 'ann')),
      letGo: () => {
        hold.unsubscribe()
      },
      close: () => see(ann.close()),
    })
    time.advanceBy(1_500)
    expect(heard).toEqual(['join r ann', expected])
    expect(end()).toBe(0)
  })

  it('[HK7] a lost client that is kicked leaves at once', () => {
    const { heard, hooks } = listening()
    const { client, network, server, time, end } = scripted(hooks)
    see(client({ host: 'phone' }).room('r', Numbers).messages())
    time.advanceBy(1_000)
    away({ network, time }, 5_000)
    see(server().kick('r', 'ann'))
    expect(heard).toEqual(['join r ann', 'drop r ann', 'leave r ann kicked'])
    expect(end()).toBe(0)
  })

  it('[HK7] a drain of the server makes nobody leave', () => {
    const { heard, hooks } = listening()
    const { client, server, time, end } = scripted(hooks)
    see(client().room('r', Numbers).messages())
    time.advanceBy(1_000)
    see(server().drain())
    time.advanceBy(60_000)
    expect(heard).toEqual(['join r ann'])
    expect(end()).toBe(0)
  })

  it('[HK8] a hook that only hears and throws is a fault, and nothing else', () => {
    const { client, time, faults, server } = pureWorld({
      hooks: {
        leave: () => {
          throw new Error('no log')
        },
      },
    })
    const peer = client({ rooms: [join(1, 'r')] })
    time.advanceBy(5)
    peer.send({ t: 'leave', ch: 1 })
    expect(faults).toMatchObject([{ where: 'hook', message: 'leave: no log', room: 'r' }])
    expect(server.metrics().links).toBe(1)
  })
})

describe('the hooks of created rooms', () => {
  it('[HK9] create decides on a creation, is given the properties without the password, and is not asked about a repeat', () => {
    const asked: unknown[] = []
    const stage = lifeStage({
      hooks: {
        create: (event) => {
          asked.push(event)
          return event.properties.capacity === undefined ? { refuse: { missing: 'capacity' } } : undefined
        },
      },
    })
    const ana = stage.server.client({ as: 'ana' })
    const make = (options: CreateOptions) => {
      const made = see(ana.with(creation).create({ name: 'den', ...options }))
      stage.time.advanceBy(100)
      return made.only()
    }
    expect(left(make({}))).toMatchObject({ code: 'room/refused', data: { missing: 'capacity' } })
    expect(E.isRight(make({ id: 'c1', capacity: 2, password: 'sesame' }))).toBe(true)
    expect(E.isRight(make({ id: 'c1', capacity: 2 }))).toBe(true)
    expect(asked).toHaveLength(2)
    expect(asked[1]).toEqual({
      room: 'den',
      user: 'ana',
      session: expect.any(String) as string,
      roles: [],
      properties: { capacity: 2 },
    })
    stage.server.close()
  })

  it('[HK10] close hears of each end once, by whom it came, also of a planned end', () => {
    const ends: unknown[] = []
    const stage = lifeStage({
      hooks: {
        close: (end) => {
          ends.push(end)
        },
      },
    })
    const ana = stage.server.client({ as: 'ana' })
    for (const name of ['one', 'two', 'three']) created(stage, ana, { name })
    see(lifeOf(ana, 'one').close({ because: 'over' }))
    see(stage.server.server().rooms.get('two').close())
    see(lifeOf(ana, 'three').close({ inMs: 5_000 }))
    see(lifeOf(ana, 'one').close({ because: 'again' }))
    stage.time.advanceBy(10_000)
    expect(ends).toMatchObject([
      { room: 'two', user: '@server', at: expect.any(Number) as number },
      { room: 'one', user: 'ana', because: 'over' },
      { room: 'three', user: '@server' },
    ])
    expect(ends).toHaveLength(3)
    stage.server.close()
  })
})
