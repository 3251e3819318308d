import fc from 'fast-check'
import { Observable } from 'rxjs'
import type { Result } from '../../lib/core/result.js'
import type { Transport } from '../../lib/core/ports.js'
import { world } from '../../lib/testing/world.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { last } from '../../lib/features/history/index.js'
import { Numbers } from '../support/chat.js'
import { type Seen, see, tags } from '../support/seen.js'

const steps: Readonly<Record<string, string>> = {
  Idle: 'Idle Authorizing Closed',
  Authorizing: 'Connecting Waiting Stopped Idle Closed',
  Connecting: 'Handshaking Authorizing Waiting Stopped Idle Closed',
  Handshaking: 'Online Authorizing Waiting Stopped Idle Closed',
  Online: 'Online Authorizing Waiting Stopped Idle Closed',
  Waiting: 'Authorizing Idle Closed',
  Stopped: 'Authorizing Connecting Idle Closed',
  Closed: '',
}

/** What is done from inside callbacks, by number; one list is one run. */
const script = fc.record({
  commands: fc.array(fc.nat({ max: 99 }), { maxLength: 60 }),
  cuts: fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 6 }),
  throws: fc.boolean(),
})

describe('calls from inside callbacks', () => {
  it('[P13] [T2] [T19] whatever is called from any callback: one order for all, at most one socket, everything settles', () => {
    fc.assert(
      fc.property(script, ({ commands, cuts, throws }) => {
        const { client, network, time, end } = world()
        let live = 0
        let mostLive = 0
        const transport: Transport = (request) =>
          new Observable((to) => {
            mostLive = Math.max(mostLive, ++live)
            const subscription = network.transport(request).subscribe(to)
            return () => {
              live--
              subscription.unsubscribe()
            }
          })
        const ana = client({ transport, lingerMs: 50 })
        const ben = client()
        const rooms = ['a', 'b'].map((name) => ana.room(name, Numbers))
        const answers: Seen<Result<unknown>>[] = []
        const extra: Seen<unknown>[] = []
        const ask = (answer: Observable<Result<unknown>>): unknown => answers.push(see(answer))
        const [a, b] = rooms as [(typeof rooms)[0], (typeof rooms)[0]]
        const repertoire: readonly (() => unknown)[] = [
          () => ask(ana.connect()),
          () => ask(ana.disconnect()),
          () => ask(a.join()),
          () => ask(b.leave()),
          () => ask(a.leave()),
          () => ask(b.join()),
          () => ask(a.send('message', 1)),
          () => ask(b.post('message', 2)),
          () => {
            const sent = see(b.send('message', 3))
            sent.stop()
          },
          () => extra.push(see(a.on('message'))),
          () => extra.push(see(b.messages({ from: last(2) }))),
          () => extra.pop()?.stop(),
          () => extra.push(see(a.membership$), see(ana.state$)),
          () => extra.push(see(manyRooms(ana, ['a', 'c'], Numbers).on('message'))),
          () => network.cut(),
          () => extra.shift()?.stop(),
        ]
        let at = 0
        let isArmed = false
        const act = (): void => {
          if (!isArmed) return
          const command = commands[at++]
          if (command === undefined) return
          // Rarely the end of everything.
          if (command === 99) ask(ana.close())
          else repertoire[command % repertoire.length]?.()
          if (throws && command % 7 === 0) throw new Error('a subscriber')
        }
        /** Before and after one that acts. */
        const trio = <T>(stream: Observable<T>): readonly [Seen<T>, Seen<T>] => {
          const first = see(stream)
          stream.subscribe({ next: act, complete: act })
          return [first, see(stream)]
        }
        const faults = see(ana.faults$)
        const states = trio(ana.state$)
        const sessions = trio(ana.session$)
        const trios: readonly (readonly [Seen<unknown>, Seen<unknown>])[] = [
          states,
          sessions,
          trio(a.membership$),
          trio(b.membership$),
          trio(a.on('message')),
          trio(b.messages()),
          trio(manyRooms(ana, ['b', 'c'], Numbers).on('message')),
          trio(ana.undelivered$),
          trio(ana.connect()),
          trio(a.send('message', 0)),
        ]
        isArmed = true
        for (const ms of cuts) time.schedule(() => network.cut(), ms)
        for (let tick = 0; tick < 30; tick++) {
          for (const name of ['a', 'b', 'c']) ben.room(name, Numbers).post('message', tick)
          time.advanceBy(100)
        }
        ana.close()
        time.advanceBy(0)

        for (const [before, after] of trios) {
          expect(after.all).toEqual(before.all)
          expect([before.isComplete(), after.isComplete()]).toEqual([true, true])
        }
        const path = tags(states[0])
        path.slice(1).forEach((tag, index) => {
          expect(`${path[index]!} to ${steps[path[index]!]!}`).toContain(` ${tag}`)
        })
        for (const answer of answers) expect(['Left', 'Right']).toContain(answer.only()._tag)
        for (const seen of extra) expect(seen.isComplete()).toBe(true)
        expect(tags(faults).filter((tag) => tag !== 'SubscriberThrew')).toEqual([])
        expect([mostLive <= 1, live, end()]).toEqual([true, 0, 0])
      }),
      { numRuns: 30, seed: 13 },
    )
  })
})
