import type { Data } from '../core/ports.js'
import type { GapCause, Position } from '../core/position.js'
import type { Codec, Logged, MessageAddress, Sized } from '../protocol/codec.js'
import type { EngineFeed } from './engine-feed.js'
import type { Page, Signal } from './engine.js'
import type { Life } from './life/life.js'
import type { Counters } from './metrics.js'
import type { Writer } from './writer.js'

/** A room with members on this node, fed by one feed for all of them. */
export interface Room {
  readonly name: string
  /** Stands for the room in messages and signals, the same for all members. */
  readonly number: number
  readonly members: Set<Member>
  /** Empty before the feed's first base. */
  epoch: string
  /** The oldest offset in the log when the feed last began. */
  first: number
  /** The offset up to which the feed has delivered. */
  cursor: number
  /** The highest known offset; the feed may still have to deliver earlier ones. */
  head: number
  isOpen: boolean
  readonly waiting: Set<() => void>
  feed: EngineFeed | undefined
  /** The record of the room and its sanctions; `undefined` where the engine has no tables. */
  life: Life | undefined
}

/** Returns true once the log and the life of the room are known. */
export const isReady = ({ isOpen, life }: Room): boolean => isOpen && (life === undefined || life.isKnown())

/** Lets the joins go on that wait for the room. */
export const admitWaiting = (room: Room): void => {
  if (!isReady(room)) return
  const waiting = [...room.waiting]
  room.waiting.clear()
  for (const then of waiting) then()
}

/** A session in a room: the next offset it needs, and never a queue. */
export interface Member {
  readonly room: Room
  readonly ch: number
  readonly outlet: Outlet
  epoch: string
  /** The offset up to which everything is written, or reported as missing. */
  offset: number
  /** The head of the log at the join. */
  since: number
  /** `live`: written as the feed delivers. `behind`: read from the log when there is room. */
  phase: 'joining' | 'mute' | 'live' | 'behind' | 'left'
}

/** A room's view of a session. */
export interface Outlet {
  readonly user: string
  readonly session: string
  readonly takesSignals: boolean
  readonly codec: Codec
  readonly writer: Writer
  /** Checks a membership again, because the life of the room has changed. */
  readonly reconsider: (room: string) => void
  /** Marks a member that cannot be written to now: the reader reads it from the log. */
  readonly fallBehind: (member: Member) => void
}

/** A message, with its latest encoding. */
interface Delivery {
  readonly message: Logged
  encoded: Encoded | undefined
}

/**
 * Delivers messages of the feed to live members. Encodes each message once for all members with one codec. Each member
 * gets all messages before the next member, because the data of many members does not fit into the processor's cache.
 */
export const deliver = (room: Room, messages: readonly Logged[], count: Counters): void => {
  const fresh = messages.filter(({ offset }) => isNext(room, offset))
  if (fresh.length === 0) return
  const encodings = new Map<Codec, readonly Delivery[]>()
  let codec: Codec | undefined
  let deliveries: readonly Delivery[] = []
  for (const member of room.members) {
    if (member.phase !== 'live') continue
    if (member.outlet.codec !== codec) {
      codec = member.outlet.codec
      deliveries = encodings.get(codec) ?? fresh.map((message) => ({ message, encoded: undefined }))
      encodings.set(codec, deliveries)
    }
    for (const each of deliveries) if (!take(member, each, count)) break
  }
}

/** Moves the cursor of a room to an offset. Returns false where the feed has delivered it before. */
const isNext = (room: Room, offset: number): boolean => {
  if (offset <= room.cursor) return false
  room.cursor = offset
  room.head = Math.max(room.head, offset)
  return true
}

/** Writes a message to a live member. Returns false where the member falls behind. */
const take = (member: Member, delivery: Delivery, count: Counters): boolean => {
  const { room, outlet, offset } = member
  const { message } = delivery
  if (message.offset <= offset) return true
  if (!outlet.writer.hasRoom()) {
    outlet.fallBehind(member)
    return false
  }
  if (delivery.encoded?.prev !== offset) delivery.encoded = encode(outlet.codec, ['m', room.number], message, offset)
  write(member, message, delivery.encoded, count)
  return true
}

