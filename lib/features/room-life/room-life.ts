import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { heldStream } from '../../client/held-stream.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import type { AnyContract } from '../../contract/contract.js'
import { type Checks, optionFault, whole } from '../../core/check.js'
import { frozen } from '../../core/frozen.js'
import type { Result, ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import { isFields } from '../../protocol/field.js'
import * as bounds from '../../protocol/bounds.js'
import { patchChecks, reason, userCheck, userChecks } from '../../protocol/room-checks.js'
import { CLOSING, INFO, INVITES, ROOM, type RoomDetails, type RoomPatch } from '../../protocol/room-info.js'
import { tables, type TableWatcher } from '../../tables/tables.js'
import { watcherTo } from '../../tables/watcher.js'
import { noteSecret, order } from './order.js'

interface OrderOptions extends WaitOptions {
  /** Time to wait for the answer, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** Options of `close`. All are optional. */
export interface CloseOptions extends OrderOptions {
  /** The time until the end, in milliseconds. Default 0. */
  readonly inMs?: number | undefined
  /** The words for the members, at most 256 bytes. */
  readonly because?: string | undefined
}

/** Options of `kick`, `ban` and `mute`. All are optional. */
export interface SanctionOptions extends OrderOptions {
  /** How long it holds, in milliseconds. Default: of a kick a minute, of a ban and a mute until it is lifted. */
  readonly forMs?: number | undefined
  /** The words for the user, at most 256 bytes. */
  readonly because?: string | undefined
}

/**
 * The members that the feature `roomLife` adds to a room. All orders need the permission `moderate` and no join, act at
 * the call, and wait offline, up to `withinMs`. `Left` if the server refuses, or if the connection was lost before the
 * answer (`room/unanswered`): then the order may have been executed, and a repeat does no harm.
 */
export interface RoomLife {
  /**
   * The record of the room: the known one at once, then each change; `undefined` for a room that nobody has created.
   * Emits first when the server has sent it. Holds the room while subscribed; keeps the last record while offline.
   * Completes when the client closes. Never errors.
   */
  readonly info$: ResultStream<RoomDetails | undefined>
  /** Changes properties of the room; `null` removes one that has no default. */
  readonly update: (patch: RoomPatch, options?: OrderOptions) => ResultStream<void>
  /** Closes the room: its members hear `room/closed`, and nobody joins it or publishes in it for a day. */
  readonly close: (options?: CloseOptions) => ResultStream<void>
  /** Removes a user, who may join again after `forMs`. A user who is away hears of it on the way back. */
  readonly kick: (user: string, options?: SanctionOptions) => ResultStream<void>
  /** Removes a user, who neither joins nor publishes for `forMs`, or until `unban`. */
  readonly ban: (user: string, options?: SanctionOptions) => ResultStream<void>
  readonly unban: (user: string, options?: OrderOptions) => ResultStream<void>
  /** Takes the permission to publish from a user for `forMs`, or until `unmute`. The user still reads. */
  readonly mute: (user: string, options?: SanctionOptions) => ResultStream<void>
  readonly unmute: (user: string, options?: OrderOptions) => ResultStream<void>
  /**
   * Makes an invitation: a text that lets its holder into a room with a password, or one that is `inviteOnly`, by
   * `join(admission({ invitation }))`. Needs the permission `admit` or `moderate`.
   */
  readonly invite: (options?: InviteOptions) => ResultStream<string>
  /** Makes all invitations to the room invalid. Who is in the room stays until the next join. */
  readonly disinvite: (options?: OrderOptions) => ResultStream<void>
}

/** Options of `invite`. All are optional. */
export interface InviteOptions extends OrderOptions {
  /** The only user that it lets in. Default: any. */
  readonly user?: string | undefined
  /** The most users that it lets in, at most 100; each user counts once. Default: no limit. */
  readonly uses?: number | undefined
  /** How long it holds, in milliseconds. Default: until the room closes. */
  readonly forMs?: number | undefined
}

const inviteChecks: Checks<keyof InviteOptions> = {
  ...waitChecks,
  user: userCheck,
  uses: /*#__PURE__*/ whole(1, bounds.invitationUses),
  forMs: /*#__PURE__*/ whole(1),
}
const whole0 = /*#__PURE__*/ whole(0)
const closeChecks: Checks<keyof CloseOptions> = { ...waitChecks, inMs: whole0, because: reason }
const sanctionChecks: Checks<keyof SanctionOptions> = { ...waitChecks, forMs: whole0, because: reason }

/** Adds the record of a room and the orders of its moderators. */
export const roomLife = (room: Pick<Room<AnyContract>, 'name' | 'membership$'>): RoomLife => {
  const at = portOf(room)
  const { parts, name, fault } = at
  const done = (): undefined => undefined
  const given = ({
    inMs,
    forMs,
    because,
  }: Pick<CloseOptions, 'inMs' | 'because'> & Pick<SanctionOptions, 'forMs'>) => ({
    ...(inMs !== undefined && { inMs }),
    ...(forMs !== undefined && { forMs }),
    ...(because !== undefined && { because }),
  })
  const punish =
    (of: string) =>
    (user: string, options?: SanctionOptions | null): ResultStream<void> =>
      order<undefined, SanctionOptions>({
        parts,
        room: name,
        fault: fault ?? optionFault({ user }, userChecks),
        options,
        checks: sanctionChecks,
        write: (checked) => ({ room: name, of, key: user, value: given(checked) }),
        done,
      })
  const pardon =
    (of: string) =>
    (user: string, options?: OrderOptions | null): ResultStream<void> =>
      order<undefined, OrderOptions>({
        parts,
        room: name,
        fault: fault ?? optionFault({ user }, userChecks),
        options,
        checks: waitChecks,
        write: () => ({ room: name, of, key: user }),
        done,
      })
  return {
    info$: watch(at),
    update: (patch, options) =>
      order<undefined, OrderOptions>({
        parts,
        room: name,
        fault: fault ?? optionFault(patch, patchChecks),
        options,
        checks: waitChecks,
        write: () => {
          noteSecret(parts, 'password', patch.password)
          return { room: name, of: ROOM, key: INFO, value: { ...patch } }
        },
        done,
      }),
    close: (options) =>
      order<undefined, CloseOptions>({
        parts,
        room: name,
        fault,
        options,
        checks: closeChecks,
        write: (checked) => ({ room: name, of: ROOM, key: CLOSING, value: given(checked) }),
        done,
      }),
    kick: punish('kicks'),
    ban: punish('bans'),
    unban: pardon('bans'),
    mute: punish('mutes'),
    unmute: pardon('mutes'),
    invite: (options) =>
      order<string, InviteOptions>({
        parts,
        room: name,
        fault,
        options,
        checks: inviteChecks,
        write: ({ user, uses, forMs }) => ({
          room: name,
          of: INVITES,
          key: INFO,
          value: { ...(user !== undefined && { user }), ...(uses !== undefined && { uses }), ...given({ forMs }) },
        }),
        done: (value) => {
          noteSecret(parts, 'invitation', value)
          return String(value)
        },
      }),
    disinvite: (options) =>
      order<undefined, OrderOptions>({
        parts,
        room: name,
        fault,
        options,
        checks: waitChecks,
        write: () => ({ room: name, of: INVITES, key: INFO }),
        done,
      }),
  }
}

/** The record while subscribed, which holds the room. */
const watch = (at: RoomPort): ResultStream<RoomDetails | undefined> => {
  const { kernel, get } = at.parts
  return heldStream(at, (room, to) => {
    const all = get(tables)
    const watcher = recordTo(to, kernel.turns.publish)
    all.watch(room, ROOM, watcher)
    return () => {
      all.unwatch(room, ROOM, watcher)
    }
  })
}

/** Emits each record once. */
const recordTo = (
  to: Subscriber<Result<RoomDetails | undefined>>,
  publish: (task: () => void) => void,
): TableWatcher => {
  let told: unknown
  let hasTold = false
  return watcherTo(to, publish, ({ at, rows }) => {
    const row = rows.get(INFO)
    if (!at || (hasTold && told === row)) return []
    told = row
    hasTold = true
    return [E.right(isFields(row?.value) ? (frozen(row.value) as unknown as RoomDetails) : undefined)]
  })
}
