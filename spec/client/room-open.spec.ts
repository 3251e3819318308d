import { anything } from '../../lib/contract/contract.js'
import type { FakeServer } from '../../lib/testing/fake-server.js'
import { namesIn, shown } from '../support/capacity.js'
import { created, lifeOf, type LifeStage, lifeStage, twoServers } from '../support/life.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { admission, type AdmissionOptions } from '../../lib/features/room-life/admission.js'

const users = { ana: {}, ben: {}, eve: {}, kim: {} }

type Stage = Pick<LifeStage, 'time'>

/** A user with a host of its own, and the room. */
const userOf = (server: FakeServer, as: string) => {
  const client = server.client({ as, host: as, lingerMs: 0 })
  const room = client.room('lobby', anything)
  return { client, room, membership: see(room.membership$) }
}

type User = ReturnType<typeof userOf>

/** Joins the room, and returns `In` or the code of the refusal. */
const enter = ({ time }: Stage, { room }: User, options: AdmissionOptions = {}): string => {
  const answer = see(room.join(admission(options)))
  time.advanceBy(100)
  return codeOf(answer.only()) || 'In'
}

/** Leaves the room, also where it was joined several times. */
const go = (stage: Stage, user: User): void => {
  const answer = see(user.room.leave())
  stage.time.advanceBy(100)
  if (right(answer.only()).stillHeldBy > 0) go(stage, user)
}

/** A room of ana with ben inside, which is not open any more. */
const locked = (properties: object = {}, more: object = {}) => {
  const stage = lifeStage({ users, ...more })
  const [ana, ben, eve, kim] = ['ana', 'ben', 'eve', 'kim'].map((as) => userOf(stage.server, as)) as [
    User,
    User,
    User,
    User,
  ]
  created(stage, ana.client, properties)
  expect(enter(stage, ben)).toBe('In')
  const life = lifeOf(ana.client)
  const done = see(life.update({ open: false }))
  stage.time.advanceBy(100)
  right(done.only())
  return { ...stage, ana, ben, eve, kim, life }
}

describe('a room that is not open', () => {
  it.each([[{}], [{ capacity: 3 }]])(
    '[SQ32] [PR168] refuses a new member, and keeps those who are in it: %p',
    (properties) => {
      const stage = locked(properties)
      const { time, server, ana, ben, eve, kim, life } = stage
      const refused = see(eve.room.join())
      time.advanceBy(100)
      expect(left(refused.only())).toMatchObject({
        code: 'room/not-open',
        kind: 'terminal',
        remedy: expect.stringContaining('invitation') as unknown,
      })
      expect(enter(stage, ana)).toBe('In')
      for (const awayMs of [1_000, 5_000]) {
        server.network.host('ben').cut()
        server.network.host('ben').refuse(true)
        time.advanceBy(awayMs)
        server.network.host('ben').refuse(false)
        time.advanceBy(60_000)
        expect(ben.membership.last()._tag).toBe('In')
      }
      go(stage, ben)
      expect(enter(stage, ben)).toBe('room/not-open')
      see(life.update({ open: true }))
      time.advanceBy(100)
      expect([enter(stage, ben), enter(stage, eve)]).toEqual(['In', 'In'])
      see(life.update({ open: false }))
      see(life.kick('eve', { forMs: 1_000 }))
      time.advanceBy(5_000)
      expect([enter(stage, eve), enter(stage, kim)]).toEqual(['room/not-open', 'room/not-open'])
      server.close()
    },
  )

  it('[SQ32] lets in who may moderate it', () => {
    const stage = locked(
      {},
      { authorize: ({ user }: { user: string }) => [user === 'eve' ? ['read', 'moderate'] : ['read', 'publish']] },
    )
    expect([enter(stage, stage.eve), enter(stage, stage.kim)]).toEqual(['In', 'room/not-open'])
    stage.server.close()
  })

  it('[SQ33] lets in with an invitation, which is checked, or with a reservation', () => {
    const stage = locked()
    const { time, server, eve, kim, life } = stage
    expect(enter(stage, eve, { invitation: 'made up' })).toBe('room/invitation')
    const made = [see(life.invite({ user: 'eve' })), see(life.invite({ user: 'kim', uses: 1 }))]
    time.advanceBy(100)
    const [forEve = '', forKim = ''] = made.map((each) => right(each.only()))
    expect(enter(stage, eve, { invitation: forKim })).toBe('room/invitation')
    expect(enter(stage, eve, { invitation: forEve })).toBe('In')
    expect(enter(stage, kim)).toBe('room/not-open')
    see(server.server().rooms.get('lobby').reserve(['kim']))
    expect(enter(stage, kim)).toBe('In')
    go(stage, kim)
    expect(enter(stage, kim)).toBe('room/not-open')
    expect(enter(stage, kim, { invitation: forKim })).toBe('In')
    server.close()
  })

  it('[SQ33] an invitation takes no seat of a full room', () => {
    const stage = locked({ capacity: 1 })
    const made = see(stage.life.invite())
    stage.time.advanceBy(100)
    const invitation = right(made.only())
    expect(enter(stage, stage.eve, { invitation })).toBe('room/full')
    stage.server.close()
  })

  it('[SQ34] with queue a join waits until the room is open; those with an invitation overtake it', () => {
    const stage = locked({ capacity: 3 })
    const { time, server, eve, kim, life } = stage
    const waiting = eve.membership
    const join = see(eve.room.join(admission({ queue: true })))
    time.advanceBy(30_000)
    expect([shown(waiting).at(-1), join.all]).toEqual(['1/1', []])
    server.network.host('eve').cut()
    time.advanceBy(10_000)
    expect(shown(waiting).at(-1)).toBe('1/1')
    const made = see(life.invite({ user: 'kim' }))
    time.advanceBy(100)
    expect(enter(stage, kim, { invitation: right(made.only()) })).toBe('In')
    expect(shown(waiting).at(-1)).toBe('1/1')
    see(life.update({ open: true }))
    time.advanceBy(1_000)
    expect(codeOf(join.only())).toBe('')
    server.close()
  })

  it('[SQ35] over two servers, and a stop of one, its members come back to the other', () => {
    const { time, one, two } = twoServers({ users })
    created({ time }, userOf(one, 'ana').client)
    const there = userOf(two, 'ben')
    expect(enter({ time }, there)).toBe('In')
    right(see(one.server().rooms.get('lobby').update({ open: false })).only())
    time.advanceBy(100)
    expect(namesIn(one.engine(), 'seats', 'lobby')).toEqual(['ben'])
    expect([enter({ time }, userOf(two, 'eve')), enter({ time }, userOf(one, 'eve'))]).toEqual([
      'room/not-open',
      'room/not-open',
    ])
    expect(there.membership.last()._tag).toBe('In')
    two.stop()
    time.advanceBy(2_000)
    expect(enter({ time }, userOf(one, 'ben'))).toBe('In')
    one.close()
    two.close()
  })
})
