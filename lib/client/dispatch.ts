import type { Link } from '../connection/link.js'
import { excerpt } from '../core/error.js'
import { isMsg, readServer } from '../protocol/server-frames.js'
import type { Msg, ServerFrame } from '../protocol/frame.js'

type Control = Exclude<ServerFrame, readonly unknown[]>
type Hot = Extract<ServerFrame, readonly unknown[]>

/** The handler of each kind of frame. */
export type Handlers = {
  readonly [T in Control['t']]: (frame: Extract<Control, { readonly t: T }>, link: Link) => void
} & { readonly [T in Exclude<Hot, Msg>[0]]: (frame: Extract<Hot, readonly [T, ...unknown[]]>, link: Link) => void } & {
  readonly m: (frame: Msg, link: Link) => void
  readonly unknown: (t: string, must: boolean) => void
  readonly malformed: (because: string) => void
}

/** The same handlers before the welcome: all other frames go to `early`. */
export const untilWelcome = (to: Handlers, early: () => void): Handlers => {
  const { welcome, refused, ping, unknown, malformed } = to
  const dropped = Object.fromEntries(Object.keys(to).map((kind) => [kind, early])) as unknown as Handlers
  return { ...dropped, welcome, refused, ping, unknown, malformed }
}

/** Hands an envelope to its handler. Total: an invalid envelope does not stop the next one. */
export const dispatch = (envelope: unknown, link: Link, to: Handlers): void => {
  if (isMsg(envelope)) {
    to.m(envelope, link)
    return
  }
  const read = readServer(envelope)
  switch (read._tag) {
    case 'Malformed':
      to.malformed(read.because)
      return
    case 'Unknown':
      to.unknown(excerpt(read.t), read.must)
      return
    case 'Frame': {
      const { frame } = read
      const kind = 't' in frame ? frame.t : frame[0]
      const handle = to[kind] as (frame: ServerFrame, link: Link) => void
      handle(frame, link)
    }
  }
}
