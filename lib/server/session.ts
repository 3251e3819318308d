import { type Hello, MOVE, SESSION, SIGNALS } from '../protocol/frame.js'
import type { Codec } from '../protocol/codec.js'
import { joinsOf } from '../protocol/joins.js'
import { changed, expiryOf, isSameUser, type UserChange } from './identity.js'
import { sessionCalls, type SessionCalls } from './calls/session-calls.js'
import type { Session, Shared } from './connections.js'
import { histories, type Histories } from './histories.js'
import { joining, type Joining } from './joining.js'
import type { Meter } from './meter.js'
import type { Identity } from './options.js'
import { permissionsOf, type Permissions } from './permissions.js'
import { publishing, type Publishing } from './publishing.js'
import { reader } from './reader.js'
import { refusal } from './refusal.js'
import { refuseChannel } from './refuse-frame.js'
import { renewal, type Renewal } from './renewal.js'
import type { Member } from './room.js'
import { seenNumbers } from './seen-numbers.js'
import type { Reader, SessionConnection, SessionRecord } from './session-record.js'
import { sessionInfo, type SessionInfo } from './session-info.js'
import type { SessionParts } from './session-parts.js'
import { signalling, type Signalling } from './signalling.js'
import type { MembershipEnd } from './tables/member-row.js'
import { sessionTables, type SessionTables } from './tables/session-tables.js'
import type { Worker } from './worker.js'
import type { Writer } from './writer.js'

export const session = (parts: SessionParts): Session => new ClientSession(parts)

/** The number of kinds of work. */
const kindsOfWork = 4

/**
 * A class, because each connection has one: its instances share their methods. What an idle client does not use begins
 * with its first use.
 */
class ClientSession implements Session, SessionRecord, Worker {
  readonly shared: Shared
  readonly connection: SessionConnection
  readonly user: string
  readonly instance: string
  readonly generation: number
  readonly session: string
  readonly since: number
  readonly codec: Codec
  readonly writer: Writer
  readonly meter: Meter
  readonly permissions: Permissions
  readonly takesSignals: boolean
  readonly tellsGrants: boolean
  readonly moves: boolean
  readonly #tellsChanges: boolean
  readonly #resumed: boolean
  readonly lanes: string | undefined
  readonly #channels = seenNumbers()
  readonly places: Joining
  #reader: Reader | undefined
  #histories: Histories | undefined
  #publishing: Publishing | undefined
  #signalling: Signalling | undefined
  #tables: SessionTables | undefined
  #calls: SessionCalls | undefined
  #renewal: Renewal | undefined
  #identity: Identity
  /** The end of the token, and the last frame that is more than a sign of life. */
  #expiresAt: number | undefined
  #activeAt: number
  #turn = 0
  #hasQuit = false
  /** Set by the parts; cleared once none has work. */
  #mayWork = false

  constructor({ shared, connection, granted, since, claim, identity, can, codec, writer, meter }: SessionParts) {
    const { engine, limits } = shared.context.settings
    this.shared = shared
    this.connection = connection
    this.user = identity.user
    this.instance = claim.instance
    this.generation = claim.generation
    this.session = granted.session
    this.since = since
    this.#resumed = granted.resumed
    this.#identity = identity
    this.#activeAt = shared.context.now()
    this.#expiresAt = expiryOf(identity, this.#activeAt)
    this.codec = codec
    this.writer = writer
    this.meter = meter
    this.takesSignals = can.includes(SIGNALS)
    this.tellsGrants = can.includes('granted')
    this.moves = can.includes(MOVE)
    this.#tellsChanges = can.includes(SESSION)
    this.lanes = engine.lanes?.(identity.user)
    this.permissions = permissionsOf({ context: shared.context, payer: meter }, identity)
    this.places = joining(this)
    if (identity.expiresInMs !== undefined) this.#renewal = renewal(this, identity)
    if (can.includes('seen')) writer.limitUnseen(limits.unseenBytes)
  }

  begin(): void {
    this.places.begin()
  }

