import { metrics } from '../../lib/features/observe/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admits, greets, stage } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, each) => all + each, 0)

describe('metrics$ by cause', () => {
  it('[HE15] counts each loss by its cause, and so reconnects; the sum is that of the losses', () => {
    const { client, network, time, actor } = stage()
    const ana = client()
    const counted = see(ana.with(metrics).metrics$)
    const again = () => {
      ana.connect()
      time.advanceBy(60_000)
    }
    again()
    network.cut(1006)
    again()
    network.cut(1006)
    again()
    network.freeze()
    time.advanceBy(60_000)
    network.thaw()
    again()
    ana.disconnect()
    again()
    actor().close(4401)
    time.advanceBy(60_000)
    again()
    actor().say({ t: 'refused', code: 'auth/expired', message: '', kind: 'reauth' })
    time.advanceBy(60_000)
    again()
    actor().say({ t: 'bye', because: '', drainMs: 1_000, reconnect: 'never' })
    time.advanceBy(5_000)
    again()
    ana.close()
    const { lossCauses, losses, connections, failureCauses } = counted.last()
    expect(lossCauses).toEqual({
      'connection/closed 1006': 2,
      'auth/rejected': 1,
      'connection/silent': 1,
      'auth/expired': 1,
      disconnect: 1,
      dismissed: 1,
      close: 1,
    })
    expect([sum(lossCauses), connections]).toEqual([losses, losses])
    expect(failureCauses).toMatchObject({ 'auth/no-token': 2 })
    expect(counted.isComplete()).toBe(true)
  })

  it('[HE16] counts attempts that failed before the welcome by their cause', () => {
    const { client, network, time } = stage((frame, actor) => {
      if ('t' in frame && frame.t === 'hello' && actor.number < 3)
        actor.say({ t: 'refused', code: 'server/busy', message: '', kind: 'retry' })
      else greets(frame, actor)
    })
    const ana = client()
    const counted = see(ana.with(metrics).metrics$)
    network.refuse(true)
    ana.connect()
    time.advanceBy(10)
    network.refuse(false)
    time.advanceBy(60_000)
    const { failureCauses, lossCauses, connections } = counted.last()
    expect([failureCauses, lossCauses, connections]).toEqual([{ 'connection/closed 1006': 1, 'server/busy': 2 }, {}, 1])
    ana.close()
  })

  it('[HE17] counts refusals of the server, and ends of memberships, by code', () => {
    const { client, time, actor } = stage((frame, on) => {
      if ('t' in frame && frame.t === 'join' && frame.room === 'closed')
        on.say({ t: 'left', ch: frame.ch, code: 'room/forbidden', message: '', kind: 'terminal' })
      else admits(frame, on)
    })
    const ana = client()
    const counted = see(ana.with(metrics).metrics$)
    ana.room('lobby', Chat).join()
    time.advanceBy(100)
    ana.room('closed', Chat).join()
    time.advanceBy(100)
    const [{ ch } = { ch: 0 }] = actor().heard().flatMap(joinsOf)
    actor().say({ t: 'left', ch, code: 'room/kicked', message: '', kind: 'terminal' })
    time.advanceBy(2_000)
    expect(counted.last().refusalCauses).toEqual({ 'room/forbidden': 1, 'room/kicked': 1 })
    ana.close()
  })

  it('[HE18] counts undelivered messages by the code of their error; the sum is theirs', () => {
    const { client, network, time, end } = world({
      authorize: ({ room }) => [room === 'readonly' ? ['read'] : ['read', 'publish']],
    })
    const ana = client()
    const counted = see(ana.with(metrics).metrics$)
    const room = ana.room('lobby', Chat)
    see(room.send('message', { text: 7 } as never))
    see(ana.room('readonly', Chat).send('message', { text: 'x' }))
    time.advanceBy(1_000)
    see(room.send('message', { text: 'a' }, { id: 'same' }))
    see(room.send('message', { text: 'b' }, { id: 'same' }))
    time.advanceBy(1_000)
    network.refuse(true)
    network.cut()
    time.advanceBy(10)
    room.post('message', { text: 'later' })
    ana.close({ drainMs: 0 })
    time.advanceBy(10)
    const { undeliveredCauses, undelivered } = counted.last()
    expect(undeliveredCauses).toEqual({
      'decode/unsendable': 1,
      'delivery/forbidden': 1,
      'delivery/id-reused': 1,
      'delivery/closed': 1,
    })
    expect(sum(undeliveredCauses)).toBe(undelivered)
    expect(end()).toBe(0)
  })

  it('[HE19] a token that a server repeats is in no cause, and causes that it makes up are bounded', () => {
    const { client, time, actor } = stage()
    const ana = client({ url: 'ws://stage?key=secret-of-ana' })
    const counted = see(ana.with(metrics).metrics$)
    ana.connect()
    time.advanceBy(100)
    const refuse = (code: string) => {
      actor().say({ t: 'refused', ref: 9_999, code, message: '', kind: 'retry' })
    }
    refuse('room/secret-of-ana')
    for (let n = 0; n < 500; n++) refuse(`room/${n}`)
    refuse('x'.repeat(10_000))
    time.advanceBy(2_000)
    const { refusalCauses } = counted.last()
    const names = Object.keys(refusalCauses)
    expect(names.join()).not.toContain('secret')
    expect([names.length, sum(refusalCauses), Math.max(...names.map(({ length }) => length)) <= 64]).toEqual([
      129,
      502,
      true,
    ])
    ana.close()
  })
})
