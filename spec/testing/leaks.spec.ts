import { interval, NEVER } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import { metrics } from '../../lib/features/observe/index.js'
import { clients } from '../../lib/testing/clients.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { promises } from '../../lib/testing/promises.js'
import { rooms } from '../../lib/testing/rooms.js'
import type { RunHelpers } from '../../lib/testing/run-helpers.js'
import { transcript } from '../../lib/testing/transcript.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { wiretap } from '../../lib/testing/wiretap.js'
import { Chat } from '../support/chat.js'

/** What a run says is left. */
const leftBy = (work: (helpers: RunHelpers) => unknown): readonly string[] => {
  try {
    rooms.run(work)
  } catch (thrown) {
    const [head, ...list] = (thrown as Error).message.split('\n\n')[0]!.split('\n')
    expect(head).toMatch(/^left at \d+ ms:$/)
    return list
  }
  return []
}

describe('at its end a run', () => {
  it('[TE7] finds nothing where everything was closed, whatever it was used for', () => {
    expect(
      leftBy(({ client, server, at, cold, hot }) => {
        const ana = client({ as: 'ana', token: tokens(() => cold('5ms a 1h b')), hints$: hot('-') as never })
        ana.with(metrics).metrics$.subscribe()
        ana.room('lobby', Chat).on('message').subscribe()
        ana.room('lobby', Chat).send('message', { text: 'x' }).subscribe()
        server.member('ben').join('lobby').say('message', { text: 'y' })
        at(100, () => server.freeze())
        at(200, () => client().connect())
      }),
    ).toEqual([])
  })

  it('[TE7] nothing is left right after close(), at the same moment', () => {
    const time = virtualTime()
    const server = fakeServer(time)
    const [ana, ben] = [server.client(), server.client()]
    for (const client of [ana, ben]) client.room('lobby', Chat).on('message').subscribe()
    time.advanceBy(100)
    ana.close({ drainMs: 0 })
    expect(server.leaks()).toEqual([])
    ben.room('lobby', Chat).send('message', { text: 'x' })
    server.close()
    ben.room('lobby', Chat).leave()
    expect(server.leaks()).toEqual([])
  })

  it('[TE7] finds a timer', () => {
    expect(leftBy(({ time }) => interval(1_000, time).subscribe())).toEqual([
      '- 1 timer that neither a client nor the server has set',
    ])
    expect(leftBy(() => [interval(1_000).subscribe(), interval(1_000).subscribe()])).toEqual([
      '- 2 timers that neither a client nor the server has set',
    ])
  })

  it('[TE7] finds a subscription to marbles', () => {
    expect(
      leftBy(({ cold, hot, at }) => {
        const live = hot('-a')
        at(5, () => live.subscribe())
        cold('--b').subscribe()
        cold('--(c|)').subscribe()
      }),
    ).toEqual(["- hot('-a') is subscribed to since 5 ms", "- cold('--b') is subscribed to since 0 ms"])
  })

  it('[TE7] finds a socket that a transport was asked for by hand', () => {
    const hand = (): unknown =>
      rooms.with({ untilMs: 100 }).run(({ server }) => {
        server.transport({ url: 'ws://fake', protocols: [], maxMessageBytes: 1_000 }).subscribe()
      })
    expect(hand).toThrow('left at 100 ms:\n- 1 socket of server.transport')
  })

  it('[TE7] finds what a client that is closed still holds, also before the end', () => {
    const time = virtualTime()
    const said = transcript(time)
    const parts = { scheduler: time, promises: promises(time), transcript: said }
    const made = clients({ ...parts, wiretap: { ...wiretap(time, said), sockets: () => 2 } })
    const ana = made.make('client', { url: 'ws://nowhere', transport: () => NEVER })
    ana.connect()
    expect(made.leaks()).toEqual([])
    ana.close()
    time.advanceBy(0)
    expect(made.leaks()).toEqual(['client is closed and holds 2 sockets'])
    rooms.run((helpers) => {
      const ben = helpers.client({ token: tokens(() => NEVER) })
      ben.connect()
      helpers.time.advanceBy(10)
      helpers.expectNoLeaks()
      ben.close()
      helpers.expectNoLeaks()
    })
  })

  it('[TE7] does not look where it is told not to', () => {
    rooms.with({ checkLeaks: false }).run(() => {
      interval(1_000).subscribe()
    })
  })
})
