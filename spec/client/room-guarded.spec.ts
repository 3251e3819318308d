import * as t from 'io-ts'
import { delay, map, of, timer } from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../../lib/contract/contract.js'
import type { Result } from '../../lib/core/result.js'
import { history, last } from '../../lib/features/history/index.js'
import { sharedState } from '../../lib/features/shared/index.js'
import { memory } from '../../lib/server/memory.js'
import type { FakeServer } from '../../lib/testing/fake-server.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { created, lifeOf, lifeStage, memberOf } from '../support/life.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

type Maker = ReturnType<FakeServer['client']>

const roomOf = (client: Maker) => client.room('lobby', anything).with(history, sharedState({ topic: t.string }))

describe('a room that needs a password or an invitation', () => {
  it.each([
    ['a password', { password: 'sesame' }, 'room/password'],
    ['an invitation', { inviteOnly: true }, 'room/invitation'],
  ] as const)(
    '[PW7] with %s keeps its history, its log and its shared state from who was not let in',
    (_, how, code) => {
      const stage = lifeStage()
      const [ana, eve] = ['ana', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker]
      created(stage, ana, how)
      see(ana.room('lobby', anything).send('said', 'the secret'))
      stage.time.advanceBy(100)
      const tries = (): readonly string[] => {
        const room = roomOf(eve)
        const all = [room.history({ last: 10 }), room.send('said', 'hello'), room.set('topic', 'mine')].map((each) =>
          see<Result<unknown>>(each),
        )
        stage.time.advanceBy(1_000)
        return all.map((each) => {
          const result = each.only()
          return E.isRight(result) ? 'Right' : result.left.code
        })
      }
      expect(tries()).toEqual([code, code, code])
      see(lifeOf(ana).update({ password: null, inviteOnly: false }))
      stage.time.advanceBy(100)
      expect(tries()).toEqual(['Right', 'Right', 'Right'])
      stage.server.close()
    },
  )

  it('[PW7] takes what a member sends right after a loss, before the join is answered, and loses nothing', () => {
    const stage = lifeStage()
    const [ana, ben] = ['ana', 'ben'].map((as) => stage.server.client({ as })) as [Maker, Maker]
    created(stage, ana, { password: 'sesame' })
    const room = ben.room('lobby', anything)
    see(room.join(admission({ password: 'sesame' })))
    stage.time.advanceBy(100)
    stage.server.drop()
    const sent = [1, 2, 3].map((number) => see(room.send('said', number)))
    stage.time.advanceBy(20_000)
    expect(sent.map((each) => E.isRight(each.only()))).toEqual([true, true, true])
    stage.server.close()
  })

  it('[IV5] counts a use only for who gets in: a join that a full room refuses takes none', () => {
    const stage = lifeStage()
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
    created(stage, ana, { inviteOnly: true, capacity: 1 })
    see(ana.room('lobby', anything).join())
    stage.time.advanceBy(100)
    const made = see(lifeOf(ana).invite({ uses: 1 }))
    stage.time.advanceBy(100)
    const invitation = right(made.only())
    const first = see(ben.room('lobby', anything).join(admission({ invitation })))
    stage.time.advanceBy(100)
    expect(codeOf(first.only())).toBe('room/full')
    see(ben.room('lobby', anything).leave())
    ben.disconnect()
    see(lifeOf(ana).update({ capacity: 2 }))
    stage.time.advanceBy(100)
    const second = see(eve.room('lobby', anything).join(admission({ invitation })))
    stage.time.advanceBy(100)
    expect(E.isRight(second.only())).toBe(true)
    stage.server.close()
  })
})

describe('orders while something is under way', () => {
  it.each([
    ['a ban', (server: FakeServer) => server.server().rooms.get('lobby').ban('eve'), 'room/banned'],
    ['a close', (server: FakeServer) => server.server().rooms.get('lobby').close(), 'room/closed'],
  ])('[RL12] [RL6] %s during the read of the join ends it', (_, act, code) => {
    const time = virtualTime()
    const engine = memory({ scheduler: time, wall: () => time.now() })
    const slow = {
      ...engine,
      read: (...of_: Parameters<typeof engine.read>) => engine.read(...of_).pipe(delay(1_000, time)),
    }
    const server = fakeServer(time, { engine: slow, users: { ana: {}, eve: {} } })
    const [ana, eve] = ['ana', 'eve'].map((as) => server.client({ as })) as [Maker, Maker]
    created({ time }, ana)
    see(ana.room('lobby', anything).send('said', 1))
    time.advanceBy(100)
    const seen = memberOf(eve)
    see(eve.room('lobby', anything).messages({ from: last(1) }))
    time.advanceBy(500)
    expect(seen.state()).toBe('Joining')
    see(act(server))
    time.advanceBy(10_000)
    expect(seen.state()).toBe(code)
    server.close()
  })

  it('[HK4] a message, and a value, that the application accepts after a ban are refused', () => {
    const time = virtualTime()
    const server = fakeServer(time, {
      users: { ana: {}, eve: {} },
      hooks: {
        message: () => timer(1_000, time).pipe(map(() => undefined)),
        set: () => timer(1_000, time).pipe(map(() => undefined)),
        join: () => of(undefined),
      },
    })
    const [ana, eve] = ['ana', 'eve'].map((as) => server.client({ as })) as [Maker, Maker]
    created({ time }, ana)
    const room = roomOf(eve)
    const [sent, set] = [see(room.send('said', 1)), see(room.set('topic', 'x'))]
    time.advanceBy(500)
    see(lifeOf(ana).ban('eve'))
    time.advanceBy(5_000)
    expect([left(sent.only()).code, left(set.only()).code]).toEqual(['room/banned', 'room/banned'])
    server.close()
  })

  it('[HK7] a lost client that is kicked, banned, or whose room closes leaves at once, and is asked about when it returns', () => {
    for (const [act, cause] of [
      [(server: FakeServer) => server.server().rooms.get('lobby').kick('eve', { forMs: 1_000 }), 'kicked'],
      [(server: FakeServer) => server.server().rooms.get('lobby').ban('eve'), 'banned'],
      [(server: FakeServer) => server.server().rooms.get('lobby').close(), 'closed'],
    ] as const) {
      const heard: string[] = []
      const stage = lifeStage({
        hooks: {
          join: ({ user }): undefined => {
            heard.push(`join ${user}`)
          },
          drop: ({ user }) => {
            heard.push(`drop ${user}`)
          },
          leave: ({ user, cause: of_ }) => {
            heard.push(`leave ${user} ${of_}`)
          },
        },
      })
      const ana = stage.server.client({ as: 'ana' })
      const eve = stage.server.client({ as: 'eve', host: 'phone' })
      created(stage, ana)
      see(eve.room('lobby', anything).messages())
      stage.time.advanceBy(100)
      const phone = stage.server.network.host('phone')
      phone.refuse(true)
      phone.cut()
      stage.time.advanceBy(5_000)
      see(act(stage.server))
      stage.time.advanceBy(100)
      expect(heard).toEqual(['join eve', 'drop eve', `leave eve ${cause}`])
      stage.server.close()
    }
  })
})
