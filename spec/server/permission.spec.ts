import { of } from 'rxjs'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'

describe('a room that is forbidden', () => {
  it('[SV100] is asked about again with the next join, on the same link', () => {
    let allowed = false
    const { client, time, end } = world({ authorize: () => of(allowed ? ['read', 'publish'] : []) })
    const room = client().room('lobby', Numbers)
    const refused = see(room.join())
    time.advanceBy(1_000)
    allowed = true
    const granted = see(room.join())
    time.advanceBy(1_000)
    expect([refused.only(), granted.only()].map(E.isRight)).toEqual([false, true])
    expect(end()).toBe(0)
  })
})

describe('a session', () => {
  it('[SS6] is nobody’s any more once its user has signed out', () => {
    const { client, time, end } = world({ authenticate: ({ token = '' }) => of({ user: token }) })
    const person = client({ token: tokens(() => of('ana', null)) })
    const sessions = see(person.session$)
    person.connect()
    time.advanceBy(1_000)
    expect(sessions.last()).toEqual({ _tag: 'None' })
    expect(end()).toBe(0)
  })
})
