import { clockOf } from '../../../lib/node/files/clock.js'
import { type Decided, takeBack } from '../../../lib/node/files/record.js'
import { ledger } from '../../../lib/server/ledger.js'
import { boundsOf, surroundingsOf } from '../../../lib/server/retention.js'
import { virtualTime } from '../../../lib/testing/virtual.js'
import { entry, word } from '../../server/support/engine.js'

describe('records', () => {
  it('[EN3] a lane stays past what it has decided, in whatever order that is taken back', () => {
    const given = surroundingsOf({ scheduler: virtualTime(), wall: () => 0 })
    const rooms = ledger(boundsOf({}), given)
    const room = rooms.open('r')
    const decided = [1, 5, 3, 7, 2].map((seq, index): Decided => {
      const { user, producer, id, event, from, data } = entry(seq)
      return [user, producer, seq, 0, index + 1, id, event, from, data]
    })
    rooms.change(room, () => {
      takeBack(room, 'E', decided, clockOf(given))
    })
    const says = (seq: number): string => word(rooms.decide(room, entry(seq, { retry: true })).outcome)
    expect([1, 2, 3, 5, 6, 7, 8].map(says)).toEqual([
      'again 1',
      'delivery/forgotten',
      'delivery/forgotten',
      'again 2',
      'delivery/forgotten',
      'again 4',
      '6',
    ])
  })
})
