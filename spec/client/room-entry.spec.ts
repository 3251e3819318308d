import { anything } from '../../lib/contract/contract.js'
import { creation } from '../../lib/features/room-life/index.js'
import type { FakeServer } from '../../lib/testing/fake-server.js'
import { throwError } from 'rxjs'
import * as E from '#fp/Either'
import type { Result } from '../../lib/core/result.js'
import { plainCrypto } from '../../lib/testing/plain-crypto.js'
import { created, lifeOf, type LifeStage, lifeStage, memberOf, twoServers } from '../support/life.js'
import { left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'
import { admission, type AdmissionOptions } from '../../lib/features/room-life/admission.js'

type Maker = ReturnType<FakeServer['client']>

/** Joins, and returns `In` or the code and the reason of the refusal. */
const enter = ({ time }: Pick<LifeStage, 'time'>, client: Maker, options: AdmissionOptions, name = 'lobby'): string => {
  const answer = see(client.room(name, anything).join(admission(options)))
  time.advanceBy(100)
  const result = answer.only()
  if (E.isRight(result)) return 'In'
  const { code } = result.left
  const { reason } = ('data' in result.left && result.left.data) || {}
  return typeof reason === 'string' ? `${code} ${reason}` : code
}

/** Makes an invitation as a client. */
const invited = (
  { time }: Pick<LifeStage, 'time'>,
  client: Maker,
  options: Parameters<ReturnType<typeof lifeOf>['invite']>[0] = {},
): string => {
  const made = see(lifeOf(client).invite(options))
  time.advanceBy(100)
  return right(made.only())
}

describe('the password of a room', () => {
  it('[PW2] lets in who shows it, and nobody else but the maker and those who admit', () => {
    const stage = lifeStage({
      authorize: ({ user }) => [user === 'eve' ? ['read', 'admit'] : ['read', 'publish', 'history']],
    })
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
    created(stage, ana, { password: 'sesame' })
    expect(enter(stage, ben, {})).toBe('room/password missing')
    expect(enter(stage, ben, { password: 'Sesame' })).toBe('room/password wrong')
    expect(enter(stage, ben, { password: 'sesame' })).toBe('In')
    expect(enter(stage, ana, {})).toBe('In')
    expect(enter(stage, eve, {})).toBe('In')
    stage.server.close()
  })

  it('[PW3] is in no frame of the server, no info and no table', () => {
    const stage = lifeStage()
    const [ana, ben] = ['ana', 'ben'].map((as) => stage.server.client({ as })) as [Maker, Maker]
    const wire = tap(stage.server.network)
    created(stage, ana, { password: 'sesame' })
    const info = see(lifeOf(ana).info$)
    expect(enter(stage, ben, { password: 'sesame' })).toBe('In')
    expect(right(info.last())).toMatchObject({ hasPassword: true })
    const details = see(stage.server.server().rooms.get('lobby').info())
    expect(right(details.only())).toMatchObject({ hasPassword: true })
    const told = JSON.stringify([wire.down('joined'), wire.down('rows'), info.all, details.all])
    expect(told).not.toMatch(/sesame|passwordHash/)
    stage.server.close()
  })

  it('[PW3] of a room that the application made is as secret', () => {
    const stage = lifeStage()
    const ben = stage.server.client({ as: 'ben' })
    const den = stage.server.server().rooms.get('den')
    see(den.create({ password: 'sesame' }))
    see(den.update({ password: 'other' }))
    stage.time.advanceBy(100)
    expect(enter(stage, ben, { password: 'other' }, 'den')).toBe('In')
    const told = [see(den.info()).only(), see(lifeOf(ben, 'den').info$)]
    stage.time.advanceBy(100)
    expect(JSON.stringify(told)).not.toMatch(/sesame|other|passwordHash/)
    stage.server.close()
  })

  it('[PW4] is sent again after a loss, and costs one hash', () => {
    let hashes = 0
    const stage = lifeStage({
      crypto: {
        ...plainCrypto,
        verify: (...of) => {
          hashes++
          return plainCrypto.verify(...of)
        },
      },
    })
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
    created(stage, ana, { password: 'sesame' })
    const member = memberOf(ben)
    expect(enter(stage, ben, { password: 'sesame' })).toBe('In')
    for (let losses = 0; losses < 3; losses++) {
      stage.server.drop()
      stage.time.advanceBy(10_000)
    }
    expect(enter(stage, eve, { password: 'sesame' })).toBe('In')
    expect([member.state(), hashes]).toEqual(['In', 1])
    stage.server.close()
  })

  it('[PW4] is changed and taken away by an update; who is in the room stays', () => {
    const stage = lifeStage()
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
    created(stage, ana, { password: 'sesame' })
    expect(enter(stage, ben, { password: 'sesame' })).toBe('In')
    const member = memberOf(ben)
    see(lifeOf(ana).update({ password: 'other' }))
    stage.time.advanceBy(100)
    expect(member.state()).toBe('In')
    expect(enter(stage, eve, { password: 'sesame' })).toBe('room/password wrong')
    see(lifeOf(ana).update({ password: null }))
    stage.time.advanceBy(100)
    expect(enter(stage, eve, {})).toBe('In')
    stage.server.close()
  })

  it('[PW5] wrong ones are limited per user, right ones are not', () => {
    const stage = lifeStage()
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
    created(stage, ana, { password: 'sesame' })
    const tries = Array.from({ length: 12 }, (_, index) => enter(stage, ben, { password: `${index}` }))
    expect(new Set(tries.slice(0, 10))).toEqual(new Set(['room/password wrong']))
    expect(tries.at(-1)).toBe('room/rate')
    for (let times = 0; times < 20; times++) {
      expect(enter(stage, eve, { password: 'sesame' })).toBe('In')
      see(eve.room('lobby', anything).leave())
    }
    stage.server.close()
  })

  it('[PW5] each hash of a new one counts as a try', () => {
    const stage = lifeStage()
    const ana = stage.server.client({ as: 'ana' })
    const makers = Array.from({ length: 12 }, (_, index) =>
      see(ana.with(creation).create({ name: `room-${index}`, password: 'x' })),
    )
    stage.time.advanceBy(1_000)
    const codes = makers.map((each) => E.isRight(each.only()))
    expect(codes.filter(Boolean)).toHaveLength(10)
    expect(left(makers.at(-1)!.only())).toMatchObject({ code: 'room/rate', kind: 'retry' })
    stage.server.close()
  })

  it('[PW6] cryptography that fails refuses for now, and is a fault that does not show the password', () => {
    const stage = lifeStage({
      crypto: { ...plainCrypto, verify: () => throwError(() => new Error('down with sesame')) },
    })
    const [ana, ben] = ['ana', 'ben'].map((as) => stage.server.client({ as })) as [Maker, Maker]
    const faults = see(stage.server.server().faults$)
    created(stage, ana, { password: 'sesame' })
    const member = memberOf(ben)
    void ben.room('lobby', anything).join(admission({ password: 'sesame', withinMs: 60_000 }))
    stage.time.advanceBy(100)
    expect(member.state()).toBe('room/unavailable')
    expect(JSON.stringify(faults.all)).toContain('crypto: down')
    expect(JSON.stringify(faults.all)).not.toContain('sesame')
    stage.server.close()
  })
})

describe('an invitation', () => {
  it('[IV3] lets its holder into a room with a password, and into one for the invited only', () => {
    const stage = lifeStage()
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
    created(stage, ana, { password: 'sesame' })
    expect(enter(stage, ben, { invitation: invited(stage, ana) })).toBe('In')
    created(stage, ana, { name: 'den', inviteOnly: true })
    expect(enter(stage, eve, {}, 'den')).toBe('room/invitation missing')
    const made = see(lifeOf(ana, 'den').invite())
    stage.time.advanceBy(100)
    expect(enter(stage, eve, { invitation: right(made.only()) }, 'den')).toBe('In')
    const member = memberOf(eve, 'den')
    stage.server.drop()
    stage.time.advanceBy(10_000)
    expect(member.state()).toBe('In')
    stage.server.close()
  })

  it('[IV4] of another room, for another user, after its end, changed or made up is refused with the reason', () => {
    const stage = lifeStage()
    const [ana, ben] = ['ana', 'ben'].map((as) => stage.server.client({ as })) as [Maker, Maker]
    created(stage, ana, { inviteOnly: true })
    created(stage, ana, { name: 'den', inviteOnly: true })
    expect(enter(stage, ben, { invitation: invited(stage, ana) }, 'den')).toBe('room/invitation invalid')
    expect(enter(stage, ben, { invitation: invited(stage, ana, { user: 'eve' }) })).toBe('room/invitation other-user')
    const short = invited(stage, ana, { forMs: 1_000 })
    stage.time.advanceBy(2_000)
    expect(enter(stage, ben, { invitation: short })).toBe('room/invitation expired')
    const good = invited(stage, ana, { user: 'ben', uses: 1 })
    expect(enter(stage, ben, { invitation: `${good}0` })).toBe('room/invitation invalid')
    const longer = invited(stage, ana, { user: 'ben', uses: 2 })
    const [scheme, , signature] = good.split('.')
    expect(enter(stage, ben, { invitation: [scheme, longer.split('.')[1], signature].join('.') })).toBe(
      'room/invitation invalid',
    )
    expect(enter(stage, ben, { invitation: 'let me in' })).toBe('room/invitation invalid')
    expect(enter(stage, ben, { invitation: good })).toBe('In')
    stage.server.close()
  })

  it('[IV5] with a number of uses lets in so many users, each as often as it likes, over two servers', () => {
    const { time, one, two } = twoServers()
    const ana = one.client({ as: 'ana' })
    created({ time }, ana, { inviteOnly: true })
    const invitation = invited({ time }, ana, { uses: 1 })
    const [ben, again] = [one.client({ as: 'ben' }), two.client({ as: 'ben' })]
    const eve = two.client({ as: 'eve' })
    expect(enter({ time }, ben, { invitation })).toBe('In')
    expect(enter({ time }, eve, { invitation })).toBe('room/invitation used-up')
    expect(enter({ time }, again, { invitation })).toBe('In')
    one.drop()
    time.advanceBy(10_000)
    expect(memberOf(ben).state()).toBe('In')
    one.close()
    two.close()
  })

  it('[IV5] that two users show at once at two servers lets one of them in', () => {
    const { time, one, two } = twoServers()
    const ana = one.client({ as: 'ana' })
    created({ time }, ana, { inviteOnly: true })
    const invitation = invited({ time }, ana, { uses: 1 })
    const [ben, eve] = [one.client({ as: 'ben' }), two.client({ as: 'eve' })]
    const members = [memberOf(ben), memberOf(eve)]
    for (const each of [ben, eve]) void each.room('lobby', anything).join(admission({ invitation }))
    time.advanceBy(200)
    expect(members.map(({ state }) => state()).sort()).toEqual(['In', 'room/invitation'])
    one.close()
    two.close()
  })

  it('[IV6] needs the permission to admit or to moderate, a room that was created, and options that are valid', () => {
    const stage = lifeStage()
    const [ana, ben] = ['ana', 'ben'].map((as) => stage.server.client({ as })) as [Maker, Maker]
    created(stage, ana)
    const refused = [
      lifeOf(ben).invite(),
      lifeOf(ben).disinvite(),
      lifeOf(ana).invite({ uses: 0 }),
      lifeOf(ana).invite({ forMs: -1 }),
      lifeOf(ana).invite({ user: '' }),
    ].map((each) => see<unknown>(each))
    const app = see(stage.server.server().rooms.get('den').invite())
    stage.time.advanceBy(100)
    expect(refused.map((each) => left(each.only() as Result<unknown>).code)).toEqual([
      'room/forbidden',
      'room/forbidden',
      'config/invalid',
      'config/invalid',
      'config/invalid',
    ])
    expect(left(app.only()).code).toBe('room/not-found')
    stage.server.close()
  })

  it('[IV7] is made by the application too; all are made invalid at once, and outlive a restart otherwise', () => {
    const stage = lifeStage()
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
    created(stage, ana, { inviteOnly: true })
    const made = see(stage.server.server().rooms.get('lobby').invite({ user: 'ben' }))
    stage.time.advanceBy(100)
    const invitation = right(made.only())
    stage.server.restart()
    stage.time.advanceBy(10_000)
    expect(enter(stage, ben, { invitation })).toBe('In')
    const forEve = invited(stage, ana)
    see(lifeOf(ana).disinvite())
    stage.time.advanceBy(100)
    expect(enter(stage, eve, { invitation: forEve })).toBe('room/invitation invalid')
    expect(enter(stage, eve, { invitation: invited(stage, ana) })).toBe('In')
    stage.server.close()
  })

  it('[IV8] is a secret of the client: a server that repeats it is not repeated', () => {
    const stage = lifeStage({ hooks: { join: () => ({ refuse: {}, message: 'Not with rxi1.xyz, please.' }) } })
    const ben = stage.server.client({ as: 'ben' })
    const answer = see(ben.room('lobby', anything).join(admission({ invitation: 'rxi1.xyz' })))
    stage.time.advanceBy(100)
    expect(left(answer.only()).message).not.toContain('rxi1.xyz')
    stage.server.close()
  })
})
