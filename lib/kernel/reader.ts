import * as E from '#fp/Either'
import type { Link } from '../connection/link.js'
import { connectionError, excerpt } from '../core/error.js'
import type { Data } from '../core/ports.js'
import type { ServerFrame } from '../protocol/frame.js'
import { isMsg, readServer } from '../protocol/server-frames.js'
import type { Read } from '../protocol/read.js'
import type { Extensions } from './extensions.js'
import { fault } from './fault.js'
import type { Kernel } from './kernel.js'
import type { LinkOwner, LinkState } from './present-link.js'
import { redacted } from './redaction.js'
import { told } from '#texts'

/** The kinds of frames that may precede the welcome. */
const early: ReadonlySet<string> = new Set(['welcome', 'refused', 'ping'])

/**
 * Reads WebSocket messages, and hands each frame to its handler, while their link is present. Before the welcome only
 * the frames of a handshake are handled. Call in a turn.
 */
export const reader = (
  { turns, deadlines, diagnostics }: Kernel,
  present: LinkOwner,
  { frames, readers }: Pick<Extensions, 'frames' | 'readers'>,
): ((link: Link, data: Data) => void) => {
  const { counters } = diagnostics
  const handlers = frames as Readonly<Record<string, (frame: ServerFrame, link: Link) => void>>
  let stamped: Link | undefined
  /** The link with frames before its welcome: one report for all of them. */
  let reported: Link | undefined

  const malformed = (because: string): void => {
    counters.malformedFrames++
    diagnostics.report(fault('BadFrame', because))
  }
  /** Reads the clock once for all frames that arrive together: a read costs as much as handling a message. */
  const stamp = (link: Link): void => {
    if (stamped === link) return
    stamped = link
    turns.soon(() => {
      stamped = undefined
      link.heardAt = deadlines.now()
    })
  }
  /** Total: an invalid envelope does not stop the next one. */
  const take = (envelope: unknown, { _tag, link }: LinkState): void => {
    const isOnline = _tag === 'Online'
    if (isOnline && isMsg(envelope)) {
      handlers['m']?.(envelope, link)
      return
    }
    let read: Read<ServerFrame> = readServer(envelope)
    // A frame of a feature: its reader comes with the feature.
    if (read._tag === 'Unknown' && Object.hasOwn(readers, read.t)) read = readers[read.t]?.(envelope) ?? read
    if (read._tag === 'Malformed') malformed(read.because)
    else if (read._tag === 'Unknown') {
      const t = excerpt(read.t)
      counters.unknownFrames++
      diagnostics.report(fault('BadFrame', `a frame of a later version: ${t}`))
      if (read.must)
        present.lose(
          connectionError({ ...told('protocol/outdated', { t: diagnostics.secrets.hide(t) }), kind: 'terminal' }),
          undefined,
          link,
        )
    } else {
      const { frame } = read
      const kind = 't' in frame ? frame.t : frame[0]
      if (isOnline || early.has(kind))
        handlers[kind]?.('message' in frame ? redacted(diagnostics.secrets, frame) : frame, link)
      else if (reported !== link) {
        reported = link
        malformed('frames before the welcome')
      }
    }
  }

  return (link, data) => {
    let at = present.state(link)
    if (!at) return
    counters.framesIn++
    stamp(link)
    const envelopes = link.codec.unpack(data)
    if (E.isLeft(envelopes)) {
      malformed(envelopes.left)
      return
    }
    const { handled } = link
    for (const envelope of envelopes.right) {
      take(envelope, at)
      turns.settle()
      at = present.state(link)
      if (!at) return
    }
    if (link.handled > handled) at.flow.handled(data.length)
  }
}
