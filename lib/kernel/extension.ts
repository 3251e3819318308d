import type { Link } from '../connection/link.js'
import type { Input, Output } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { Hello, Msg, ServerFrame, Welcome } from '../protocol/frame.js'
import type { Read } from '../protocol/read.js'
import type { Poison } from './batching.js'

type Control = Exclude<ServerFrame, readonly unknown[]>
type Hot = Extract<ServerFrame, readonly unknown[]>

/** The handler of each kind of frame. */
export type FrameHandlers = {
  readonly [T in Control['t']]: (frame: Extract<Control, { readonly t: T }>, link: Link) => void
} & { readonly [T in Exclude<Hot, Msg>[0]]: (frame: Extract<Hot, readonly [T, ...unknown[]]>, link: Link) => void } & {
  readonly m: (frame: Msg, link: Link) => void
}

/** Checks envelopes of a kind that not every client knows. */
export type Readers = Readonly<Record<string, (envelope: unknown) => Read<ServerFrame>>>

/** The handlers of the outputs of the connection's machine. */
export type OutputHandlers = {
  readonly [T in Output['_tag']]: (output: Extract<Output, { readonly _tag: T }>) => void
}

/** The end of a link. */
export interface LinkEnd {
  /** The server had welcomed this client on it. */
  readonly wasOnline: boolean
  /** The fault of the message that closed it, if a message closed it. */
  readonly poison: Poison | undefined
  /** The largest written message that is no publish, and that may be the cause, in bytes; 0 if none may be. */
  readonly besideBytes: number
}

/** Messages of a room that were offered and not committed: those after `after`, up to `upTo`. */
export interface Uncommitted {
  readonly room: string
  /** The committed position; offset 0 if nothing of this epoch is committed. */
  readonly after: Position
  readonly upTo: Position
}

/** The work of an extension that is left when a client closes. */
export interface Remaining {
  /** Calls back, in a turn, once the work is done. */
  readonly whenDone: (then: () => void) => void
  readonly uncommitted: () => readonly Uncommitted[]
}

/**
 * A part of a client: its frames, and its reactions to the connection. All members are called in a turn, and in the
 * order in which the extensions were added.
 */
export interface Extension {
  /** The frames that it takes. Frames about a request go to all takers of their kind: each knows its own numbers. */
  readonly frames?: Partial<FrameHandlers>
  /** The readers of those of its frames that not every client knows, by kind. */
  readonly readers?: Readers
  /** The outputs of the connection's machine that it acts on. Each has one taker. */
  readonly outputs?: Partial<OutputHandlers>
  /** Returns its fields of the hello, which may take so many bytes. */
  readonly greet?: (bytes: number) => Partial<Hello>
  /** The server has welcomed this client on a link. */
  readonly up?: (welcome: Welcome, link: Link) => void
  /** The client is about to end the present link on purpose. */
  readonly part?: (link: Link) => void
  /**
   * The link has ended; `isExplained`: a message of an earlier extension may be the cause. Returns true if a message of
   * this extension may be the cause.
   */
  readonly down?: (end: LinkEnd, isExplained: boolean) => boolean
  /**
   * The connection has another state. It has stopped, and the reason; `undefined`: it goes on. `input`: the input that led
   * to the state; none where the extension is added later.
   */
  readonly halt?: (because: WebSocketError | undefined, input?: Input) => void
  /** A turn ends: completes what was begun in it. */
  readonly step?: () => void
  /** The present link takes frames: writes those that wait. */
  readonly write?: (link: Link) => void
  /** A turn has ended, and its frames are written: stores and shows the result. */
  readonly flush?: () => void
  /** The client is closed. */
  readonly close?: (because: WebSocketError) => void
  /** The work to wait for before the client closes. */
  readonly remaining?: Remaining
}
