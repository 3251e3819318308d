import { Observable, Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Hint } from '../../lib/core/ports.js'
import { world } from '../../lib/testing/world.js'
import { metrics } from '../../lib/features/observe/index.js'
import { data, Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'

describe('handlers', () => {
  it('[P14] after fifty reconnects a message is one callback, and nothing has multiplied', () => {
    const { client, network, time, timers, end } = world()
    const hints$ = new Subject<Hint>()
    const token$ = new Subject<string>()
    const live = { sockets: 0, tokens: 0, hints: 0 }
    const counted = <T>(what: keyof typeof live, source: Observable<T>): Observable<T> =>
      new Observable((to) => {
        live[what]++
        const subscription = source.subscribe(to)
        return () => {
          live[what]--
          subscription.unsubscribe()
        }
      })
    const ana = client({
      settleMs: 0,
      hints$: counted('hints', hints$),
      transport: (request) => counted('sockets', network.transport(request)),
      token: tokens(() =>
        counted(
          'tokens',
          new Observable<string>((to) => {
            to.next('token')
            return token$.subscribe(to)
          }),
        ),
      ),
    })
    const ben = client()
    const room = ana.room('lobby', Numbers)
    const [heard, events] = [see(room.on('message')), see(room.messages())]
    let calls = 0
    room.on('message').subscribe(() => calls++)
    time.advanceBy(1_000)
    const before = { ...live }
    for (let reconnect = 1; reconnect <= 50; reconnect++) {
      network.cut()
      time.advanceBy(5_000)
      ben.room('lobby', Numbers).post('message', reconnect)
      time.advanceBy(1_000)
      expect([calls, heard.all.length, events.all.length]).toEqual([reconnect, reconnect, reconnect])
    }
    expect(data(heard.all)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    // One alarm for all deadlines of a client.
    expect([live, timers()]).toEqual([before, 2])
    expect(before).toEqual({ sockets: 1, tokens: 1, hints: 1 })
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ connections: 51, messagesIn: 50, duplicates: 0 })
    ana.close()
    ben.close()
    time.advanceBy(0)
    expect(live).toEqual({ sockets: 0, tokens: 0, hints: 0 })
    expect(end()).toBe(0)
  })
})
