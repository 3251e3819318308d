import { overdue } from '../connection/error.js'
import type { Link } from '../connection/link.js'
import type { WebSocketError } from '../core/error.js'
import type { Welcome } from '../protocol/frame.js'
import { batching, type Poison, poisonOf } from './batching.js'
import type { LinkEnd } from './extension.js'
import type { Extensions } from './extensions.js'
import { type FlowControl, flowControl } from './flow-control.js'
import type { Kernel, PresentLink } from './kernel.js'
import { type Pressure, pressure } from './pressure.js'
import { ended } from './session.js'

/** The part of the present link that only the kernel uses. */
export interface LinkOwner extends PresentLink {
  /** The state of a link; `undefined` for one that is neither the present one nor its successor. */
  readonly state: (link: Link) => LinkState | undefined
  readonly opened: (link: Link) => void
  /** The socket closed; `isOwn`: this side closed it over a too large message. */
  readonly closed: (link: Link, code: number, isOwn: boolean) => void
  /** Writes the waiting frames if the socket takes them. */
  readonly flush: () => void
  /** The client is about to end the link: writes what its parts have to say. */
  readonly part: () => void
  /** The link of that number has ended: the present one, which its successor then follows, or the successor. */
  readonly down: (generation: number) => void
}

interface OpenLink {
  readonly link: Link
  readonly pressure: Pressure
  readonly flow: FlowControl
}

/** A link before and after its welcome. */
export type LinkState =
  | ({ readonly _tag: 'Handshaking' } & OpenLink)
  | ({ readonly _tag: 'Online'; readonly welcome: Welcome } & OpenLink)

export const presentLink = (
  kernel: Pick<Kernel, 'config' | 'deadlines' | 'diagnostics' | 'session' | 'send'>,
  parts: Extensions,
): LinkOwner => {
  const batches = batching()
  let present: LinkState | undefined
  /** A link that is to follow the present one, which it does with its welcome, or with the end of that. */
  let successor: LinkState | undefined
  /** The fault of the message that ended the present link. */
  let poison: Poison | undefined

  const welcomed = (): Welcome | undefined => (present?._tag === 'Online' ? present.welcome : undefined)
  const lose = (because: WebSocketError, cause?: Poison, link = present?.link): void => {
    if (!link) return
    if (!successor) {
      poison ??= cause
      const over = ended(because)
      if (over) kernel.session.set(over)
    }
    kernel.send({ _tag: 'Lost', generation: link.generation, because })
  }
  const stop = (open: LinkState | undefined): void => {
    open?.pressure.stop()
    open?.flow.stop()
  }
  /** Tells the parts that the present link has ended, and goes on with its successor. */
  const follow = (): void => {
    const { link } = present ?? {}
    const wasOnline = present?._tag === 'Online'
    const besideBytes = link && poison === 'size' ? batches.beside(link) : 0
    const end: LinkEnd = { wasOnline, poison, besideBytes }
    stop(present)
    present = successor
    successor = undefined
    poison = undefined
    const isExplained = parts.down(end)
    if (link && end.poison === 'size' && !isExplained) batches.shrink(link)
  }
  const made: LinkOwner = {
    state: (link) => (present?.link === link ? present : successor?.link === link ? successor : undefined),
    greeting: () => (successor ?? present)?.link,
    link: () => present?.link,
    welcome: welcomed,
    agree: (welcome, of) => {
      if (of && of === successor?.link) follow()
      if (!present) return
      const { link, _tag: before } = present
      present = { ...present, _tag: 'Online', welcome }
      batches.obey(link, welcome.limits)
      if (before === 'Handshaking') parts.tell('up', welcome, link)
    },
    write: (frame) => {
      present?.link.control(frame)
    },
    lose,
    helloBytes: batches.forRooms,
    canShrink: batches.canShrink,
    opened: (link) => {
      // Waiting data may stand still as long as the server may be silent.
      const stallMs = (): number => {
        const { intervalMs = Infinity, graceMs = 0 } = welcomed()?.heartbeat ?? {}
        return intervalMs + graceMs
      }
      const stalled = (forMs: number): void => {
        if (made.state(link)) lose(overdue('connection/stalled', forMs), undefined, link)
      }
      const opened: LinkState = {
        _tag: 'Handshaking',
        link,
        pressure: pressure(link, kernel.config.highWaterBytes, kernel.deadlines, stallMs, stalled),
        flow: flowControl(link, kernel.deadlines, () => welcomed()?.limits.unseenBytes ?? Infinity),
      }
      if (present) successor = opened
      else present = opened
    },
    closed: (link, code, isOwn) => {
      if (present?.link === link) poison ??= poisonOf(code, isOwn)
    },
    flush: () => {
      successor?.link.flush()
      if (!present || present.pressure.isFull()) return
      const { link } = present
      if (present._tag === 'Online') parts.write(link)
      link.flush()
    },
    part: () => {
      if (present?._tag !== 'Online') return
      parts.tell('part', present.link)
      present.link.flush()
    },
    down: (generation) => {
      if (present && present.link.generation !== generation) {
        stop(successor)
        successor = undefined
        return
      }
      if (present?._tag === 'Online') kernel.diagnostics.counters.losses++
      follow()
    },
  }
  return made
}
