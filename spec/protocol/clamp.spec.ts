import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { clamp, ranges } from '../../lib/protocol/clamp.js'
import { welcome } from '../support/stage.js'

describe('the numbers of a server', () => {
  it('[CN20] are taken within the bounds of the table, wherever they stand in a frame', () => {
    const most = Number.MAX_SAFE_INTEGER
    const wild = welcome({
      tokenExpiresInMs: most,
      heartbeat: { intervalMs: 0, graceMs: most },
      limits: { ...welcome().limits, messageBytes: 0, joinsPerFrame: 0, unseenBytes: 0, history: most, rooms: most },
    })
    expect(clamp(wild)).toMatchObject({
      t: 'welcome',
      user: 'ana',
      roles: [],
      tokenExpiresInMs: 365 * 24 * 3_600_000,
      heartbeat: { intervalMs: 100, graceMs: 3_600_000 },
      limits: { messageBytes: 1, joinsPerFrame: 1, unseenBytes: 1_024, history: 65_536, rooms: 2 ** 31 - 1 },
    })
    const bye = { t: 'bye', because: 'x', reconnect: { afterMs: most, spreadMs: most }, drainMs: most }
    expect(clamp(bye)).toEqual({ ...bye, reconnect: { afterMs: 3_600_000, spreadMs: 3_600_000 }, drainMs: 3_600_000 })
    expect(clamp({ ...bye, reconnect: 'never' }).reconnect).toBe('never')
    expect(clamp(welcome())).toEqual(welcome())
  })

  it('[CN20] [P1] whatever they are: within the bounds', () => {
    const names = fc.constantFrom(...(Object.keys(ranges) as (keyof typeof ranges)[]))
    fc.assert(
      fc.property(names, fc.double({ noNaN: true }), (name, value) => {
        const clamped = clamp({ [name]: value })[name] ?? NaN
        expect(clamped).toBeGreaterThanOrEqual(ranges[name][0])
        expect(clamped).toBeLessThanOrEqual(ranges[name][1])
      }),
    )
  })

  it('[CN20] have the bounds that docs/protocol.md names', () => {
    const rows = readFileSync('docs/protocol.md', 'utf8').matchAll(/^\| (`[\w`, ]+`) \| ([\d\s]+) \| ([\d\s]+) \|$/gm)
    const number = (text = ''): number => Number(text.replace(/\s/g, ''))
    const said = [...rows].flatMap(([, fields = '', least, most]) =>
      fields.split(', ').map((field) => [field.replaceAll('`', ''), [number(least), number(most)]]),
    )
    expect(Object.fromEntries(said)).toEqual(ranges)
  })
})