/** Delivers a signal to live members except the sender; drops it where there is no room. */
export const spread = (room: Room, { event, from, data }: Signal, count: Counters): void => {
  const pieces = new Map<Codec, Sized<Data>>()
  for (const { phase, outlet } of room.members) {
    const { codec, writer } = outlet
    if (!outlet.takesSignals || outlet.session === from[1] || phase === 'mute') continue
    const encoded = pieces.get(codec) ?? sized(codec, codec.signal(room.number, event, data, from))
    pieces.set(codec, encoded)
    const cause = obstacle(phase === 'live', writer, encoded)
    if (cause) {
      count.signalsDropped++
      count.signalCauses.add(cause)
      continue
    }
    writer.signal(encoded.piece, encoded.bytes)
    count.signalsOut++
  }
}

/** Returns the reason for which a member gets no signal, if any. */
const obstacle = (isLive: boolean, writer: Writer, { bytes }: Sized<Data>): string | undefined => {
  if (!isLive) return 'behind'
  if (!writer.hasRoom()) return 'congested'
  return writer.takes(bytes) ? undefined : 'too-large'
}

/** Writes a page to a member that is behind, and a gap for messages missing before it. */
export const catchUp = (member: Member, { base, messages }: Page, count: Counters): void => {
  if (!base.recovered) skip(member, { epoch: base.epoch, offset: base.base }, base.because ?? 'lost', count)
  const { room, outlet } = member
  for (const message of messages) {
    write(member, message, encode(outlet.codec, ['m', room.number], message, member.offset), count)
  }
}

/** Builds a page for a room that has no publish according to the log; the feed reports the actual state. */
export const nothing = ({ epoch, cursor, ...room }: Room, after: Position): Page => {
  const first = Math.min(room.first, cursor + 1)
  const isHere = after.epoch === epoch && after.offset <= cursor
  const base = { _tag: 'Base', epoch, first, head: cursor } as const
  return {
    base: isHere
      ? { ...base, base: after.offset, recovered: true }
      : { ...base, base: first - 1, recovered: false, because: 'epoch' },
    messages: [],
  }
}

/** Reports to live members that the messages before `to` are unavailable. */
export const lose = (room: Room, to: Position, because: GapCause, count: Counters): void => {
  room.head = room.epoch === to.epoch ? Math.max(room.head, to.offset) : to.offset
  room.epoch = to.epoch
  room.cursor = to.offset
  for (const member of room.members) {
    const isThere = member.epoch === to.epoch && member.offset >= to.offset
    if (member.phase === 'live' && !isThere) skip(member, to, because, count)
  }
}

/** Returns true where the member has everything that the feed has delivered. */
export const isCaughtUp = ({ room, epoch, offset }: Member): boolean => epoch === room.epoch && offset >= room.cursor

const skip = (member: Member, to: Position, because: GapCause, count: Counters): void => {
  const { ch, epoch, offset, outlet } = member
  count.gaps++
  count.gapCauses.add(because)
  outlet.writer.inOrder({ t: 'gap', ch, from: { epoch, offset }, to, because })
  member.epoch = to.epoch
  member.offset = to.offset
}

/** Writes a message, or a gap where it is too large for the client. */
const write = (member: Member, message: Logged, { piece, bytes }: Encoded, count: Counters): void => {
  if (!member.outlet.writer.takes(bytes)) {
    skip(member, { epoch: member.epoch, offset: message.offset }, 'too-large', count)
    return
  }
  count.messagesOut++
  member.outlet.writer.message(piece, bytes)
  member.offset = message.offset
}

export interface Encoded extends Sized<Data> {
  readonly prev: number
}

const sized = (codec: Codec, piece: Data): Sized<Data> => ({ piece, bytes: codec.size(piece) })

/** Encodes a message for readers that have everything up to `prev`. */
export const encode = (codec: Codec, to: MessageAddress, message: Logged, prev: number): Encoded => {
  const piece = prev === message.offset - 1 ? codec.logged(to, message) : codec.logged(to, message, { prev })
  return { prev, ...sized(codec, piece) }
}
