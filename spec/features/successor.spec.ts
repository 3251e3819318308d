import type { Input } from '../../lib/connection/model.js'
import { explore } from '../../lib/testing/model/explore.js'
import { at, failure, inWords } from '../support/connection.js'
import { online, plan, step, successorModel, superseded } from '../support/successor.js'

const move: Input = { _tag: 'Move', generation: 3, to: '*', afterMs: 100, spreadMs: 100 }
const planned = step(online, move, at())[0]
const connecting = step(planned, { _tag: 'Elapsed' }, at(200))[0]
const handshaking = step(connecting, { _tag: 'Opened', generation: 4 }, at())[0]
const alone = step(handshaking, { _tag: 'Lost', generation: 3, because: superseded }, at())[0]
const of = (input: Input, from = handshaking): string => inWords(from, step(from, input, at()))
const lost = (generation: number): Input => ({ _tag: 'Lost', generation, because: failure() })

describe('the table of the successor', () => {
  it('[EP17] has exactly these steps', () => {
    expect(planned).toMatchObject({
      _tag: 'Online',
      generation: 3,
      successor: { _tag: 'Planned', until: 150, to: '*' },
    })
    expect(connecting).toMatchObject({ generation: 3, successor: { _tag: 'Connecting', generation: 4, at: 1 } })
    expect(of({ _tag: 'Opened', generation: 4 }, connecting)).toBe('Online: Greet 4')
    expect(of({ _tag: 'Welcomed', generation: 4 })).toBe('Online')
    expect([of(lost(4), connecting), of(lost(4))]).toEqual(['Online: Down 4', 'Online: Down 4'])
    expect([of(lost(3), connecting), of(lost(3))]).toEqual(['Connecting: Down 3', 'Handshaking: Down 3'])
    expect(of(lost(4), alone)).toBe('Waiting: Down 4, Down 3, Release')
  })

  it('[EP20] the token is rejected by the refusal of a successor, with a present link and without', () => {
    const rejected: Input = { _tag: 'Lost', generation: 4, because: failure('reauth') }
    expect([of(rejected), of(rejected, alone)]).toEqual([
      'Online: Down 4, Reject',
      'Waiting: Down 4, Down 3, Reject, Release',
    ])
    expect(step(handshaking, rejected, at())[0]).toMatchObject({
      endpoint: { health: [{ failures: 0 }, { failures: 0 }] },
    })
  })

  it('[EP17] the welcome of the successor makes it the connection', () => {
    const [after] = step(handshaking, { _tag: 'Welcomed', generation: 4 }, at())
    expect(after).toMatchObject({ _tag: 'Online', generation: 4, endpoint: { at: 1, url: 'ws://b' } })
    // It plans to return to the first, which has no failure.
    expect(after).toMatchObject({ successor: { _tag: 'Planned', generation: 4, until: 5_000 + plan.returnMs / 2 } })
  })

  it('[EP17] no number is used twice, whichever attempt fails', () => {
    const [failed] = step(handshaking, lost(4), at())
    expect(failed).toMatchObject({ generation: 3, successor: { _tag: 'Planned', generation: 4, tries: 1 } })
    expect(step(failed, { _tag: 'Elapsed' }, at(60_000))[0]).toMatchObject({ successor: { generation: 5 } })
  })

  it('[EP17] another number changes nothing', () => {
    for (const generation of [0, 2, 5])
      for (const tag of ['Opened', 'Welcomed'] as const) expect(of({ _tag: tag, generation })).toBe('–')
    expect(of(lost(5))).toBe('–')
  })

  it('[EP17] each phase has a way out', () => {
    const { places, violations, isComplete } = explore(successorModel())
    expect([...places].sort()).toEqual([
      'Alone',
      'Connecting',
      'FirstConnecting',
      'FirstHandshaking',
      'FirstWaiting',
      'Handshaking',
      'Moved',
      'None',
      'Planned',
    ])
    expect([violations, isComplete]).toEqual([[], true])
  })
})
