import type { Permission, Refusal } from '../../protocol/frame.js'
import { INFO, type RoomEnd } from '../../protocol/room-info.js'
import { refusal } from '../refusal.js'
import type { Row, TableFeed, TablePosition } from '../tables/model.js'
import { isForgotten, recordIn, type RoomRecord } from './record.js'
import {
  keyOfSanction,
  refusalOfSanction,
  type Sanction,
  sanctionIn,
  type SanctionKind,
  userOfSanction,
} from './sanction.js'

/** A user with a session, as the life of a room sees it. */
export interface LifeUser {
  readonly user: string
  readonly session: string
}

/** A change of a room's life: of its record, or of the sanctions of these users. */
export interface LifeChange {
  readonly isInfo: boolean
  /** The room has another maker, or was closed: permissions of all are others. */
  readonly isOther: boolean
  readonly users: ReadonlySet<string>
}

/** A sanction that is over, by the version of its row. */
export interface OverSanction {
  readonly key: string
  readonly version: number
  readonly user: string
}

const both: readonly Permission[] = ['moderate', 'admit']

/** True where the record was made by this user; without authentication, by this session. */
const isMaker = ({ by }: RoomRecord, { user, session }: LifeUser): boolean =>
  by.user === user && (user !== 'anonymous' || by.session === session)

/**
 * The life of a used room on this server: its record and the sanctions in it, as the room's table has them. A class,
 * because each used room has one: its instances share their methods.
 */
export class Life {
  readonly room: string
  /** The number of its users; without any it is closed after a while. */
  uses = 0
  at: TablePosition | undefined
  info: Row | undefined
  #record: RoomRecord | undefined
  /** The sanctions by the key of their row. */
  sanctions: Map<string, Sanction & { readonly version: number }> | undefined
  readonly #wall: () => number

  constructor(room: string, wall: () => number) {
    this.room = room
    this.#wall = wall
  }

  /** True once the table was read. */
  isKnown(): boolean {
    return this.at !== undefined
  }

  /** The record of the room; `undefined` where nobody created it, or its end is forgotten. */
  get record(): RoomRecord | undefined {
    return this.#record && !isForgotten(this.#record, this.#wall()) ? this.#record : undefined
  }

  /** Takes an item of the table's feed. */
  take(item: TableFeed): LifeChange {
    const users = new Set<string>()
    const [before, known] = [this.info?.value, this.#record]
    if (item._tag === 'Rows') {
      for (const key of this.sanctions?.keys() ?? []) users.add(userOfSanction(key) ?? '')
      this.sanctions = undefined
      this.#put(undefined)
    }
    for (const row of item._tag === 'Rows' ? item.rows : item.puts) {
      const user = userOfSanction(row.key)
      if (row.key === INFO) this.#put(row)
      else if (user !== undefined) {
        users.add(user)
        this.sanctions ??= new Map()
        this.sanctions.set(row.key, { ...sanctionIn(row), version: row.version })
      }
    }
    for (const { key } of item._tag === 'Rows' ? [] : item.drops) {
      const user = userOfSanction(key)
      if (key === INFO) this.#put(undefined)
      else if (user !== undefined && this.sanctions?.delete(key)) users.add(user)
    }
    if (this.sanctions?.size === 0) this.sanctions = undefined
    this.at = { epoch: item.epoch, version: item.version }
    const record = this.#record
    const isOther =
      record?.id !== known?.id || record?.closed?.at !== known?.closed?.at || record?.capacity !== known?.capacity
    return { isInfo: this.info?.value !== before, isOther, users }
  }

  /** True where the room was created and is not closed. */
  exists(): boolean {
    return this.record !== undefined && !this.record.closed
  }

  /** Returns the refusal of a closed room. */
  closed(): Refusal | undefined {
    const closed = this.record?.closed
    return closed && refusal('room/closed', { data: { ...closed } })
  }

  /** Returns the sanction of a user that is in force. */
  sanctionOf(kind: SanctionKind, user: string): Sanction | undefined {
    const known = this.sanctions?.get(keyOfSanction(kind, user))
    return known && (known.until ?? Infinity) > this.#wall() ? known : undefined
  }

  /** Returns the refusal of a banned user. */
  banned({ user }: Pick<LifeUser, 'user'>): Refusal | undefined {
    return this.#sanctioned(user, 'ban')
  }

  /** Returns the reason why a user may not be in the room. */
  barred({ user }: Pick<LifeUser, 'user'>): Refusal | undefined {
    return this.closed() ?? this.#sanctioned(user, 'ban') ?? this.#sanctioned(user, 'kick')
  }

  /** Returns the reason why a user may not publish in the room. */
  silenced({ user }: Pick<LifeUser, 'user'>): Refusal | undefined {
    return this.closed() ?? this.#sanctioned(user, 'ban') ?? this.#sanctioned(user, 'mute')
  }

  /** Returns the sanctions that are over at a time, with the version of their row. */
  overAt(wall: number): readonly OverSanction[] {
    if (!this.sanctions) return []
    return [...this.sanctions].flatMap(([key, { until = Infinity, version }]) =>
      until <= wall ? [{ key, version, user: userOfSanction(key) ?? '' }] : [],
    )
  }

  /** Returns the next end of a sanction after a time; `Infinity` if there is none. */
  nextEndAfter(wall: number): number {
    let next = Infinity
    for (const { until = Infinity } of this.sanctions?.values() ?? []) if (until > wall && until < next) next = until
    return next
  }

  /** Returns the planned end of the room; `undefined` for a room without one, and for a closed one. */
  plannedEnd(): RoomEnd | undefined {
    const { record } = this
    if (!record || record.closed) return undefined
    const { closing, closesAt = Infinity } = record
    return closing && closing.at <= closesAt ? closing : closesAt < Infinity ? { at: closesAt } : undefined
  }

  /** Returns a user's permissions, of those that the application gives. */
  grants(of: LifeUser, given: readonly Permission[]): readonly Permission[] {
    const { record } = this
    const isMute = this.sanctions !== undefined && this.sanctionOf('mute', of.user) !== undefined
    const isOwn = record !== undefined && given.includes('read') && isMaker(record, of)
    if (!isMute && !isOwn) return given
    const all = isOwn ? [...given, ...both.filter((one) => !given.includes(one))] : given
    return isMute ? all.filter((one) => one !== 'publish') : all
  }

  #put(row: Row | undefined): void {
    this.info = row
    this.#record = row && recordIn(row)
  }

  #sanctioned(user: string, kind: SanctionKind): Refusal | undefined {
    const known = this.sanctions && this.sanctionOf(kind, user)
    return known && refusalOfSanction(kind, known)
  }
}
