import { type Entry, type Happening, told } from '../../examples/demo/page/timeline.js'
import { connectionError } from '../../lib/core/error.js'
import { gap } from '../../lib/core/position.js'
import type { ConnectionState } from '../../lib/index.js'

const online: ConnectionState = { _tag: 'Online', attempt: 0, generation: 1, quality: 'good' }
const silent: ConnectionState = { ...online, quality: 'degraded' }
const because = connectionError({ code: 'connection/closed', message: 'Closed.', remedy: '', kind: 'retry' })
const waiting: ConnectionState = { _tag: 'Waiting', attempt: 1, generation: 1, until: 0, because }
const connecting: ConnectionState = { _tag: 'Connecting', attempt: 1, generation: 2, rejections: 0 }

const state = (of: ConnectionState): Happening => ({ _tag: 'State', state: of })
const act = (words: string): Happening => ({ _tag: 'Act', words })

/** The timeline after these, one each second. */
const after = (...happenings: readonly Happening[]): readonly Entry[] =>
  happenings.reduce<readonly Entry[]>((entries, each, nth) => told(entries, each, nth * 1_000), [])
const outage = [state(waiting), state(connecting), state(online)] as const

describe('the timeline of the demo', () => {
  it('[DM23] tells an outage as one entry, with who did it, its cause, and what came of it', () => {
    const caughtUp: Happening = { _tag: 'CaughtUp', count: 3, rooms: 2 }
    expect(after(state(connecting), state(online), act('You cut it'), ...outage, caughtUp)).toMatchObject([
      {
        title: 'Offline',
        by: 'You cut it',
        detail: 'Closed.',
        code: 'connection/closed',
        tries: 1,
        times: 1,
        totalMs: 2_000,
        caughtUp: 3,
        isOpen: false,
      },
      { title: 'Connected', times: 0 },
    ])
  })

  it('[DM23] makes one entry of outages of one kind that follow each other', () => {
    const restart = [act('You restarted the server'), ...outage]
    const again = Array.from({ length: 40 }, () => restart).flat()
    expect(after(state(online), ...again)).toMatchObject([
      { title: 'Offline', by: 'You restarted the server', times: 40, totalMs: 80_000, tries: 40 },
      { title: 'Connected' },
    ])
    expect(after(state(online), ...restart, ...outage, act('You cut it'), ...outage)).toMatchObject([
      { by: 'You cut it', times: 1 },
      { by: '', times: 1 },
      { by: 'You restarted the server', times: 1 },
      { title: 'Connected' },
    ])
  })

  it('[DM23] tells silence that ends in a loss as that loss, and silence that ends well as silence', () => {
    expect(after(state(online), state(silent), ...outage)).toMatchObject([
      { title: 'Offline', code: 'connection/closed', totalMs: 3_000 },
      {},
    ])
    expect(after(state(online), state(silent), state(online))).toMatchObject([{ title: 'No sign of life' }, {}])
  })

  it('[DM23] tells gaps that come together as one entry, and keeps the newest twenty entries', () => {
    const holes = ['lobby', 'load'].map((room) =>
      gap(room, { epoch: 'a', offset: 1 }, { epoch: 'b', offset: 0 }, 'epoch'),
    )
    const gaps: Happening = { _tag: 'Gaps', gaps: holes }
    expect(after(state(online), ...outage, gaps)[0]).toMatchObject({ title: '2 gaps: one each in lobby, load' })
    const varied = Array.from({ length: 30 }, (_, nth) => [act(`Act ${nth}`), ...outage]).flat()
    const entries = after(state(online), ...varied)
    expect(entries).toHaveLength(20)
    expect(entries[0]).toMatchObject({ by: 'Act 29' })
  })
})
