import * as E from '#fp/Either'
import { of } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Checks, optionFault } from '../../core/check.js'
import type { ConfigError } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import type { ResultStream } from '../../core/result.js'
import type { WaitOptions } from '../../core/wait.js'
import type { Refusal } from '../../protocol/frame.js'
import { patchChecks } from '../../protocol/room-checks.js'
import type { RoomDetails, RoomPatch } from '../../protocol/room-info.js'
import {
  closeChecks,
  createChecks,
  inviteChecks,
  reserveChecks,
  sanctionChecks,
  userChecks,
  usersChecks,
} from '../checks.js'
import type { Shared } from '../connections.js'
import { refusal } from '../refusal.js'
import type {
  CloseRoomOptions,
  CreateRoomOptions,
  InviteOptions,
  ReserveOptions,
  SanctionOptions,
} from './order-options.js'
import { atServer, type Order } from './orders.js'
import { type Act, actIn, ordered } from './room-action.js'
import { createOrder, patchOrder } from './order-fields.js'
import type { RoomSeats } from './room-seats.js'
import { type RoomMember, roomMembers } from './room-members.js'
import type { SanctionKind } from './sanction.js'

/** A room, for the application: on all servers with this engine. All calls act at the call, emit one result and replay it. */
export interface ServerRoom {
  readonly name: string
  /**
   * Creates the room, once for each `id` (default: a new one), also where somebody has published in it. `by` is the user
   * who moderates it, by default nobody. `Left` with `room/exists` if it was created under another id.
   */
  readonly create: (options?: CreateRoomOptions) => ResultStream<void>
  /** Returns the record of the room; `undefined` for a room that was not created. */
  readonly info: (options?: WaitOptions) => ResultStream<RoomDetails | undefined>
  /** Returns the sessions that are in the room at this server, and the members that others see, at all servers. */
  readonly members: (options?: WaitOptions) => ResultStream<readonly RoomMember[]>
  /** Changes properties of a created room; `null` removes one. `Left` if the room was not created, or is closed. */
  readonly update: (patch: RoomPatch, options?: WaitOptions) => ResultStream<void>
  /** Closes the room: its members hear `room/closed`, and nobody joins it or publishes in it for a day. */
  readonly close: (options?: CloseRoomOptions) => ResultStream<void>
  /** Removes a user, who may join again after `forMs`, by default a minute. */
  readonly kick: (user: string, options?: SanctionOptions) => ResultStream<void>
  /** Removes a user, who neither joins nor publishes for `forMs`, or until `unban`. */
  readonly ban: (user: string, options?: SanctionOptions) => ResultStream<void>
  readonly unban: (user: string, options?: WaitOptions) => ResultStream<void>
  /** Takes the permission to publish from a user for `forMs`, or until `unmute`. */
  readonly mute: (user: string, options?: SanctionOptions) => ResultStream<void>
  readonly unmute: (user: string, options?: WaitOptions) => ResultStream<void>
  /** Makes an invitation to a created room: a text for `join(admission({ invitation }))`. */
  readonly invite: (options?: InviteOptions) => ResultStream<string>
  /** Makes all invitations to the room invalid. */
  readonly disinvite: (options?: WaitOptions) => ResultStream<void>
  /**
   * Keeps a seat for each of these users for `forMs`, by default a minute, or until the user takes it. Emits the users
   * for whom there is one: where the room has no free seat, there is none, except with `beyond`.
   */
  readonly reserve: (users: readonly string[], options?: ReserveOptions) => ResultStream<readonly string[]>
  /** Keeps seats for these users no longer. */
  readonly unreserve: (users: readonly string[], options?: WaitOptions) => ResultStream<void>
}

/** The rooms of a server. */
export interface ServerRooms {
  /** Returns a handle on a room, which may be one that nobody has created or used. */
  readonly get: (name: string) => ServerRoom
}

/** The record of a room. */
const recordOf = (
  shared: Shared,
  act: Act,
  room: string,
): Pick<ServerRoom, 'create' | 'info' | 'members' | 'update' | 'close'> => {
  const { ids } = shared.context.settings
  const order: Order = { room, by: atServer }
  return {
    create: (options) =>
      act('create', room, { options, checks: createChecks }, (known, settle) => {
        const { id = ids(), by = atServer.user, ...properties } = options ?? {}
        const what = createOrder({ ...properties, id })
        if (!what) settle(E.left(refusal('room/invalid')))
        else
          known.entry.passwords.hashed(room, what, (hashed) => {
            const making = { room, by: { user: by, session: '' }, mayRenew: true }
            if (E.isLeft(hashed)) settle(hashed)
            else known.orders.create(making, hashed.right, ordered(settle))
          })
      }),
    info: (options) =>
      act<RoomDetails | undefined>('info', room, { options }, (known, settle) => {
        known.read(room, (life) => {
          if (!life) settle(E.left(refusal('room/unavailable')))
          else settle(E.right(frozen(life.details())))
        })
      }),
    members: (options) =>
      act('members', room, { options }, (_, settle) => {
        roomMembers(shared, room, settle)
      }),
    update: (patch, options) =>
      act('update', room, { options, fault: optionFault(patch, patchChecks) }, (known, settle) => {
        const what = patchOrder(patch)
        if (!what) settle(E.left(refusal('room/invalid')))
        else
          known.entry.passwords.hashed(room, what, (hashed) => {
            if (E.isLeft(hashed)) settle(hashed)
            else known.orders.update(order, hashed.right, ordered(settle))
          })
      }),
    close: (options) =>
      act('close', room, { options, checks: closeChecks }, (known, settle) => {
        known.orders.close(order, options ?? {}, ordered(settle))
      }),
  }
}

