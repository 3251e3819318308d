import { anything } from '../../lib/contract/contract.js'
import { reasonOf } from '../../lib/features/room-life/index.js'
import { presence } from '../../lib/features/presence/index.js'
import { history } from '../../lib/features/history/index.js'
import { created, lifeOf, lifeStage, memberOf, twoServers } from '../support/life.js'
import { changes } from '../support/roster.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

describe('kick', () => {
  it('[RL11] removes a live user with the reason, refuses joins for a while, and then lets the user in', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const [ana, ben] = [server.client({ as: 'ana' }), server.client({ as: 'ben' })]
    created(stage, ana)
    const tabs = [memberOf(ben), memberOf(server.client({ as: 'ben' }))]
    time.advanceBy(100)
    const at = time.now()
    const kicked = see(lifeOf(ana).kick('ben', { because: 'Be polite.', forMs: 60_000 }))
    time.advanceBy(100)
    right(kicked.only())
    expect(tabs.map((each) => each.state())).toEqual(['room/kicked', 'room/kicked'])
    const last = tabs[0]!.seen.last()
    if (last._tag !== 'Refused') throw new Error(last._tag)
    expect(reasonOf(last.error)).toEqual({ because: 'Be polite.', notBefore: at + 1 + 60_000 })
    const early = see(ben.room('lobby', anything).join())
    time.advanceBy(100)
    expect(codeOf(early.only())).toBe('room/kicked')
    time.advanceBy(60_000)
    expect(tabs[0]!.state()).toBe('room/kicked')
    const late = see(ben.room('lobby', anything).join())
    time.advanceBy(100)
    expect([codeOf(late.only()), tabs[0]!.state(), tabs[1]!.state()]).toEqual(['', 'In', 'room/kicked'])
    server.close()
  })

  it('[RL11] reaches one who is away on the way back', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana)
    const ben = memberOf(server.client({ as: 'ben', host: 'ben' }))
    time.advanceBy(100)
    server.network.host('ben').cut()
    server.network.host('ben').refuse(true)
    time.advanceBy(1_000)
    see(lifeOf(ana).kick('ben', { because: 'away' }))
    time.advanceBy(20_000)
    expect(ben.state()).toBe('Recovering')
    server.network.host('ben').refuse(false)
    time.advanceBy(30_000)
    const last = ben.seen.last()
    expect(last._tag === 'Refused' && reasonOf(last.error).because).toBe('away')
    server.drop()
    time.advanceBy(120_000)
    expect(ben.state()).toBe('room/kicked')
    server.close()
  })
})

describe('ban', () => {
  it('[RL12] refuses joins, publishes and history until its end, on the next connections too', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const [ana, ben] = [server.client({ as: 'ana' }), server.client({ as: 'ben' })]
    created(stage, ana)
    const member = memberOf(ben)
    time.advanceBy(100)
    const at = time.now()
    see(lifeOf(ana).ban('ben', { because: 'Spam.', forMs: 3_600_000 }))
    time.advanceBy(100)
    const last = member.seen.last()
    expect(last._tag === 'Refused' && [last.error.code, reasonOf(last.error)]).toEqual([
      'room/banned',
      { because: 'Spam.', until: at + 1 + 3_600_000 },
    ])
    const outcomes = (): readonly string[] => {
      const room = ben.room('lobby', anything).with(history)
      const seen = [see(room.join()), see(room.send('said', 1)), see(room.history({ last: 5 }))]
      time.advanceBy(100)
      return seen.map((each) => codeOf(each.only()))
    }
    expect(outcomes()).toEqual(['room/banned', 'room/banned', 'room/banned'])
    server.drop()
    time.advanceBy(60_000)
    expect([member.state(), ...outcomes()]).toEqual(Array.from({ length: 4 }, () => 'room/banned'))
    const order = see(lifeOf(ben).kick('ana'))
    time.advanceBy(100)
    expect(left(order.only())).toMatchObject({ code: 'room/banned', data: { because: 'Spam.' } })
    time.advanceBy(3_600_000)
    expect(outcomes().slice(0, 2)).toEqual(['', ''])
    server.close()
  })

  it('[RL12] unban ends it', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana)
    see(lifeOf(ana).ban('ben'))
    time.advanceBy(100)
    const ben = memberOf(server.client({ as: 'ben' }))
    time.advanceBy(10 * 24 * 3_600_000)
    expect(ben.state()).toBe('room/banned')
    see(lifeOf(ana).unban('ben'))
    time.advanceBy(100)
    const again = memberOf(server.client({ as: 'ben' }))
    time.advanceBy(100)
    expect(again.state()).toBe('In')
    server.close()
  })
})

