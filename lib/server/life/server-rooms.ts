import * as E from '#fp/Either'
import { AsyncSubject, of } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Checks, optionFault } from '../../core/check.js'
import { type ConfigError, roomError } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import { limited } from '../../core/limited.js'
import type { Result, ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import type { Refusal } from '../../protocol/frame.js'
import { patchChecks } from '../../protocol/room-checks.js'
import type { RoomDetails, RoomPatch } from '../../protocol/room-info.js'
import {
  closeChecks,
  createChecks,
  reserveChecks,
  roomChecks,
  sanctionChecks,
  userChecks,
  usersChecks,
} from '../checks.js'
import type { Shared } from '../connections.js'
import { refusal } from '../refusal.js'
import type { Lives } from './lives.js'
import type { CloseRoomOptions, CreateRoomOptions, ReserveOptions, SanctionOptions } from './order-options.js'
import { atServer, type Order, type Ordered } from './orders.js'
import { createOrder } from './order-fields.js'
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

const remedies: Readonly<Record<string, string>> = {
  'room/not-found': 'Let a client create the room first.',
  'room/no-tables': 'Run the server with an engine that has tables: memory() and files() have them.',
  'room/table-full': 'Close rooms, or lift sanctions that nobody needs.',
  'room/closed': 'Use another name: this one is free again a day after the end of the room.',
}

const failure = (room: string, { code, message, kind, data }: Refusal) =>
  roomError({
    code: code as `room/${string}`,
    room,
    message: `Room ${room}: ${message}`,
    remedy: remedies[code] ?? 'Try again.',
    kind,
    ...(data && { data: frozen(data) }),
  })

const noTables: Refusal = { code: 'room/no-tables', message: 'the engine has no tables.', kind: 'terminal' }

/** Runs an action in a turn. */
type Does<T> = (lives: Lives, settle: (result: Either<Refusal, T>) => void) => void

export const serverRooms = (shared: Shared): ServerRooms => {
  const { context, lives } = shared
  const { box, time } = context

  const act = <T>(
    name: string,
    room: string,
    {
      options,
      checks = {},
      fault,
    }: { options?: WaitOptions | null | undefined; checks?: Checks; fault?: ConfigError | undefined },
    does: Does<T>,
  ): ResultStream<T> => {
    const wrong = optionFault({ room }, roomChecks) ?? fault
    if (wrong) return of(E.left(wrong))
    return limited({ name: `rooms.${name}`, options, checks: { ...waitChecks, ...checks }, deadlines: time }, () => {
      const result = new AsyncSubject<Result<T>>()
      const settle = (answer: Either<Refusal, T>): void => {
        result.next(E.isLeft(answer) ? E.left(failure(room, answer.left)) : answer)
        result.complete()
      }
      box.enter(() => {
        if (lives) does(lives, settle)
        else settle(E.left(noTables))
      })
      return result.asObservable()
    })
  }
  /** Acts on the seats of a room, once its record is known. */
  const seated = <T>(
    name: string,
    room: string,
    { users, ...more }: { users: readonly string[]; options?: WaitOptions | null | undefined; checks?: Checks },
    does: (seats: RoomSeats, settle: (result: Either<Refusal, T>) => void) => void,
  ): ResultStream<T> =>
    act<T>(name, room, { ...more, fault: optionFault({ users }, usersChecks) }, (known, settle) => {
      known.read(room, (life) => {
        const seats = life && shared.tables?.seats.of(room)
        if (seats) does(seats, settle)
        else settle(E.left(refusal('room/unavailable')))
      })
    })
  const ordered =
    (settle: (result: Either<Refusal, void>) => void): Ordered =>
    (outcome) => {
      settle(E.isLeft(outcome) ? outcome : E.right(undefined))
    }

  const get = (room: string): ServerRoom => {
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
      name: room,
      create: (options) =>
        act('create', room, { options, checks: createChecks }, (known, settle) => {
          const { id = context.settings.ids(), by = atServer.user, ...properties } = options ?? {}
          const what = createOrder({ ...properties, id })
          if (!what) settle(E.left(refusal('room/invalid')))
          else known.orders.create({ room, by: { user: by, session: '' }, mayRenew: true }, what, ordered(settle))
        }),
      info: (options) =>
        act<RoomDetails | undefined>('info', room, { options }, (known, settle) => {
          known.read(room, (life) => {
            if (!life) settle(E.left(refusal('room/unavailable')))
            else settle(E.right(life.record && frozen({ ...life.record })))
          })
        }),
      members: (options) =>
        act('members', room, { options }, (_, settle) => {
          roomMembers(shared, room, settle)
        }),
      update: (patch, options) =>
        act('update', room, { options, fault: optionFault(patch, patchChecks) }, (known, settle) => {
          known.orders.update(order, patch, ordered(settle))
        }),
      close: (options) =>
        act('close', room, { options, checks: closeChecks }, (known, settle) => {
          known.orders.close(order, options ?? {}, ordered(settle))
        }),
      kick: punish('kick', 'kick'),
      ban: punish('ban', 'ban'),
      unban: pardon('unban', 'ban'),
      mute: punish('mute', 'mute'),
      unmute: pardon('unmute', 'mute'),
      reserve: (users, options) =>
        seated('reserve', room, { options, users, checks: reserveChecks }, (seats, settle) => {
          seats.reserve(users, options ?? {}, settle)
        }),
      unreserve: (users, options) =>
        seated('unreserve', room, { options, users }, (seats, settle) => {
          seats.unreserve(users, (outcome) => {
            settle(E.isLeft(outcome) ? outcome : E.right(undefined))
          })
        }),
    }
  }
  return { get }
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
      reserve: refused,
      unreserve: refused,
    }),
  }
}
