import { overdue } from '../connection/error.js'
import type { Link } from '../connection/link.js'
import type { Input } from '../connection/model.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import type { Data } from '../core/ports.js'
import type { ControlFrame, Limits, Welcome } from '../protocol/frame.js'
import { batching, type Poison, poisonOf } from './batching.js'
import type { KernelConfig } from './config.js'
import type { LinkEnd } from './extension.js'
import { type Pressure, pressure } from './pressure.js'
import type { Turns } from './turns.js'

/** The link of a client from its opening to its end. Call in a turn. */
export interface PresentLink {
  readonly link: () => Link | undefined
  /** The welcome of its server, with its present limits; `undefined` before it. */
  readonly welcome: () => Welcome | undefined
  /** Writes a control frame; drops it while there is no link. */
  readonly write: (frame: ControlFrame) => void
  /** Ends the link for a reason; `poison`: the fault of the message that is the cause. */
  readonly lose: (because: WebSocketError, poison?: Poison) => void
  /** The bytes of a hello's rooms, beside a token of `tokenBytes`. */
  readonly helloBytes: (tokenBytes: number) => number
  /** True if messages of several frames can be made smaller. */
  readonly canShrink: () => boolean
}

/** The part of the present link that only the kernel uses. */
export interface LinkOwner extends PresentLink {
  readonly opened: (link: Link) => void
  readonly received: (link: Link, data: Data) => void
  /** The socket closed; `isOwn`: this side closed it over a too large message. Returns the expected end, if there is one. */
  readonly closed: (link: Link | undefined, code: number, isOwn: boolean) => Input | undefined
  readonly welcomed: (welcome: Welcome) => void
  /** The server has changed its limits. */
  readonly agreed: (limits: Limits) => void
  /** True while the socket takes frames. */
  readonly isWritable: () => boolean
  /** The link has ended. */
  readonly down: () => void
}

export interface LinkNeeds {
  readonly config: Pick<KernelConfig, 'highWaterBytes'>
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly now: () => number
  readonly lost: (link: Link, because: WebSocketError) => void
  readonly read: (link: Link, data: Data) => void
  readonly expected: (link: Link) => Input | undefined
  readonly up: (welcome: Welcome, link: Link) => void
  readonly agreed: (welcome: Welcome) => void
  /** Returns true if a single message may be the cause of the end. */
  readonly down: (end: LinkEnd) => boolean
}

/** A link before and after its welcome. */
type LinkState =
  | { readonly _tag: 'Handshaking'; readonly link: Link; readonly pressure: Pressure }
  | { readonly _tag: 'Online'; readonly link: Link; readonly pressure: Pressure; readonly welcome: Welcome }

export const presentLink = (needs: LinkNeeds): LinkOwner => {
  const { turns, deadlines, now } = needs
  const batches = batching()
  let present: LinkState | undefined
  /** The fault of the message that ended the present link. */
  let poison: Poison | undefined

  const welcome = (): Welcome | undefined => (present?._tag === 'Online' ? present.welcome : undefined)
  const lose = (because: WebSocketError, cause?: Poison): void => {
    if (!present) return
    poison ??= cause
    needs.lost(present.link, because)
  }
  /** The time, in ms, that waiting data may stand still: as long as the server may be silent. */
  const patienceMs = (): number => {
    const { intervalMs = Infinity, graceMs = 0 } = welcome()?.heartbeat ?? {}
    return intervalMs + graceMs
  }
  const endOf = (ended: LinkState | undefined): LinkEnd => ({
    wasOnline: ended?._tag === 'Online',
    poison,
    besideBytes: ended && poison === 'size' ? batches.beside(ended.link) : 0,
  })

  return {
    link: () => present?.link,
    welcome,
    write: (frame) => {
      present?.link.control(frame)
    },
    lose,
    helloBytes: batches.forRooms,
    canShrink: () => !batches.isLeast(),
    opened: (link) => {
      poison = undefined
      const watched = pressure(link, {
        deadlines,
        turns,
        now,
        highWaterBytes: needs.config.highWaterBytes,
        patienceMs,
        stalled: (forMs) => {
          if (present?.link === link) lose(overdue('connection/stalled', forMs))
        },
      })
      present = { _tag: 'Handshaking', link, pressure: watched }
    },
    received: (link, data) => {
      turns.enter(() => {
        if (present?.link === link) needs.read(link, data)
      })
    },
    closed: (link, code, isOwn) => {
      if (!link || present?.link !== link) return undefined
      poison ??= poisonOf(code, isOwn)
      return needs.expected(link)
    },
    welcomed: (frame) => {
      if (present?._tag !== 'Handshaking') return
      const { link } = present
      present = { ...present, _tag: 'Online', welcome: frame }
      batches.obey(link, frame.limits)
      needs.up(frame, link)
    },
    agreed: (limits) => {
      if (present?._tag !== 'Online') return
      const changed = { ...present.welcome, limits }
      present = { ...present, welcome: changed }
      batches.obey(present.link, limits)
      needs.agreed(changed)
    },
    isWritable: () => present !== undefined && !present.pressure.isFull(),
    down: () => {
      const ended = present
      const end = endOf(ended)
      present = undefined
      poison = undefined
      ended?.pressure.stop()
      const isExplained = needs.down(end)
      if (ended && end.poison === 'size' && !isExplained) batches.shrink(ended.link)
    },
  }
}
