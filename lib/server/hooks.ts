import type { ObservableInput } from 'rxjs'
import type { RefusalData } from '../protocol/frame.js'
import type { RoomProperties } from '../protocol/room-info.js'
import type { Cause } from './tables/model.js'

/** A client's session in a room. */
export interface HookMember {
  readonly room: string
  readonly user: string
  readonly session: string
}

/** A client's session with the roles of its user. */
export interface HookClient extends HookMember {
  readonly roles: readonly string[]
}

/** A message before it is logged. The server may ask more than once about one `id`: the client sent it again. */
export interface HookMessage extends HookMember {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

/** A value of the shared state before it is written; `value` is absent where the client drops it. */
export interface HookValue extends HookMember {
  readonly key: string
  readonly value?: unknown
}

/** A room that a client wants to create. */
export interface HookCreation extends HookClient {
  /** The properties that the client gives, without a password. */
  readonly properties: Partial<RoomProperties>
}

/** A room that was closed. */
export interface HookEnd {
  readonly room: string
  /** The user who closed it: `@server` for the application, and for a planned end. */
  readonly user: string
  /** The time of the end on the server's wall clock, in ms. */
  readonly at: number
  readonly because?: string
}

/** The refusal of a hook. */
export interface HookRefusal {
  /** The details for the client, which finds them in `error.data`: an object of at most 1 KiB of JSON. */
  readonly refuse: RefusalData
  /** The text for people, at most 256 characters. Default: a general one. */
  readonly message?: string | undefined
}

/** The answer of a hook: a refusal, or anything else to accept. */
export type HookAnswer = HookRefusal | undefined | null | boolean

/** A hook that decides: returns its answer, or a promise or an Observable whose first value is the answer. */
export type DecidingHook<T> = (event: T) => HookAnswer | ObservableInput<HookAnswer>

/**
 * Functions of the application that the server calls for events in rooms. A deciding hook that throws, errors or does
 * not answer within `answerMs` refuses for now: the client tries again.
 */
export interface Hooks {
  /** Decides on the creation of a room by a client. A repeat of a creation is not asked about. */
  readonly create?: DecidingHook<HookCreation> | undefined
  /** Decides on a join, after `authorize` granted it. A client that returns within the grace time is not asked about. */
  readonly join?: DecidingHook<HookClient> | undefined
  /** Decides on a message of a client, before it is logged. The messages of one client in one room keep their order. */
  readonly message?: DecidingHook<HookMessage> | undefined
  /** Decides on a write of a client to the shared state. */
  readonly set?: DecidingHook<HookValue> | undefined
  /** A client's connection has been lost for the quiet time of `presence`. It may come back. */
  readonly drop?: ((member: HookMember) => void) | undefined
  /** A client that was dropped is back, within the grace time. */
  readonly back?: ((member: HookMember) => void) | undefined
  /** A client left the room for good. `cause`: `left`, `grace`, `kicked`, `forbidden`, `expired`, or another one. */
  readonly leave?: ((member: HookMember & { readonly cause: Cause }) => void) | undefined
  /** A room was closed by this server: by a client, the application, or its planned end. */
  readonly close?: ((end: HookEnd) => void) | undefined
}
