/** The maker of a room. Without authentication all users are `anonymous`, and the session tells them apart. */
export interface RoomMaker {
  readonly user: string
  readonly session: string
}

/** A planned or a past end of a room, on the wall clock of the server. */
export interface RoomEnd {
  readonly at: number
  readonly because?: string
}

/** The owner of a seat: each user, or each session. */
export type SeatOf = 'user' | 'session'

/** The properties of a created room that its creation sets and `update` changes. */
export interface RoomProperties {
  /** Shown to clients; what it means is up to the application. Default true. */
  readonly open: boolean
  /** False keeps the room out of directories. Default true. */
  readonly visible: boolean
  /** The most seats. Default: no bound. */
  readonly capacity?: number
  /** Default `user`. */
  readonly seat: SeatOf
  /** The room closes at this time of the server's wall clock, in ms. */
  readonly closesAt?: number
  /** The room closes when nobody was in it for so many ms. */
  readonly emptyTtlMs?: number
  /** Lets in only users with an invitation, and those with the permission `admit` or `moderate`. Default false. */
  readonly inviteOnly?: boolean
  /** The application's own data, at most 1 KiB of JSON. Default none. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** The names of the members of `metadata` that directories show. Default none. */
  readonly listed: readonly string[]
}

/** The public part of a created room's record. Times are those of the server's wall clock, in ms. */
export interface RoomDetails extends RoomProperties {
  /** The id of the creation. */
  readonly id: string
  readonly by: RoomMaker
  /** The time of the creation. */
  readonly at: number
  /** The room lets in users with its password, or with an invitation. */
  readonly hasPassword?: true
  /** The room is about to close. */
  readonly closing?: RoomEnd
  /** The room is closed. */
  readonly closed?: RoomEnd
}

/** The properties to create a room with; each has a default. */
export type GivenProperties = {
  /** A password, which users show at each join: at most 256 bytes. Servers keep its hash. Default: none. */
  readonly password?: string | undefined
} & { readonly [K in keyof RoomProperties]?: RoomProperties[K] | undefined }

/** Changes of a room; `null` removes a property that has no default. */
export type RoomPatch = {
  readonly password?: string | null
} & {
  readonly [K in keyof RoomProperties]?: RoomProperties[K] | (undefined extends RoomProperties[K] ? null : never)
}

/** The tables under which orders about a room travel. */
export const ROOM = 'room'
export const INVITES = 'invites'

/** The key of the record of a room, and the key of an order that closes it. */
export const INFO = 'info'
export const CLOSING = 'closing'

/** The tables of the seats of a room, and of those who wait for one. Clients get their counts. */
export const SEATS = 'seats'
export const QUEUE = 'queue'

/** The longest time of a reservation, in ms: a day. */
export const reservationMs = 86_400_000
