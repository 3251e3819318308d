import * as t from 'io-ts'
import { anything, contract } from '../../lib/contract/contract.js'
import { signals } from '../../lib/features/signals/index.js'
import { world } from '../../lib/testing/world.js'
import { codeOf, left, see } from '../support/seen.js'

const Sensors = contract({ events: { reading: t.strict({ celsius: t.number }) } })

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])

describe('what JSON cannot represent', () => {
  it('[CO13] is refused on every way out, with its path, and no reader hears of it', () => {
    const { client, server, time, end } = world()
    const [ana, ben] = [client(), client()]
    const [roof, heard] = [ana.room('roof', Sensors).with(signals), see(ben.room('roof', anything).messages())]
    const signalled = see(ben.room('roof', anything).with(signals).signals('reading'))
    see(roof.join())
    time.advanceBy(100)
    const told = [
      left(see(roof.send('reading', { celsius: NaN })).only()),
      left(see(roof.post('reading', { celsius: Infinity })).only()),
      left(see(roof.signal('reading', { celsius: NaN })).only()),
    ]
    expect(told).toMatchObject(
      told.map(() => ({ code: 'decode/unsendable', kind: 'terminal', event: 'reading', path: 'celsius' })),
    )
    expect(told[0]).toMatchObject({ expected: 'a finite number', actual: 'NaN' })
    for (const data of [
      { list: [undefined] },
      {
        at: {
          toJSON: () => deep(65),
        },
      },
    ]) {
      expect(codeOf(see(ana.room('roof', anything).send('open', data)).only())).toBe('decode/unsendable')
      expect(left(see(server().publish('roof', 'open', data)).only())).toMatchObject({
        code: 'delivery/invalid',
        kind: 'terminal',
        executed: 'no',
      })
    }
    time.advanceBy(1_000)
    expect([heard.all, signalled.all]).toEqual([[], []])
    expect(end()).toBe(0)
  })
})
