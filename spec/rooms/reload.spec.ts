import { tokens } from '../../lib/kernel/tokens.js'
import { stored } from '../../lib/features/history/start.js'
import { memoryStore } from '../../lib/stores/index.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { right, see } from '../support/seen.js'

describe('a room that is consumed from where this client was, over its lives', () => {
  it('[HI10] goes on after what was stored, also where nothing was ever sent; what came after a clean end is not marked', () => {
    const { client, server, time, end } = world({ authenticate: () => [{ user: 'ana' }] })
    const store = memoryStore()
    const post = (value: number): void => {
      server().publish('lobby', 'message', value)
      time.advanceBy(10)
    }
    const live = () => {
      const ana = client({ store, identity: 'ana', token: tokens(() => 'ana') })
      const seen = see(ana.room('lobby', Numbers).on('message', { from: stored() }))
      time.advanceBy(3_000)
      const die = (): void => {
        ana.close()
        time.advanceBy(1_000)
      }
      return {
        seen,
        die,
        said: () => seen.all.map((each) => `${right(each).data}${right(each).redelivered ? '!' : ''}`),
      }
    }
    post(1)
    const first = live()
    expect(first.said()).toEqual([])
    first.die()
    post(2)
    const second = live()
    expect(second.said()).toEqual(['2'])
    post(3)
    expect(second.said()).toEqual(['2', '3'])
    time.advanceBy(2_000)
    second.die()
    post(4)
    const third = live()
    expect(third.said()).toEqual(['4'])
    third.die()
    expect(end()).toBe(0)
  })
})
