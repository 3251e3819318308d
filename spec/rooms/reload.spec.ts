import { tokens } from '../../lib/kernel/tokens.js'
import { stored } from '../../lib/features/history/start.js'
import { memoryStore } from '../../lib/stores/index.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { lives } from '../support/lives.js'
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

  it('[HI10] marks what a killed run was offered, also after a run that was closed before it had a connection', () => {
    const { life, server, time, end } = lives()
    const consume = (of: ReturnType<typeof life>) => see(of.room.on('message', { from: stored() }))
    const said = (seen: ReturnType<typeof consume>): readonly string[] =>
      seen.all.map((each) => `${right(each).data.text}${right(each).redelivered ? '!' : ''}`)
    const post = (text: string): void => {
      server().publish('lobby', 'message', { text })
      time.advanceBy(10)
    }
    const first = life()
    const seen = consume(first)
    time.advanceBy(3_000)
    post('one')
    time.advanceBy(3_000)
    post('two')
    expect(said(seen)).toEqual(['one', 'two'])
    first.kill()
    const second = life()
    second.unplug()
    consume(second)
    second.client.close()
    time.advanceBy(3_000)
    const third = life()
    const again = consume(third)
    time.advanceBy(3_000)
    expect(said(again)).toEqual(['two!'])
    third.client.close()
    expect(end()).toBe(0)
  })
})
