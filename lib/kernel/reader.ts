import * as E from '#fp/Either'
import type { Link } from '../connection/link.js'
import { excerpt } from '../core/error.js'
import type { Data } from '../core/ports.js'
import type { ServerFrame } from '../protocol/frame.js'
import { isMsg, readServer } from '../protocol/server-frames.js'
import type { Counters } from './counters.js'
import type { FrameHandlers } from './extension.js'
import { type Fault, fault } from './fault.js'
import type { PresentLink } from './present-link.js'
import type { Turns } from './turns.js'

/** Reads WebSocket messages, and hands each frame to its handler. Call in a turn. */
export interface Reader {
  /** Reads a message while its link is present. Before the welcome only the frames of a handshake are handled. */
  readonly read: (link: Link, data: Data) => void
}

export interface ReaderNeeds {
  readonly handlers: Partial<FrameHandlers>
  readonly present: Pick<PresentLink, 'link' | 'welcome'>
  readonly turns: Turns
  readonly now: () => number
  readonly counters: Counters
  readonly report: (what: Fault) => void
  /** The server insists on a frame that this version does not know. */
  readonly outdated: (t: string) => void
  /** A message of so many bytes was read, and it had logged messages or signals. */
  readonly handled: (bytes: number, link: Link) => void
}

/** The kinds of frames that may precede the welcome. */
const early: ReadonlySet<string> = new Set(['welcome', 'refused', 'ping'])

export const reader = (needs: ReaderNeeds): Reader => {
  const { turns, counters, report, present } = needs
  const handlers = needs.handlers as Readonly<Record<string, (frame: ServerFrame, link: Link) => void>>
  let stamped: Link | undefined
  /** The link with frames before its welcome: one report for all of them. */
  let reported: Link | undefined

  const malformed = (because: string): void => {
    counters.malformedFrames++
    report(fault('BadFrame', because))
  }
  /** Reads the clock once for all frames that arrive together: a read costs as much as handling a message. */
  const stamp = (link: Link): void => {
    if (stamped === link) return
    stamped = link
    turns.soon(() => {
      stamped = undefined
      link.heardAt = needs.now()
    })
  }
  /** Total: an invalid envelope does not stop the next one. */
  const take = (envelope: unknown, link: Link, isOnline: boolean): void => {
    if (isOnline && isMsg(envelope)) {
      handlers['m']?.(envelope, link)
      return
    }
    const read = readServer(envelope)
    switch (read._tag) {
      case 'Malformed':
        malformed(read.because)
        return
      case 'Unknown': {
        const t = excerpt(read.t)
        counters.unknownFrames++
        report(fault('BadFrame', `a frame of a later version: ${t}`))
        if (read.must) needs.outdated(t)
        return
      }
      case 'Frame': {
        const { frame } = read
        const kind = 't' in frame ? frame.t : frame[0]
        if (isOnline || early.has(kind)) handlers[kind]?.(frame, link)
        else if (reported !== link) {
          reported = link
          malformed('frames before the welcome')
        }
      }
    }
  }

  return {
    read: (link, data) => {
      counters.framesIn++
      stamp(link)
      const envelopes = link.codec.unpack(data)
      if (E.isLeft(envelopes)) {
        malformed(envelopes.left)
        return
      }
      const { handled } = link
      for (const envelope of envelopes.right) {
        if (present.link() !== link) return
        take(envelope, link, present.welcome() !== undefined)
        turns.settle()
      }
      if (present.link() === link && link.handled > handled) needs.handled(data.length, link)
    },
  }
}
