import { of, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../../lib/contract/contract.js'
import type { RoomCrypto } from '../../lib/server/life/room-crypto.js'
import { plainCrypto } from '../../lib/testing/plain-crypto.js'
import { created, type LifeStage, lifeOf, lifeStage, memberOf } from '../support/life.js'
import { codeOf, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'
import { admission, type AdmissionOptions } from '../../lib/features/room-life/admission.js'

type Maker = ReturnType<LifeStage['server']['client']>

const enter = ({ time }: Pick<LifeStage, 'time'>, client: Maker, options: AdmissionOptions): string => {
  const answer = see(client.room('lobby', anything).join(admission(options)))
  time.advanceBy(100)
  return codeOf(answer.only()) || 'In'
}

const stageWith = (more: Partial<RoomCrypto>) => {
  const stage = lifeStage({ crypto: { ...plainCrypto, ...more } })
  const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => stage.server.client({ as })) as [Maker, Maker, Maker]
  created(stage, ana, { password: 'sesame' })
  return { ...stage, ana, ben, eve }
}

describe('the right passwords that a server remembers', () => {
  it('[PW8] are digests by a key of the process, which the cryptography of the server makes', () => {
    const signed: string[][] = []
    const stage = stageWith({
      sign: (...given) => {
        signed.push([...given])
        return of('one for all')
      },
    })
    expect(enter(stage, stage.ben, { password: 'wrong' })).toBe('room/password')
    expect(signed).toEqual([])
    expect(enter(stage, stage.ben, { password: 'sesame' })).toBe('In')
    // The digests are compared, and nothing else: here all are equal.
    expect(enter(stage, stage.eve, { password: 'other' })).toBe('In')
    expect(signed.map(([, text]) => text)).toEqual(['sesame', 'other'])
    expect(new Set(signed.map(([key]) => key)).size).toBe(1)
    stage.server.restart()
    stage.time.advanceBy(10_000)
    expect(new Set(signed.map(([key]) => key)).size).toBe(2)
    stage.server.close()
  })

  it('[PW8] a digest that cannot be made costs another hash, and is a fault', () => {
    let hashes = 0
    const stage = stageWith({
      sign: () => throwError(() => new Error('no sesame today')),
      verify: (...given) => {
        hashes++
        return plainCrypto.verify(...given)
      },
    })
    const faults = see(stage.server.server().faults$)
    expect(enter(stage, stage.ben, { password: 'sesame' })).toBe('In')
    expect(enter(stage, stage.eve, { password: 'sesame' })).toBe('In')
    expect(hashes).toBe(2)
    expect(JSON.stringify(faults.all)).toContain('crypto: no ')
    expect(JSON.stringify(faults.all)).not.toContain('sesame')
    stage.server.close()
  })
})

describe('a proof that the server did not accept', () => {
  it('[IV9] is not sent with the next join: the other one decides', () => {
    const stage = stageWith({})
    const { time, server, ana, ben, eve } = stage
    const wire = tap(server.network)
    const shown = (): unknown => {
      const { password, invitation } = wire.joins().at(-1)!.frame
      return { password, invitation }
    }
    expect(enter(stage, ben, { invitation: 'made up' })).toBe('room/invitation')
    expect(enter(stage, ben, { password: 'sesame' })).toBe('In')
    expect(shown()).toEqual({ password: 'sesame', invitation: undefined })
    const made = see(lifeOf(ana).invite())
    time.advanceBy(100)
    expect(enter(stage, eve, { password: 'wrong' })).toBe('room/password')
    expect(enter(stage, eve, { invitation: right(made.only()) })).toBe('In')
    expect(shown()).toEqual({ password: undefined, invitation: expect.any(String) as unknown })
    server.close()
  })

  it('[IV9] is not sent again on the next connection, where it would count as another try', () => {
    const stage = stageWith({})
    const member = memberOf(stage.ben)
    const wire = tap(stage.server.network)
    expect(enter(stage, stage.ben, { password: 'wrong' })).toBe('room/password')
    stage.server.drop()
    stage.time.advanceBy(10_000)
    expect(wire.joins().map(({ frame }) => frame.password)).toEqual(['wrong', undefined])
    expect(member.state()).toBe('room/password')
    expect(E.isRight(see(stage.ben.room('lobby', anything).leave()).only())).toBe(true)
    stage.server.close()
  })
})
