import { anything } from '../../lib/contract/contract.js'
import type { Observable } from 'rxjs'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { survivors } from '../support/collect.js'
import { codeOf, type Seen, see } from '../support/seen.js'

describe('what is pending', () => {
  it('[P19] thirty thousand sends with random fates all settle once, and leave nothing', () => {
    const draw = seeded(19)
    const { client, network, time, restart, timers, end } = world({
      between: (engine, scheduler) =>
        unreliable(engine, { scheduler, random: draw, delayMs: 20, failEvery: 400, loseAnswers: 400 }),
      authorize: ({ room }) => [room === 'room 0' ? ['read'] : ['read', 'publish']],
      limits: { messageBytes: 5_000 },
      memory: { messages: 50 },
    })
    const ana = client({ settleMs: 0, outbox: { entries: 4_000, ageMs: 20_000, ackMs: 2_000 } })
    const rooms = Array.from({ length: 20 }, (_, index) => ana.room(`room ${index}`, anything))
    const large = 'x'.repeat(6_000)
    const fates = new Map<string, number>()
    let told = 0
    let twice = 0
    const count = (fate: string): void => void fates.set(fate, (fates.get(fate) ?? 0) + 1)
    const send = (index: number): void => {
      const room = rooms[index % rooms.length]!
      const value = draw() < 0.01 ? 10n : draw() < 0.01 ? large : index
      const options = draw() < 0.05 ? { withinMs: 50 } : undefined
      let answers = 0
      const sent = draw() < 0.2 ? room.post('message', value) : room.send('message', value, options)
      const subscription = sent.subscribe((result) => {
        if (answers++ > 0) twice++
        told++
        count(codeOf(result))
      })
      // Some are given up: before they were written, or after.
      if (draw() < 0.05) {
        subscription.unsubscribe()
        if (answers === 0) {
          told++
          count('given up')
        }
      }
    }
    const total = 30_000
    for (let index = 0; index < total; index++) {
      send(index)
      if (index % 200 === 0) time.advanceBy(40)
      if (index % 3_000 === 0) network.cut()
      if (index % 10_000 === 9_000) restart()
    }
    time.advanceBy(120_000)
    expect([told, twice]).toEqual([total, 0])
    expect([...fates.keys()].sort()).toEqual([
      '',
      'decode/unsendable',
      'delivery/forbidden',
      'delivery/full',
      'delivery/timeout',
      'delivery/too-large',
      'given up',
    ])
    expect(fates.get('')).toBeGreaterThan(total / 4)
    // Nothing is left to wait for: a close that waits for all has nothing to wait for, and no timer is held.
    ana.disconnect()
    time.advanceBy(0)
    const closed = see(ana.close({ drainMs: 60_000 }))
    time.advanceBy(0)
    expect([closed.only()._tag, timers()]).toEqual(['Right', 0])
    expect(end()).toBe(0)
  }, 60_000)

  it('[P19] what nobody waits for any more is forgotten while the rest waits on: joins, sends, subscriptions', async () => {
    const { client, network, time, end } = world()
    network.refuse(true)
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const told: Seen<unknown>[] = []
    const forgotten: WeakRef<object>[] = []
    const ask = (stream: Observable<unknown>, isKept: boolean): void => {
      if (isKept) told.push(see(stream))
      else {
        const observer = { next: () => undefined }
        stream.subscribe(observer).unsubscribe()
        forgotten.push(new WeakRef(observer))
      }
    }
    for (let attempt = 0; attempt < 300; attempt++) {
      for (const stream of [room.join(), room.send('message', 1), room.membership$, room.on('message')]) {
        ask(stream, attempt % 10 === 0)
      }
    }
    time.advanceBy(1_000)
    expect(await survivors(forgotten)).toBe(0)
    network.refuse(false)
    time.advanceBy(30_000)
    expect(told.filter(({ all }) => all.length === 0)).toEqual([])
    expect(end()).toBe(0)
  })

  it('[P19] what is under way when the link goes is settled, not left to a timeout of nobody', () => {
    const { client, network, time, end } = world()
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const joined = see(room.join())
    time.advanceBy(100)
    network.freeze()
    const sent = see(room.send('message', 1, { withinMs: 5_000 }))
    const other = see(ana.room('other', Numbers).join())
    time.advanceBy(100)
    network.cut()
    network.refuse(true)
    time.advanceBy(15_000)
    expect([joined, sent, other].map((answer) => codeOf(answer.only()))).toEqual([
      '',
      'delivery/timeout',
      'room/timeout',
    ])
    network.thaw()
    expect(end()).toBe(0)
  })
})
