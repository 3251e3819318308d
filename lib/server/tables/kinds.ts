import type { RowFrame } from '../../protocol/frame.js'
import { QUEUE, SEATS } from '../../protocol/room-info.js'
import type { Settings } from '../options.js'
import type { Row } from './model.js'

/** A kind of table that clients may view. */
export interface TableKind {
  readonly of: string
  /** The viewers of some of its rows get the number of all. */
  readonly isCounted: boolean
  /** Its viewers get the counts and no row. */
  readonly isSecret?: true
  /** Its rows need leases of servers. */
  readonly isLeased: boolean
  /** Above so many rows, a view of all rows gets their number alone. */
  readonly mostRows: number
  /** The bytes per second that the changes of one table may take, to all of its viewers together. */
  readonly bytesPerSecond: number
  /** Returns the name of a row. Default: that of a key with a session at its end. */
  readonly nameOf?: (key: string) => string
  /** Builds the row of a frame; `wall` is the present time. */
  readonly frame: (row: Row, wall: number) => RowFrame
}

/** The name of a row: of a member its user, of any other row its key. */
export const nameOf = (key: string): string => {
  const end = key.lastIndexOf('\n')
  return end < 0 ? key : key.slice(0, end)
}

/** The key of a member's row. */
export const keyOfMember = ({ user, session }: { readonly user: string; readonly session: string }): string =>
  `${user}\n${session}`

/** The value of a member's row: its state, and the time at which it is expected to leave. */
export type MemberValue = readonly [state: unknown, leavingAt?: number]

/** Builds the value of a member's row; `state` is JSON text. */
export const memberValue = (state: string, leavingAt?: number): string =>
  leavingAt === undefined ? `[${state}]` : `[${state},${leavingAt}]`

export const rowFrame = ({ key, version, value }: Row): RowFrame => [key, version, JSON.parse(value) as unknown]

const memberFrame = ({ key, since, value }: Row, wall: number): RowFrame => {
  const [state, leavingAt] = JSON.parse(value) as MemberValue
  return leavingAt === undefined ? [key, since, state] : [key, since, state, Math.max(0, Math.ceil(leavingAt - wall))]
}

/** Returns the kinds of tables of a server, by name. */
export const tableKinds = ({
  presence: { rosterMax, bytesPerSecond },
}: Pick<Settings, 'presence'>): ReadonlyMap<string, TableKind> =>
  new Map(
    [
      { of: 'shared', isCounted: false, isLeased: false, mostRows: Infinity, bytesPerSecond, frame: rowFrame },
      { of: 'leader', isCounted: false, isLeased: true, mostRows: Infinity, bytesPerSecond, frame: rowFrame },
      ...[SEATS, QUEUE].map((of) => ({
        of,
        isCounted: true,
        isSecret: true as const,
        isLeased: true,
        mostRows: Infinity,
        bytesPerSecond,
        frame: rowFrame,
      })),
      { of: 'members', isCounted: true, isLeased: true, mostRows: rosterMax, bytesPerSecond, frame: memberFrame },
    ].map((kind) => [kind.of, kind]),
  )
