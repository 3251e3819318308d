import { EMPTY, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { protocolTooOld, stalled } from '../connection/error.js'
import type { Link } from '../connection/link.js'
import { type Heartbeat, liveness } from '../connection/liveness.js'
import type { Input, ConnectionState as State } from '../connection/model.js'
import type { Cell } from '../core/cell.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import type { Data } from '../core/ports.js'
import type { Redactor } from '../core/redact.js'
import type { Outbox } from '../outbox/model.js'
import {
  type Bye, type ClientFrame, type Refused, SIGNALS, type Welcome,
} from '../protocol/frame.js' // prettier-ignore
import { refused } from '../rooms/error.js'
import type { Rooms } from '../rooms/rooms.js'
import type { Signals } from '../rooms/signals.js'
import type { Handshake } from '../session/handshake.js'
import { ended, type SessionState } from '../session/state.js'
import type { Config } from './config.js'
import { type FlowControl, flowControl } from './flow-control.js'
import { merged } from '../rooms/merged-joins.js'
import { redacted, noted } from './redaction.js'
import { dispatch, type Handlers, untilWelcome } from './dispatch.js'
import { type Fault, fault } from './fault.js'
import type { Counters } from './metrics.js'
import { isTooLarge, batching, type Poison, poisonOf } from './batching.js'
import { type Pressure, pressure } from './pressure.js'
import { type Renewals, renewals } from './renewals.js'
import type { SocketEvents } from './socket.js'
import type { Tokens } from './tokens.js'
import type { Turns } from './turns.js'

/** The frames of the present connection, in both directions. Call in a turn. */
export interface LinkSession extends SocketEvents {
  readonly greet: () => void
  readonly down: () => void
  readonly probe: () => void
  /** Writes the new token on the live connection. */
  readonly renew: () => void
  readonly liveness: () => Observable<Input>
  /** Writes a control frame on the present connection; drops it while there is none. */
  readonly write: (frame: ClientFrame) => void
  /** Writes a signal on the present connection, if the server supports it and fewer than `highWaterBytes` wait already. */
  readonly signal: (
    ch: number,
    event: string,
    text: string,
    highWaterBytes: number,
  ) => 'written' | 'unsupported' | 'too-large' | 'full'
  readonly flush: () => void
}

export interface Parts {
  readonly config: Config
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly handshake: Handshake
  readonly rooms: Rooms
  readonly outbox: Outbox
  readonly signals: Signals
  readonly tokens: Tokens
  readonly secrets: Redactor
  readonly session: Cell<SessionState>
  readonly counters: Counters
  readonly report: (what: Fault) => void
  readonly send: (input: Input) => void
  readonly state: () => State
}

/** State of one link only; dropped with it. */
interface LinkState {
  readonly link: Link
  welcome?: Welcome
  heartbeat?: Heartbeat
  /** Set from the hello on. */
  renewals?: Renewals
  pings: number
  bye?: Bye
  byeDeadline?: Deadline
  /** A frame that this client ignores arrived before the welcome. */
  isEarly?: boolean
  readonly pressure: Pressure
  readonly credit: FlowControl
  /** The fault of the message that closed the connection, if a message closed it. */
  poison?: Poison | undefined
  /** An update of `heardAt` is scheduled. */
  stamping: boolean
}

/** Allows a quarter of the grace period for the ping's latency. */
const withLatency = ({ intervalMs, graceMs }: Heartbeat): Heartbeat => ({
  intervalMs: intervalMs + graceMs / 4,
  graceMs: graceMs - graceMs / 4,
})

const noHeartbeat: Heartbeat = { intervalMs: Infinity, graceMs: 0 }

export const createLinkSession = (parts: Parts): LinkSession => {
  const packed = batching()
  const { config, turns, deadlines, handshake, rooms, outbox, tokens, secrets, session, counters, report } = parts
  const now = (): number => config.scheduler.now()
  let present: LinkState | undefined

  const lose = ({ link: { generation } }: LinkState, because: WebSocketError): void => {
    const over = ended(because)
    if (over) session.set(over)
    parts.send({ _tag: 'Lost', generation, because })
  }
  const write = (frame: ClientFrame): void => { present?.link.control(frame) }
  const writeJoins = (): void => {
    if (present?.welcome && rooms.pending()) merged(noted(secrets, rooms.take(Infinity, Infinity)), present.link).forEach(write)
  }
  const probe = (): void => { if (present) write({ t: 'ping', n: ++present.pings }) }
  const renew = (): void => { if (present?.welcome) present.renewals?.renew() }
  const handlers: Handlers = {
    m: (frame, link) => {
      link.handled++
      rooms.message(frame, link.codec.payload)
    },
    h: (frame, link) => { link.handled++; rooms.paged(frame, link.codec.payload) },
    a: (frame) => { outbox.ack(frame) },
    s: (frame, link) => {
      const room = rooms.at(frame[1])
      if (room) parts.signals.take(room, frame, link.codec.payload)
      else counters.stale++
    },
    joined: rooms.joined,
    left: (frame) => { rooms.left(redacted(secrets, frame)) },
    granted: rooms.granted,
    gap: rooms.gap,
    page: rooms.page,
    welcome: (frame, link) => {
      if (!present || present.welcome) return
      secrets.note(frame.session.resume, 'session')
      present.welcome = frame
      present.heartbeat = frame.heartbeat
      packed.obey(link, frame.limits)
      session.set(handshake.welcome(frame))
      if (frame.tokenExpiresInMs !== undefined) present.renewals?.lifetime(frame.tokenExpiresInMs)
      rooms.up(frame)
      outbox.up(link, frame, frame.user)
      counters.connections++
      parts.send({ _tag: 'Welcomed', generation: link.generation })
      renew()
    },
    refused: (frame) => { if (present) takeRefusal(present, redacted(secrets, frame)) },
    'auth.ok': (frame) => { present?.renewals?.accepted(frame) },
    ping: ({ n }, link) => { link.control({ t: 'pong', n, seen: link.handled }) },
    pong: () => undefined,
    bye: (frame) => {
      if (!present) return
      const leaving = present
      leaving.bye = frame
      outbox.pause()
      leaving.byeDeadline?.cancel()
      leaving.byeDeadline = deadlines.after(frame.drainMs, () => { turns.enter(() => { if (present === leaving) leave(leaving) }) })
    },
    'bye.done': () => { if (present?.bye) leave(present) },
    limits: ({ limits }) => {
      if (!present?.welcome) return
      present.welcome = { ...present.welcome, limits }
      packed.obey(present.link, limits)
      outbox.agree({ limits, durability: present.welcome.durability })
      const current = session.value()
      if (current._tag === 'Active') session.set({ ...current, limits })
    },
    unknown: (t, must) => {
      counters.unknownFrames++
      report(fault('BadFrame', `a frame of a later version: ${t}`))
      if (must && present) lose(present, protocolTooOld(secrets.hide(t)))
    },
    malformed: (because) => {
      counters.malformedFrames++
      report(fault('BadFrame', because))
    },
  }
  const greeted = untilWelcome(handlers, () => {
    if (!present || present.isEarly) return
    present.isEarly = true
    handlers.malformed('frames before the welcome')
  })
  const takeRefusal = (to: LinkState, frame: Refused): void => {
    if (frame.ref === undefined) lose(to, refused('', poisonous(to, frame)))
    else if (!outbox.refuse(frame)) to.renewals?.refused(frame)
  }
  /** A too-large refusal is retried with smaller batches; it is terminal only before a welcome with batches at the minimum. */
  const poisonous = (to: LinkState, frame: Refused): Refused => {
    if (frame.code !== 'protocol/too-large' || (!to.welcome && packed.isLeast())) return frame
    to.poison = 'size'
    return { ...frame, kind: 'retry' }
  }
  const farewell = (to: LinkState): Input | undefined => {
    const { bye, link: { generation } } = to
    if (!bye) return undefined
    if (bye.reconnect === 'never') return { _tag: 'Dismissed', generation }
    const { afterMs: retryAfterMs, spreadMs } = bye.reconnect
    const message = `The server said goodbye: ${secrets.hide(bye.because).slice(0, 128)}.`
    return { _tag: 'Lost', generation, because: refused('', { code: 'server/bye', message, kind: 'retry', retryAfterMs, spreadMs }) }
  }
  const leave = (to: LinkState): void => {
    const input = farewell(to)
    if (input) parts.send(input)
  }
  /** Reads the clock once for all frames that arrive together: a read costs as much as handling a message. */
  const stamp = (to: LinkState): void => {
    to.stamping = true
    turns.soon(() => {
      to.stamping = false
      to.link.heardAt = now()
    })
  }
  const read = (to: LinkState, data: Data): void => {
    counters.framesIn++
    if (!to.stamping) stamp(to)
    const envelopes = to.link.codec.unpack(data)
    if (E.isLeft(envelopes)) {
      handlers.malformed(envelopes.left)
      return
    }
    const { handled } = to.link
    for (const envelope of envelopes.right) {
      if (to !== present) return
      dispatch(envelope, to.link, to.welcome ? handlers : greeted)
      turns.settle()
    }
    if (to === present && to.link.handled > handled)
      to.credit.received(data.length, to.welcome?.limits.unseenBytes ?? Infinity)
  }

  return {
    opened: (link) => {
      const made: LinkState = {
        link, pings: 0, stamping: false, credit: flowControl(link, deadlines, turns),
        pressure: pressure(link, {
          deadlines, turns, now, highWaterBytes: config.outbox.highWaterBytes,
          patienceMs: () => { const { intervalMs, graceMs } = made.heartbeat ?? noHeartbeat; return intervalMs + graceMs },
          stalled: (forMs) => { if (present === made) lose(made, stalled(forMs)) },
        }),
      }
      present = made
    },
    received: (link, data) => {
      turns.enter(() => { if (present?.link === link) read(present, data) })
    },
    farewell: (link, code, isOwn) => {
      if (!present || present.link !== link) return undefined
      present.poison ??= poisonOf(code, isOwn)
      return farewell(present)
    },
    secrets,
    greet: () => {
      if (!present) return
      const current = tokens.current()
      const token = current?.token ?? 0
      const to = present
      to.renewals = renewals({ config, turns, deadlines, tokens, inForce: rooms.again }, to.link, token, (frame) => { lose(to, refused('', frame)) })
      tokens.inForce(token)
      const first = noted(secrets, rooms.take(Infinity, packed.forRooms(current?.text.length ?? 0)))
      const hello = handshake.hello(to.link.generation, current?.text, first)
      secrets.note(hello.session.resume ?? '', 'session')
      write(hello)
    },
    down: () => {
      if (present?.welcome) counters.losses++
      const { poison, link } = present ?? {}
      const oversized = poison === 'size' ? link : undefined
      const besideBytes = oversized ? packed.beside(oversized) : 0
      const isBlamed = outbox.down(poison && poison !== 'received' && present?.welcome ? besideBytes : undefined)
      if (oversized && !isBlamed) packed.shrink(oversized)
      present?.credit.stop()
      present?.pressure.stop()
      present?.renewals?.stop()
      present = undefined
      rooms.down(poison === 'received')
    },
    probe,
    renew,
    liveness: () => {
      const { link, heartbeat } = present ?? {}
      if (!link || !heartbeat) return EMPTY
      return liveness(link, withLatency(heartbeat), deadlines, now, () => { turns.enter(probe) })
    },
    write,
    signal: (ch, event, text, highWaterBytes) => {
      if (!present?.welcome?.can.includes(SIGNALS)) return 'unsupported'
      if (isTooLarge(text, present.welcome.limits)) return 'too-large'
      if (present.link.buffered() >= highWaterBytes) return 'full'
      present.link.signal(ch, event, text)
      return 'written'
    },
    flush: () => {
      if (!present || present.pressure.isFull()) return
      writeJoins()
      outbox.flush()
      present.link.flush()
    },
  }
} // prettier-ignore
