import { BehaviorSubject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import { metrics } from '../../lib/features/observe/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see, tags } from '../support/seen.js'
import { admits, joined, stage } from '../support/stage.js'

describe('membership$', () => {
  it('[RM3] goes Out, Joining, In, Recovering, In, Out, and holds nothing itself', () => {
    const { client, network, time, end } = world()
    const ana = client()
    const room = ana.room('lobby', Chat)
    const membership = see(room.membership$)
    time.advanceBy(10_000)
    const messages = see(room.on('message'))
    time.advanceBy(100)
    network.cut()
    time.advanceBy(2_000)
    messages.stop()
    time.advanceBy(500)
    expect(tags(membership)).toEqual(['Out', 'Joining', 'In', 'Recovering', 'In', 'Out'])
    expect(membership.all[2]).toEqual({ _tag: 'In', info: {}, permissions: ['read', 'publish', 'history'] })
    expect(end()).toBe(0)
  })

  it('[RM3] replays the present state to who comes late, and shows what the server says anew', () => {
    const { client, actor, network, time } = stage((frame, to) => {
      const permissions = to.number === 1 ? (['read'] as const) : (['read', 'publish'] as const)
      if ('t' in frame && frame.t === 'hello') {
        admits({ ...frame, rooms: [] }, to)
        for (const join of frame.rooms) to.say(joined(join, { permissions, info: { topic: to.number } }))
      }
    })
    const ana = client()
    const room = ana.room('lobby', Chat)
    see(room.on('message'))
    time.advanceBy(100)
    const membership = see(room.membership$)
    expect(membership.all).toEqual([{ _tag: 'In', info: { topic: 1 }, permissions: ['read'] }])
    network.cut()
    time.advanceBy(2_000)
    expect(actor().number).toBe(2)
    expect(membership.last()).toEqual({ _tag: 'In', info: { topic: 2 }, permissions: ['read', 'publish'] })
    ana.close()
  })

  it('[RM3] is Joining while there is no connection, and Recovering once it was in', () => {
    const { client, network, time, end } = world()
    network.refuse(true)
    const ana = client()
    const room = ana.room('lobby', Chat)
    const membership = see(room.membership$)
    see(room.on('message'))
    time.advanceBy(60_000)
    expect(tags(membership)).toEqual(['Out', 'Joining'])
    network.refuse(false)
    time.advanceBy(40_000)
    network.refuse(true)
    network.cut()
    time.advanceBy(60_000)
    ana.disconnect()
    time.advanceBy(10)
    expect(tags(membership)).toEqual(['Out', 'Joining', 'In', 'Recovering'])
    expect(end()).toBe(0)
  })

  it('[RM3] of a held room says Refused, with why, while the client is stopped, and when it is closed', () => {
    let isAllowed = true
    const { client, network, time, end } = world({ authenticate: () => [isAllowed ? { user: 'ana' } : null] })
    const ana = client({ token: tokens(({ ask }) => `token ${ask}`) })
    const room = ana.room('lobby', Chat)
    const [held, free] = [see(room.membership$), see(ana.room('other', Chat).membership$)]
    see(room.on('message'))
    time.advanceBy(100)
    isAllowed = false
    network.cut()
    time.advanceBy(60_000)
    expect(held.last()).toMatchObject({ _tag: 'Refused', error: { code: 'auth/rejected' } })
    expect(free.last()._tag).toBe('Out')
    isAllowed = true
    ana.connect()
    time.advanceBy(100)
    expect(held.last()._tag).toBe('In')
    ana.close()
    time.advanceBy(0)
    for (const seen of [held, free, see(room.membership$)]) {
      expect(seen.last()).toMatchObject({ _tag: 'Refused', error: { code: 'connection/client-closed' } })
      expect(seen.isComplete()).toBe(true)
    }
    expect(end()).toBe(0)
  })

  it('[RM16] shows permissions that a renewal on the live link has changed', () => {
    const { client, time, end } = world({
      authenticate: ({ token = '' }) => [{ user: 'ana', roles: [token] }],
      authorize: ({ roles }) => [roles.includes('writer') ? ['read', 'publish'] : ['read']],
    })
    const token = new BehaviorSubject('reader')
    const ana = client({ token: tokens(token) })
    const room = ana.room('lobby', Chat)
    const membership = see(room.membership$)
    see(room.on('message'))
    time.advanceBy(100)
    for (const role of ['writer', 'writer again', 'reader']) {
      token.next(role)
      time.advanceBy(100)
    }
    expect(tags(membership)).toEqual(['Out', 'Joining', 'In', 'In', 'In'])
    expect(membership.all.slice(2).map((each) => each._tag === 'In' && each.permissions)).toEqual([
      ['read'],
      ['read', 'publish'],
      ['read'],
    ])
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ connections: 1, unknownFrames: 0 })
    expect(end()).toBe(0)
  })

  it('[RM3] of a room that lingers is not In once its link is gone', () => {
    const { client, network, time, end } = world()
    const ana = client({ lingerMs: 5_000 })
    const room = ana.room('lobby', Chat)
    const membership = see(room.membership$)
    see(ana.room('other', Chat).on('message'))
    const messages = see(room.on('message'))
    time.advanceBy(100)
    messages.stop()
    time.advanceBy(10)
    network.refuse(true)
    network.cut()
    time.advanceBy(10)
    expect(membership.last()._tag).toBe('Out')
    const again = see(room.on('message'))
    network.refuse(false)
    time.advanceBy(4_000)
    expect(membership.last()._tag).toBe('In')
    expect(again.all).toEqual([])
    expect(end()).toBe(0)
  })
})
