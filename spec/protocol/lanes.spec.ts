import * as E from '#fp/Either'
import { type Pub, RETRY, SAME } from '../../lib/protocol/frame.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admits, stage, welcome } from '../support/stage.js'
import { pub } from '../server/support/peer.js'
import { brief, rig } from './rig.js'

describe('lanes that the server does not know', () => {
  it('[PR60] [PR61] take no publish that follows another', () => {
    const { guest, time } = rig({ limits: { publishesPerSecond: 2 } })
    const peer = guest()
    peer.send(pub(1, 'other', 1), pub(2, 'other', 2), pub(3, 'a', 1))
    time.advanceBy(600)
    peer.send(pub(4, 'a', 2, { after: 1 }))
    expect(brief(peer.news())).toEqual(['refused 3 delivery/rate', 'a E1 0 1 1 0 2 2 0', 'refused 4 delivery/order'])
    time.advanceBy(1_000)
    peer.send(pub(5, 'a', 1), pub(6, 'a', 2, { after: 1 }))
    expect(brief(peer.news())).toEqual(['a E1 0 5 1 1600 6 2 1600'])
  })

  it('[PR59] a first message that was lost on its way is sent again, and executed', () => {
    const { client, network, time } = world()
    const ana = client()
    see(ana.connect())
    time.advanceBy(100)
    network.blackhole(true)
    const result = see(ana.room('a', Numbers).post('message', 1))
    time.advanceBy(10)
    network.cut()
    network.blackhole(false)
    time.advanceBy(10_000)
    expect(E.isRight(result.only())).toBe(true)
  })

  it.each([
    [undefined, undefined, [0, RETRY]],
    ['k1', 'k1', [0, RETRY | SAME]],
    ['k1', 'k2', [0, RETRY]],
    ['k1', undefined, [0, RETRY]],
  ] as const)('the retry flag: %s, then %s', (before, after, flags) => {
    const { client, network, time, actors } = stage((frame, actor) => {
      if ('t' in frame && frame.t === 'hello') {
        const lanes = actor.number === 1 ? before : after
        actor.say(welcome(lanes === undefined ? {} : { lanes }))
      } else admits(frame, actor)
    })
    const ana = client()
    see(ana.room('a', Numbers).post('message', 1))
    time.advanceBy(100)
    network.cut()
    time.advanceBy(5_000)
    const pubs = actors.flatMap(({ heard }) => heard().filter((frame): frame is Pub => !('t' in frame)))
    expect(pubs.map((frame) => frame[9])).toEqual(flags)
    ana.close()
    time.run()
  })
})
