import type { ConnectionState } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'

/** The state of a pool, composed of those of its members. */
export interface PoolState {
  /**
   * The worst state of the members, from the worst on: `Closed`, `Stopped`, `Suspended`, `Waiting`, `Authorizing`,
   * `Connecting`, `Handshaking`, `Online`, `Idle`. A member that nobody needs yet is `Idle`, which is no trouble.
   */
  readonly _tag: ConnectionState['_tag']
  /** The error of the worst member, where it has one. */
  readonly because?: WebSocketError
  /** The number of members that the pool is to have. During a resize it may have more. */
  readonly size: number
  /** The number of members that are online. */
  readonly online: number
  /** The state of each member, by its number. */
  readonly members: readonly ConnectionState[]
}

const order: Readonly<Record<ConnectionState['_tag'], number>> = {
  Closed: 0,
  Stopped: 1,
  Suspended: 2,
  Waiting: 3,
  Authorizing: 4,
  Connecting: 5,
  Handshaking: 6,
  Online: 7,
  Idle: 8,
}

export const poolState = (states: readonly ConnectionState[], size: number): PoolState => {
  const [worst] = [...states].sort((a, b) => order[a._tag] - order[b._tag])
  const because = worst && 'because' in worst && typeof worst.because === 'object' ? worst.because : undefined
  return {
    _tag: worst?._tag ?? 'Closed',
    ...(because && { because }),
    size,
    online: states.filter(({ _tag }) => _tag === 'Online').length,
    members: states,
  }
}

/** True for two states of the same size with the same states of members. */
export const isSameState = (a: PoolState, b: PoolState): boolean =>
  a.size === b.size && a.members.length === b.members.length && a.members.every((each, at) => each === b.members[at])