describe('mute', () => {
  it('[RL13] takes publish from a live member with the reason, and gives it back at its end', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const [ana, ben] = [server.client({ as: 'ana' }), server.client({ as: 'ben' })]
    created(stage, ana)
    const member = memberOf(ben)
    time.advanceBy(100)
    const wire = tap(server.network)
    const at = time.now()
    see(lifeOf(ana).mute('ben', { because: 'Speakers only.', forMs: 60_000 }))
    time.advanceBy(100)
    expect([member.state(), member.permissions()]).toEqual(['In', 'read history'])
    const heard = see(ben.room('lobby', anything).messages())
    const refused = see(ben.room('lobby', anything).send('said', 1))
    const other = see(ana.room('lobby', anything).send('said', 2))
    time.advanceBy(100)
    expect(left(refused.only())).toMatchObject({
      _tag: 'DeliveryError',
      code: 'room/muted',
      executed: 'no',
      kind: 'terminal',
      data: { because: 'Speakers only.', until: at + 1 + 60_000 },
    })
    expect([codeOf(other.only()), heard.all.length]).toEqual(['', 1])
    time.advanceBy(60_000)
    expect(member.permissions()).toBe('read publish history')
    expect(wire.down('granted')).toHaveLength(2)
    const taken = see(ben.room('lobby', anything).send('said', 3))
    time.advanceBy(100)
    expect(codeOf(taken.only())).toBe('')
    see(lifeOf(ana).mute('ben'))
    time.advanceBy(24 * 3_600_000)
    expect(member.permissions()).toBe('read history')
    see(lifeOf(ana).unmute('ben'))
    time.advanceBy(100)
    expect(member.permissions()).toBe('read publish history')
    server.close()
  })

  it('[RL13] holds on another server of the engine, and for publishes without a join', () => {
    const { time, one, two } = twoServers()
    const [ana, ben] = [one.client({ as: 'ana' }), two.client({ as: 'ben' })]
    created({ time }, ana)
    const member = memberOf(ben)
    see(lifeOf(ana).mute('ben', { forMs: 10_000 }))
    see(lifeOf(ana).mute('eve'))
    time.advanceBy(100)
    const refused = see(two.client({ as: 'eve' }).room('lobby', anything).send('said', 1))
    time.advanceBy(100)
    expect([member.permissions(), codeOf(refused.only())]).toEqual(['read history', 'room/muted'])
    time.advanceBy(10_000)
    expect(member.permissions()).toBe('read publish history')
    for (const server of [one, two]) server.close()
  })
})

describe('the members that others see', () => {
  it('[RL14] leave with the cause of the removal, also those whose connection is lost, at any server', () => {
    const { time, one, two } = twoServers({ presence: { graceMs: 60_000 } })
    const [ana, ben, eve] = [
      one.client({ as: 'ana' }),
      two.client({ as: 'ben' }),
      two.client({ as: 'eve', host: 'eve' }),
    ]
    created({ time }, ana)
    const roster = see(ana.room('lobby', anything).with(presence).members$)
    for (const each of [ben, eve]) see(each.room('lobby', anything).with(presence).members$)
    time.advanceBy(1_000)
    const before = roster.all.length
    two.network.host('eve').cut()
    two.network.host('eve').refuse(true)
    time.advanceBy(1_000)
    see(lifeOf(ana).kick('ben'))
    see(lifeOf(ana).ban('eve'))
    time.advanceBy(1_000)
    expect(changes(roster, before).filter((each) => each.includes('Left'))).toEqual([
      'ben Left kicked',
      'eve Left banned',
    ])
    for (const server of [one, two]) server.close()
  })

  it('[RL14] also those whom a server that drains has sent to another one, and who have not come there', () => {
    const { time, one, two } = twoServers({ presence: { graceMs: 60_000 } })
    const ana = one.client({ as: 'ana' })
    created({ time }, ana)
    const roster = see(ana.room('lobby', anything).with(presence).members$)
    for (const user of ['ben', 'eve'])
      see(two.client({ as: user, host: user }).room('lobby', anything).with(presence).members$)
    time.advanceBy(1_000)
    const before = roster.all.length
    for (const host of ['ben', 'eve']) two.network.host(host).refuse(true)
    two.drain({ drainMs: 60_000 })
    time.advanceBy(3_000)
    see(lifeOf(ana).ban('ben'))
    see(lifeOf(ana).kick('eve'))
    time.advanceBy(1_000)
    expect(changes(roster, before).filter((each) => each.includes('Left'))).toEqual([
      'ben Left banned',
      'eve Left kicked',
    ])
    for (const server of [one, two]) server.close()
  })

  it('[RL14] the end of a room ends them all', () => {
    const { time, one, two } = twoServers()
    const ana = one.client({ as: 'ana' })
    see(ana.room('lobby', anything).with(presence).members$)
    time.advanceBy(500)
    const members = see(one.server().rooms.get('lobby').members())
    see(one.server().rooms.get('lobby').close())
    time.advanceBy(500)
    const after = see(two.server().rooms.get('lobby').members())
    time.advanceBy(100)
    expect([right(members.only()).length, right(after.only()).length]).toEqual([1, 0])
    for (const server of [one, two]) server.close()
  })
})
