import { BehaviorSubject, of } from 'rxjs'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { memory as memoryEngine } from '../../lib/server/memory.js'
import { world } from '../../lib/testing/world.js'
import { data, Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'

describe('anew', () => {
  it('[CT18] a message that was refused for good is a new attempt when it is sent again, also after others', () => {
    let allowed = false
    const { client, time, end } = world({
      authenticate: () => of({ user: 'ana' }),
      authorize: () => of(allowed ? ['read', 'publish'] : ['read']),
    })
    const token$ = new BehaviorSubject('one')
    const room = client({ token: tokens(() => token$) }).room('lobby', Numbers)
    const heard = see(room.on('message'))
    const first = room.send('message', 1)
    const refused = see(first)
    time.advanceBy(1_000)
    expect(refused.only()).toMatchObject({ left: { code: 'delivery/forbidden', executed: 'no' } })
    allowed = true
    token$.next('two')
    time.advanceBy(1_000)
    const second = see(room.send('message', 2))
    time.advanceBy(1_000)
    const again = see(room.send('message', 1, { id: first.id }))
    time.advanceBy(1_000)
    expect([second.only(), again.only()].map(E.isRight)).toEqual([true, true])
    expect(data(heard.all)).toEqual([2, 1])
    expect(end()).toBe(0)
  })

  it('[RM8] what is live after the log was started anew is not called recovered', () => {
    const engine = memoryEngine()
    const { client, time, end } = world({ engine })
    const [ana, ben] = [client(), client()]
    for (let n = 1; n <= 5; n++) ben.room('lobby', Numbers).post('message', n)
    time.advanceBy(1_000)
    const heard = see(ana.room('lobby', Numbers).on('message'))
    time.advanceBy(1_000)
    engine.forget('lobby')
    for (let n = 1; n <= 3; n++) ben.room('lobby', Numbers).post('message', n)
    time.advanceBy(1_000)
    const live = heard.all.filter(E.isRight).map(({ right }) => right.recovered)
    expect(live).toEqual([false, false, false])
    expect(end()).toBe(0)
  })

  it('[RM4] a slow link with many rooms is waited for as long as answers come', () => {
    const { client, network, time, end } = world()
    const ana = client({ deadlines: { joinMs: 1_000 } })
    see(ana.connect())
    time.advanceBy(100)
    const answers = Array.from({ length: 8 }, (_, at) => {
      network.latency(1, 600 + at * 600)
      const answer = see(ana.room(`room-${at}`, Numbers).on('message'))
      time.advanceBy(1)
      return answer
    })
    time.advanceBy(20_000)
    expect(answers.flatMap(({ all }) => all)).toEqual([])
    expect(end()).toBe(0)
  })
})
