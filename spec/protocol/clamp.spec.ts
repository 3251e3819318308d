import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { clamp } from '../../lib/protocol/clamp.js'
import type { Kind } from '../../lib/protocol/kind.js'
import { readServer, serverTable } from '../../lib/protocol/server-frames.js'
import { welcome } from '../support/stage.js'

describe('the numbers of a server', () => {
  it('[CN20] are taken within the bounds of the table, wherever they stand in a frame', () => {
    const most = Number.MAX_SAFE_INTEGER
    const wild = welcome({
      tokenExpiresInMs: most,
      heartbeat: { intervalMs: 0, graceMs: most },
      limits: { ...welcome().limits, messageBytes: 0, joinsPerFrame: 0, unseenBytes: 0, history: most, rooms: most },
    })
    expect(taken(wild)).toMatchObject({
      t: 'welcome',
      user: 'ana',
      roles: [],
      tokenExpiresInMs: 365 * 24 * 3_600_000,
      heartbeat: { intervalMs: 100, graceMs: 3_600_000 },
      limits: { messageBytes: 1, joinsPerFrame: 1, unseenBytes: 1_024, history: 65_536, rooms: 2 ** 31 - 1 },
    })
    const bye = { t: 'bye', because: 'x', reconnect: { afterMs: most, spreadMs: most }, drainMs: most }
    expect(taken(bye)).toEqual({ ...bye, reconnect: { afterMs: 3_600_000, spreadMs: 3_600_000 }, drainMs: 3_600_000 })
    expect(taken({ ...bye, reconnect: 'never' })).toHaveProperty('reconnect', 'never')
    expect(taken(welcome())).toEqual(welcome())
  })

  it('[CN20] [P1] whatever they are: within the bounds', () => {
    const numbers = fc.double({ noNaN: true })
    fc.assert(
      fc.property(numbers, numbers, numbers, (value, one, other) => {
        const range = [Math.min(one, other), Math.max(one, other)] as const
        const clamped = clamp(value, range)
        expect(clamped).toBeGreaterThanOrEqual(range[0])
        expect(clamped).toBeLessThanOrEqual(range[1])
      }),
    )
  })

  it('[CN20] have the bounds that docs/protocol.md names', () => {
    const rows = readFileSync('docs/protocol.md', 'utf8').matchAll(/^\| (`[\w`, ]+`) \| ([\d\s]+) \| ([\d\s]+) \|$/gm)
    const number = (text = ''): number => Number(text.replace(/\s/g, ''))
    const said = [...rows].flatMap(([, fields = '', least, most]) =>
      fields.split(', ').map((field) => [field.replaceAll('`', ''), [number(least), number(most)]] as const),
    )
    const { objects } = serverTable()
    const reconnect = objects.bye.reconnect as (value: object) => Readonly<Record<string, unknown>>
    const found = boundsOf({
      ...objects,
      afterMs: (ms: unknown) => reconnect({ afterMs: ms, spreadMs: 0 })['afterMs'],
      spreadMs: (ms: unknown) => reconnect({ afterMs: 0, spreadMs: ms })['spreadMs'],
    })
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(said))
    for (const [name, range] of found) expect([name, range]).toEqual(said.find(([field]) => field === name))
  })
})

interface Row {
  readonly [name: string]: Kind | Row
}

/** The bounds of the numbers in a table, by name. */
const boundsOf = (table: Row): readonly (readonly [name: string, range: readonly unknown[]])[] =>
  Object.entries(table).flatMap(([field, part]) => {
    if (typeof part !== 'function') return boundsOf(part)
    const [least, most] = [part(0), part(Number.MAX_SAFE_INTEGER)]
    const isBounded = typeof most === 'number' && most < Number.MAX_SAFE_INTEGER
    return isBounded ? [[field.replace('?', ''), [least, most]] as const] : []
  })

const taken = (frame: unknown): unknown => {
  const read = readServer(frame)
  return read._tag === 'Frame' ? read.frame : read
}
