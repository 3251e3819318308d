import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { clamp } from '../../lib/protocol/clamp.js'
import { count, type Kind } from '../../lib/protocol/kind.js'
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
    const found = Object.values<Kind>(serverTable().objects).flatMap(boundsOf)
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(said))
    for (const [name, range] of found) expect([name, range]).toEqual(said.find(([field]) => field === name))
  })
})

/** The bounds of the numbers of a frame, by name. */
const boundsOf = ({ fields, by }: Kind): readonly (readonly [name: string, range: unknown])[] => [
  ...fields.flatMap(({ name, kind }) => {
    const isBounded = kind.expected === count.expected && kind.known !== undefined
    return isBounded ? [[name, [kind.known(0), kind.known(Number.MAX_SAFE_INTEGER)]] as const] : boundsOf(kind)
  }),
  ...(by ? boundsOf(by({})) : []),
]

const taken = (frame: unknown): unknown => {
  const read = readServer(frame)
  return read._tag === 'Frame' ? read.frame : read
}
