import { BehaviorSubject, of } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import { world } from '../../lib/testing/world.js'
import { data, Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'

describe('another user on the same client', () => {
  it('[CT17] inherits no message: what was waiting ends with Left, says whether it may have arrived, and is not sent', () => {
    const { client, network, time, end } = world({ authenticate: ({ token = '' }) => of({ user: token }) })
    const token$ = new BehaviorSubject<string | null>('ana')
    const person = client({ token: tokens(() => token$) })
    const witness = client({ token: tokens(() => 'eve') })
    const heard = see(witness.room('lobby', Numbers).on('message'))
    const room = person.room('lobby', Numbers)
    const first = see(room.send('message', 1))
    time.advanceBy(1_000)
    expect(first.only()._tag).toBe('Right')

    network.blackhole(true)
    const written = see(room.post('message', 2))
    time.advanceBy(10)
    network.cut()
    network.refuse(true)
    const waiting = see(room.post('message', 3))
    const lost = see(person.undelivered$)
    time.advanceBy(10)
    token$.next('ben')
    network.blackhole(false)
    network.refuse(false)
    time.advanceBy(60_000)

    expect(written.only()).toMatchObject({ left: { code: 'delivery/disowned', executed: 'unknown' } })
    expect(waiting.only()).toMatchObject({ left: { code: 'delivery/disowned', executed: 'no' } })
    expect(lost.all).toHaveLength(2)
    const own = see(room.send('message', 4))
    time.advanceBy(1_000)
    expect(own.only()._tag).toBe('Right')
    expect(data(heard.all)).toEqual([1, 4])
    expect(end()).toBe(0)
  })
})