  joinAll(frames: Hello['rooms']): void {
    for (const frame of frames) for (const join of joinsOf(frame)) if (this.#isNew(join.ch)) this.places.join(join)
  }

  take(frame: Parameters<Session['take']>[0]): void {
    if (!('t' in frame)) {
      this.#activeAt = this.shared.context.now()
      if (frame[0] === 'p') (this.#publishing ??= publishing(this)).publish(frame)
      else (this.#signalling ??= signalling(this)).take(frame, this.places.at(frame[1]))
      return
    }
    if (frame.t !== 'pong' && frame.t !== 'seen') this.#activeAt = this.shared.context.now()
    switch (frame.t) {
      case 'join':
      case 'joins':
        for (const join of joinsOf(frame)) if (this.#isNew(join.ch)) this.places.later(join)
        break
      case 'leave':
        this.places.leave(frame.ch, 'left')
        this.#histories?.leave(frame.ch)
        this.#tables?.leave(frame.ch, 'left')
        break
      case 'view':
        this.#ofTables()?.view(frame, this.places.at(frame.ch))
        break
      case 'put':
        if (!this.#isNew(frame.ch)) break
        if (this.#ofTables()) this.#ofTables()?.put(frame, (room) => this.places.at(room))
        else refuseChannel(this, frame.ch, refusal('protocol/unknown'))
        break
      case 'call':
        if (!this.#isNew(frame.ch)) break
        if (frame.until !== undefined && this.#ofTables()) this.#ofTables()?.ask(frame)
        else if (this.#ofCalls()) this.#ofCalls()?.call(frame)
        else refuseChannel(this, frame.ch, refusal('call/unsupported', frame.again ? { kind: 'unknown' } : {}))
        break
      case 'cancel':
        if (!this.#tables?.cancel(frame.id)) this.#ofCalls()?.cancel(frame.id)
        break
      case 'reply':
        this.#tables?.reply(frame)
        break
      case 'credit':
        this.#calls?.credit(frame)
        break
      case 'quit':
        this.#hasQuit = true
        break
      case 'history':
        if (this.#isNew(frame.ch)) (this.#histories ??= histories(this)).ask(frame)
        break
      case 'auth':
        this.#renewal ??= renewal(this, { user: this.user })
        this.#renewal.auth(frame)
        break
      case 'seen':
        this.#seen(frame.n)
        break
      case 'pong':
        if (frame.seen !== undefined) this.#seen(frame.seen)
        break
    }
  }

  drained(): void {
    this.#tables?.drained()
    if (!this.#mayWork) return
    this.#mayWork = this.hasWork()
    if (this.#mayWork) this.shared.fairScheduler.wake(this, this.meter.owner())
  }

  expel(...[room, because]: Parameters<Session['expel']>): boolean {
    return this.places.expel(room, because)
  }

  expire(): void {
    this.connection.endSession('auth/expired')
  }

  end(...[code, message]: Parameters<Session['end']>): void {
    this.connection.endSession(code, message)
  }

  revise(change: UserChange): void {
    this.#become(changed(this.#identity, change))
  }

  info(): SessionInfo {
    return sessionInfo(this, {
      identity: this.#identity,
      activeAt: this.#activeAt,
      expiresAt: this.#expiresAt,
      rooms: this.places.rooms(),
      resumed: this.#resumed,
    })
  }

  roles(): readonly string[] {
    return this.#identity.roles ?? []
  }

  unanswered(): number {
    const counted = [this.#publishing, this.places, this.#histories, this.#tables, this.#calls]
    const frames = counted.reduce((sum, part) => sum + (part?.unanswered() ?? 0), 0)
    return frames + (this.#renewal?.isPending() ? 1 : 0)
  }

  close(how: MembershipEnd): void {
    const end = this.#hasQuit ? 'left' : how
    this.#tables?.close(end)
    this.#calls?.close(end)
    this.places.close(end)
    for (const part of [this.#renewal, this.#publishing, this.#histories, this.permissions]) part?.close()
  }

  wake(): void {
    this.#mayWork = true
    this.drained()
  }

  reader(): Reader {
    this.#reader ??= reader(this)
    return this.#reader
  }

  fallBehind(member: Member): void {
    this.#mayWork = true
    this.reader().fallBehind(member)
  }

  reconsider(room: string): void {
    this.places.reconsider(room)
  }

  tables(): SessionTables | undefined {
    return this.#tables
  }

  renewed(identity: Identity): void {
    this.#expiresAt = expiryOf(identity, this.shared.context.now())
    this.#become(identity)
  }

  /** Applies other roles and data: the client hears of them, and the permissions are asked for again. */
  #become(identity: Identity): void {
    const isSame = isSameUser(this.#identity, identity)
    this.#identity = identity
    const { roles = [], data } = identity
    if (this.#tellsChanges && !isSame) this.writer.control({ t: 'session', roles, ...(data && { data }) })
    this.permissions.renew(roles)
    this.#tables?.renewed()
    this.#calls?.renewed()
    this.places.recheck()
  }

  hasWork(): boolean {
    for (let at = 0; at < kindsOfWork; at++) if (this.#work(at)?.hasWork()) return true
    return false
  }

  /** Runs the worker whose turn it is, then the others. */
  step(): boolean {
    this.#turn++
    for (let at = 0; at < kindsOfWork; at++) if (this.#work((at + this.#turn) % kindsOfWork)?.step()) return true
    return false
  }

  #work(at: number): Worker | undefined {
    return at === 0 ? this.places : at === 1 ? this.#reader : at === 2 ? this.#histories : this.#calls
  }

  /** The tables of the session; `undefined` where the engine has none. */
  #ofTables(): SessionTables | undefined {
    const { tables } = this.shared
    if (tables) this.#tables ??= sessionTables(this, tables)
    return this.#tables
  }

  /** The calls of the session; `undefined` where the application answers none. */
  #ofCalls(): SessionCalls | undefined {
    const { calls } = this.shared
    if (calls) this.#calls ??= sessionCalls(this, calls)
    return this.#calls
  }

  /** Returns true for a new number of the link. One that was used before ends the session. */
  #isNew(ch: number): boolean {
    const isNew = this.#channels.add(ch)
    if (!isNew) this.connection.endSession('protocol/channel')
    return isNew
  }

  #seen(messages: number): void {
    this.writer.seen(messages)
    this.drained()
  }
}
