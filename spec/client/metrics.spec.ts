import { world } from '../../lib/testing/world.js'
import { metrics } from '../../lib/features/observe/index.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admits, msg, stage } from '../support/stage.js'

describe('metrics$', () => {
  it('[CT11] is told at once, then each second in which anything changed, and holds no timer without a listener', () => {
    const { client, time, timers, end } = world()
    const [ana, ben] = [client(), client()]
    const counted = see(ana.with(metrics).metrics$)
    time.advanceBy(5_000)
    expect(counted.all).toHaveLength(1)
    const room = ana.room('lobby', Chat)
    const messages = see(room.on('message'))
    time.advanceBy(1_000)
    expect(counted.all).toHaveLength(2)
    for (let ms = 0; ms < 1_000; ms += 10) {
      ben.room('lobby', Chat).post('message', { text: 'x' })
      time.advanceBy(10)
    }
    expect(messages.all).toHaveLength(100)
    expect(counted.all.length).toBeLessThanOrEqual(4)
    counted.stop()
    messages.stop()
    ana.disconnect()
    ben.disconnect()
    time.advanceBy(60_000)
    expect(timers()).toBe(0)
    expect(end()).toBe(0)
  })

  it('[CT11] counts what happened, with a count for each way to lose something', () => {
    const { client, network, time, restart, end } = world()
    const ana = client()
    const counted = see(ana.with(metrics).metrics$)
    const room = ana.room('lobby', Chat)
    see(room.on('message'))
    see(room.send('message', { text: 'a' }))
    time.advanceBy(100)
    see(room.send('message', { text: 7 } as never))
    network.refuse(true)
    network.cut()
    time.advanceBy(100)
    see(room.send('message', { text: 'b' }, { withinMs: 100 }))
    const aborter = new AbortController()
    room.send('message', { text: 'c' }, { signal: aborter.signal })
    aborter.abort()
    time.advanceBy(5_000)
    network.refuse(false)
    restart({ engine: 'new' })
    time.advanceBy(40_000)
    expect(counted.last()).toMatchObject({
      messagesIn: 1,
      gaps: 1,
      sent: 3,
      acknowledged: 1,
      undelivered: 2,
      withdrawn: 1,
      connections: 2,
      losses: 1,
      faults: 0,
    })
    expect(end()).toBe(0)
  })

  it('[CT11] counts frames that were dropped, with their cause', () => {
    const { client, actor, time } = stage(admits)
    const ana = client()
    const counted = see(ana.with(metrics).metrics$)
    const messages = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    const [{ ch } = { ch: 0 }] = actor().joins()
    const text = { text: 'x' }
    actor().say(msg(ch, 1, text), msg(ch, 1, text), msg(ch + 7, 2, text))
    actor().raw('["nonsense')
    actor().raw('{"t":"of a later version"}')
    time.advanceBy(2_000)
    expect(messages.all).toHaveLength(1)
    expect(counted.last()).toMatchObject({
      messagesIn: 1,
      duplicates: 1,
      stale: 1,
      malformedFrames: 1,
      unknownFrames: 1,
      faults: 2,
    })
    ana.close()
  })
})
