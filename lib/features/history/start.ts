import { type Checks, count, given, invalid, oneOf } from '../../core/check.js'
import type { ConfigError } from '../../core/error.js'
import type { Position } from '../../core/position.js'
import type { Start } from '../../client/strategy.js'
import type { From } from '../../protocol/frame.js'
import { start as startKind } from '../../protocol/kind.js'
import { faultOf } from '../../protocol/read.js'
import { followers } from './followers.js'
import { steps } from './steps.js'

/** Options of a start. All are optional. */
export interface StartOptions {
  /**
   * The most messages that are offered and not yet committed by `commit` of the feature `commits`. At the limit the
   * subscription receives nothing; it reads the missed messages from the room's log as soon as commits make room, so
   * memory stays bounded even with a slow subscriber. Default: no limit. Not with a policy.
   */
  readonly window?: number | undefined
}

/** Options of `stored`. */
export interface StoredOptions extends StartOptions {
  /**
   * The commit mode. `'auto'` (default): a message counts as consumed once it was offered. `'manual'`: once
   * `room.commit(position)` covers it; the next subscription receives the uncommitted messages again, marked as
   * `redelivered`. A `window` needs manual commit.
   */
  readonly commit?: 'auto' | 'manual' | undefined
}

const startChecks: Checks<keyof StartOptions> = { window: count }
const storedChecks: Checks<keyof StoredOptions> = { ...startChecks, commit: /*#__PURE__*/ oneOf('auto', 'manual') }

const start = (_tag: string, from: From | undefined, options: StartOptions | undefined): Start => {
  const { fault, options: known } = given(options, startChecks)
  const { window = Infinity } = known
  return Object.freeze({
    _tag,
    fault: fault ?? startFault(from),
    isCommitted: window < Infinity,
    begin: ((parts, to) => {
      // From here on, so that it has every post that a commit may come with.
      parts.get(steps)
      parts.get(followers).follow(to, { stored: undefined, from, window })
    }) satisfies Start['begin'],
    goOn: (position: Position) => after(position, options),
  })
}

const startFault = (from: From | undefined): ConfigError | undefined => {
  const fault = from === undefined ? undefined : faultOf('from', from, startKind)
  return fault === undefined ? undefined : invalid('from', 'from', { fault })
}

/** Starts with the next message, as without `from`, but with a window. */
export const live = (options?: StartOptions): Start => start('Live', undefined, options)

/** Starts with so many earlier messages of the room, of any event, as far as the server has them. */
export const last = (count: number, options?: StartOptions): Start => start('Last', { last: count }, options)

/** Starts after a position; messages that the server no longer has are a gap. */
export const after = (position: Position, options?: StartOptions): Start => start('After', position, options)

/** Starts with the oldest message that the server has. */
export const beginning = (options?: StartOptions): Start =>
  start('Beginning', { last: Number.MAX_SAFE_INTEGER }, options)

/**
 * Starts after the position that this client's store holds for the room, which such subscriptions move forward, from
 * one run of the client to the next; messages that an earlier run may have offered are marked `redelivered`. Without a
 * stored position for the room: with the next message. Needs the options `store` and `identity`; without them positions
 * end with the client, which is reported as a fault.
 */
export const stored = (options?: StoredOptions): Start => {
  const { fault, options: known } = given(options, storedChecks)
  const { commit = 'auto', window = Infinity } = known
  const stored: Start = Object.freeze({
    _tag: 'Stored',
    fault: fault ?? (commit === 'auto' && window < Infinity ? withoutCommits : undefined),
    isCommitted: commit === 'manual',
    begin: ((parts, to) => {
      // From here on, so that it has every post that a commit may come with.
      parts.get(steps)
      parts.get(followers).follow(to, { stored: commit, from: undefined, window })
    }) satisfies Start['begin'],
    // The position is stored.
    goOn: () => stored,
  })
  return stored
}

const withoutCommits = /*#__PURE__*/ invalid('window', 'window')