/** The measures against users of a room. */
const sanctionsOf = (act: Act, room: string): Pick<ServerRoom, 'kick' | 'ban' | 'unban' | 'mute' | 'unmute'> => {
  const order: Order = { room, by: atServer }
  const punish =
    (name: string, kind: SanctionKind) =>
    (user: string, options?: SanctionOptions | null): ResultStream<void> =>
      act(
        name,
        room,
        { options, checks: sanctionChecks, fault: optionFault({ user }, userChecks) },
        (known, settle) => {
          known.orders.punish({ ...order, kind, user }, options ?? {}, ordered(settle))
        },
      )
  const pardon =
    (name: string, kind: SanctionKind) =>
    (user: string, options?: WaitOptions | null): ResultStream<void> =>
      act(name, room, { options, fault: optionFault({ user }, userChecks) }, (known, settle) => {
        known.orders.pardon({ ...order, kind, user }, ordered(settle))
      })
  return {
    kick: punish('kick', 'kick'),
    ban: punish('ban', 'ban'),
    unban: pardon('unban', 'ban'),
    mute: punish('mute', 'mute'),
    unmute: pardon('unmute', 'mute'),
  }
}

/** The invitations to a room. */
const invitationsOf = (act: Act, room: string): Pick<ServerRoom, 'invite' | 'disinvite'> => ({
  invite: (options) =>
    act<string>('invite', room, { options, checks: inviteChecks }, (known, settle) => {
      known.read(room, (life) => {
        if (life) known.entry.invitations.make(life, options ?? {}, settle)
        else settle(E.left(refusal('room/unavailable')))
      })
    }),
  disinvite: (options) =>
    act('disinvite', room, { options }, (known, settle) => {
      known.orders.disinvite({ room, by: atServer }, ordered(settle))
    }),
})

/** The seats of a room. */
const seatsOf = ({ tables }: Shared, act: Act, room: string): Pick<ServerRoom, 'reserve' | 'unreserve'> => {
  /** Acts on the seats of a room, once its record is known. */
  const seated = <T>(
    name: string,
    { users, ...more }: { users: readonly string[]; options?: WaitOptions | null | undefined; checks?: Checks },
    does: (seats: RoomSeats, settle: (result: Either<Refusal, T>) => void) => void,
  ): ResultStream<T> =>
    act<T>(name, room, { ...more, fault: optionFault({ users }, usersChecks) }, (known, settle) => {
      known.read(room, (life) => {
        const seats = life && tables?.seats.of(room)
        if (seats) does(seats, settle)
        else settle(E.left(refusal('room/unavailable')))
      })
    })
  return {
    reserve: (users, options) =>
      seated('reserve', { options, users, checks: reserveChecks }, (seats, settle) => {
        seats.reserve(users, options ?? {}, settle)
      }),
    unreserve: (users, options) =>
      seated('unreserve', { options, users }, (seats, settle) => {
        seats.unreserve(users, (outcome) => {
          settle(E.isLeft(outcome) ? outcome : E.right(undefined))
        })
      }),
  }
}

export const serverRooms = (shared: Shared): ServerRooms => {
  const act = actIn(shared)
  return {
    get: (name) => ({
      name,
      ...recordOf(shared, act, name),
      ...sanctionsOf(act, name),
      ...invitationsOf(act, name),
      ...seatsOf(shared, act, name),
    }),
  }
}

/** The rooms of a server with an invalid option. */
export const refusingRooms = (fault: ConfigError): ServerRooms => {
  const refused = () => of(E.left(fault))
  return {
    get: (name) => ({
      name,
      create: refused,
      info: refused,
      members: refused,
      update: refused,
      close: refused,
      kick: refused,
      ban: refused,
      unban: refused,
      mute: refused,
      unmute: refused,
      invite: refused,
      disinvite: refused,
      reserve: refused,
      unreserve: refused,
    }),
  }
}
