import type { RoomMaker } from '../../protocol/room-info.js'
import type { Refusal } from '../../protocol/frame.js'
import { refusal } from '../refusal.js'
import type { Row } from '../tables/model.js'

/** A kick refuses joins for a while, a ban joins and publishes, a mute publishes. */
export type SanctionKind = 'kick' | 'ban' | 'mute'

/** A measure against a user in a room. */
export interface Sanction {
  /** Its end on the server's wall clock, in ms. Absent: it stays until it is lifted. */
  readonly until?: number
  readonly because?: string
  readonly by: RoomMaker
  readonly at: number
}

const kinds: ReadonlySet<string> = new Set<SanctionKind>(['kick', 'ban', 'mute'])

/** The key of a sanction's row. */
export const keyOfSanction = (kind: SanctionKind, user: string): string => `${kind}\n${user}`

/** Returns the user of a sanction's key; `undefined` for the key of another row. */
export const userOfSanction = (key: string): string | undefined => {
  const end = key.indexOf('\n')
  return end > 0 && kinds.has(key.slice(0, end)) ? key.slice(end + 1) : undefined
}

export const sanctionIn = ({ value }: Pick<Row, 'value'>): Sanction => JSON.parse(value) as Sanction

const codes = { kick: 'room/kicked', ban: 'room/banned', mute: 'room/muted' } as const
const ends = { kick: 'notBefore', ban: 'until', mute: 'until' } as const

/** Builds the refusal that tells a user of a sanction. */
export const refusalOfSanction = (kind: SanctionKind, { until, because }: Sanction): Refusal =>
  refusal(codes[kind], {
    data: { ...(until !== undefined && { [ends[kind]]: until }), ...(because !== undefined && { because }) },
  })
