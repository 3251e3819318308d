import type { Permission, Refusal } from '../../protocol/frame.js'
import { INFO, type RoomDetails, type RoomEnd } from '../../protocol/room-info.js'
import { refusal } from '../refusal.js'
import type { Row, TableFeed, TablePosition } from '../tables/model.js'
import { detailsOf, EMPTY, HERE, isForgotten, recordIn, type RoomRecord } from './record.js'
import { SECRET, secretIn } from './secret-row.js'
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

/** The terms of all lives of a server. */
export interface LifeTerms {
  readonly wall: () => number
  /** Returns true where this server has members in a room. */
  readonly isHere: (room: string) => boolean
  /** A room is empty for at least so long, in ms, before it closes: who has lost the connection may be back. */
  readonly leastEmptyMs: number
}

const noKeys: ReadonlySet<string> = new Set()

/** A change of a room's life: of its record, or of the sanctions of these users. */
export interface LifeChange {
  readonly isInfo: boolean
  /** Other servers have members in the room now, or nobody has. */
  readonly isOccupancy: boolean
  /** The room has another maker, was closed, or needs seats now: all its members are looked at again. */
  readonly isOther: boolean
  readonly users: ReadonlySet<string>
  /** The record before, where nothing was missed between. */
  readonly before?: RoomRecord
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
  /** Signs the invitations to the room; `undefined` before the first one. */
  secret: string | undefined
  #record: RoomRecord | undefined
  /** The sanctions by the key of their row. */
  sanctions: Map<string, Sanction & { readonly version: number }> | undefined
  /** The keys of the rows of servers with members in the room. */
  here: ReadonlySet<string> = noKeys
  /** The time since when nobody is in the room. */
  empty: number | undefined
  readonly #terms: LifeTerms

  constructor(room: string, terms: LifeTerms) {
    this.room = room
    this.#terms = terms
  }

  /** True where this server has members in the room. */
  isHere(): boolean {
    return this.#terms.isHere(this.room)
  }

  /** True for an open room that closes when nobody was in it for a while. */
  isTimed(): boolean {
    return this.#record?.emptyTtlMs !== undefined && !this.#record.closed
  }

  /** True once the table was read. */
  isKnown(): boolean {
    return this.at !== undefined
  }

  /** The record of the room; `undefined` where nobody created it, or its end is forgotten. */
  get record(): RoomRecord | undefined {
    return this.#record && !isForgotten(this.#record, this.#terms.wall()) ? this.#record : undefined
  }

  /** The public part of the record. */
  details(): RoomDetails | undefined {
    const { record } = this
    return record && detailsOf(record)
  }

  /** Takes an item of the table's feed. */
  take(item: TableFeed): LifeChange {
    const users = new Set<string>()
    const [before, known] = [this.info?.value, this.#record]
    const [here, empty] = [this.here, this.empty]
    if (item._tag === 'Rows') {
      for (const key of this.sanctions?.keys() ?? []) users.add(userOfSanction(key) ?? '')
      this.sanctions = undefined
      this.here = noKeys
      this.empty = undefined
      this.#put(undefined)
      this.secret = undefined
    }
    for (const row of item._tag === 'Rows' ? item.rows : item.puts) {
      const user = userOfSanction(row.key)
      if (row.key === INFO) this.#put(row)
      else if (row.key === SECRET) this.secret = secretIn(row)
      else if (row.key === EMPTY) this.empty = (JSON.parse(row.value) as { readonly at: number }).at
      else if (row.key.startsWith(HERE)) this.here = new Set([...this.here, row.key])
      else if (user !== undefined) {
        users.add(user)
        this.sanctions ??= new Map()
        this.sanctions.set(row.key, { ...sanctionIn(row), version: row.version })
      }
    }
    for (const { key } of item._tag === 'Rows' ? [] : item.drops) {
      const user = userOfSanction(key)
      if (key === INFO) this.#put(undefined)
      else if (key === SECRET) this.secret = undefined
      else if (key === EMPTY) this.empty = undefined
      else if (key.startsWith(HERE)) this.here = new Set([...this.here].filter((other) => other !== key))
      else if (user !== undefined && this.sanctions?.delete(key)) users.add(user)
    }
    if (this.sanctions?.size === 0) this.sanctions = undefined
    this.at = { epoch: item.epoch, version: item.version }
    const record = this.#record
    const isOther =
      record?.id !== known?.id ||
      record?.closed?.at !== known?.closed?.at ||
      record?.capacity !== known?.capacity ||
      record?.open !== known?.open
    const isOccupancy = this.here !== here || this.empty !== empty
    const isNext = known !== undefined && item._tag === 'Changes'
    return {
      isInfo: this.info?.value !== before,
      isOccupancy,
      isOther,
      users,
      ...(isNext && { before: known }),
    }
  }

  /** True where the room was created and is not closed. */
  exists(): boolean {
    return this.record !== undefined && !this.record.closed
  }

  /** Returns the refusal of a closed room, or of one whose planned end has come. */
  closed(): Refusal | undefined {
    const planned = this.plannedEnd()
    const closed = this.record?.closed ?? (planned && planned.at <= this.#terms.wall() ? planned : undefined)
    return closed && refusal('room/closed', { data: { ...closed } })
  }

  /** Returns the sanction of a user that is in force. */
  sanctionOf(kind: SanctionKind, user: string): Sanction | undefined {
    const known = this.sanctions?.get(keyOfSanction(kind, user))
    return known && (known.until ?? Infinity) > this.#terms.wall() ? known : undefined
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
    const at = Math.min(closesAt, this.#emptyEnd())
    return closing && closing.at <= at ? closing : at < Infinity ? { at } : undefined
  }

  /** Returns the time at which the room closes because nobody is in it. */
  #emptyEnd(): number {
    const { emptyTtlMs } = this.#record ?? {}
    if (emptyTtlMs === undefined || this.empty === undefined || this.here.size > 0 || this.isHere()) return Infinity
    return this.empty + Math.max(emptyTtlMs, this.#terms.leastEmptyMs)
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

/** The life of any room that has none. */
export const freeLife = (terms: LifeTerms): Life => {
  const life = new Life('', terms)
  life.at = { epoch: 'none', version: 0 }
  return life
}

/** A change of all of a life. */
export const everything = ({ sanctions }: Life): LifeChange => ({
  isInfo: true,
  isOther: true,
  isOccupancy: true,
  users: new Set([...(sanctions?.keys() ?? [])].map((key) => userOfSanction(key) ?? '')),
})
