import { EMPTY, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { outdated, stalled } from '../connection/error.js'
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
export interface Conversation extends SocketEvents {
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
  readonly greeting: Handshake
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
interface Talk {
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
const patient = ({ intervalMs, graceMs }: Heartbeat): Heartbeat => ({
  intervalMs: intervalMs + graceMs / 4,
  graceMs: graceMs - graceMs / 4,
})

const never: Heartbeat = { intervalMs: Infinity, graceMs: 0 }

export const conversation = (parts: Parts): Conversation => {
  const packed = batching()
  const { config, turns, deadlines, greeting, rooms, outbox, tokens, secrets, session, counters, report } = parts
  const now = (): number => config.scheduler.now()
  let talk: Talk | undefined

  const lose = ({ link: { generation } }: Talk, because: WebSocketError): void => {
    const over = ended(because)
    if (over) session.set(over)
    parts.send({ _tag: 'Lost', generation, because })
  }
  const write = (frame: ClientFrame): void => { talk?.link.control(frame) }
  const writeJoins = (): void => {
    if (talk?.welcome && rooms.pending()) noted(secrets, rooms.take(Infinity, Infinity)).forEach(write)
  }
  const probe = (): void => { if (talk) write({ t: 'ping', n: ++talk.pings }) }
  const renew = (): void => { if (talk?.welcome) talk.renewals?.renew() }
  const handlers: Handlers = {
    m: (frame, link) => {
      link.handled++
      rooms.message(frame, link.codec.payload)
    },
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
      if (!talk || talk.welcome) return
      secrets.note(frame.session.resume, 'session')
      talk.welcome = frame
      talk.heartbeat = frame.heartbeat
      packed.obey(link, frame.limits)
      session.set(greeting.welcome(frame))
      if (frame.tokenExpiresInMs !== undefined) talk.renewals?.lifetime(frame.tokenExpiresInMs)
      rooms.up(frame)
      outbox.up(link, frame, frame.user)
      counters.connections++
      parts.send({ _tag: 'Welcomed', generation: link.generation })
      renew()
    },
    refused: (frame) => { if (talk) takeRefusal(talk, redacted(secrets, frame)) },
    'auth.ok': (frame) => { talk?.renewals?.accepted(frame) },
    ping: ({ n }, link) => { link.control({ t: 'pong', n, seen: link.handled }) },
    pong: () => undefined,
    bye: (frame) => {
      if (!talk) return
      const leaving = talk
      leaving.bye = frame
      outbox.pause()
      leaving.byeDeadline?.cancel()
      leaving.byeDeadline = deadlines.after(frame.drainMs, () => { turns.enter(() => { if (talk === leaving) leave(leaving) }) })
    },
    'bye.done': () => { if (talk?.bye) leave(talk) },
    limits: ({ limits }) => {
      if (!talk?.welcome) return
      talk.welcome = { ...talk.welcome, limits }
      packed.obey(talk.link, limits)
      outbox.agree({ limits, durability: talk.welcome.durability })
      const current = session.value()
      if (current._tag === 'Active') session.set({ ...current, limits })
    },
    unknown: (t, must) => {
      counters.unknownFrames++
      report(fault('BadFrame', `a frame of a later version: ${t}`))
      if (must && talk) lose(talk, outdated(secrets.hide(t)))
    },
    malformed: (because) => {
      counters.malformedFrames++
      report(fault('BadFrame', because))
    },
  }
  const greeted = untilWelcome(handlers, () => {
    if (!talk || talk.isEarly) return
    talk.isEarly = true
    handlers.malformed('frames before the welcome')
  })
  const takeRefusal = (to: Talk, frame: Refused): void => {
    if (frame.ref === undefined) lose(to, refused('', poisonous(to, frame)))
    else if (!outbox.refuse(frame)) to.renewals?.refused(frame)
  }
  /** A too-large refusal is retried with smaller batches; it is terminal only before a welcome with batches at the minimum. */
  const poisonous = (to: Talk, frame: Refused): Refused => {
    if (frame.code !== 'protocol/too-large' || (!to.welcome && packed.isLeast())) return frame
    to.poison = 'size'
    return { ...frame, kind: 'retry' }
  }
  const farewell = (to: Talk): Input | undefined => {
    const { bye, link: { generation } } = to
    if (!bye) return undefined
    if (bye.reconnect === 'never') return { _tag: 'Dismissed', generation }
    const { afterMs: retryAfterMs, spreadMs } = bye.reconnect
    const message = `The server said goodbye: ${secrets.hide(bye.because).slice(0, 128)}.`
    return { _tag: 'Lost', generation, because: refused('', { code: 'server/bye', message, kind: 'retry', retryAfterMs, spreadMs }) }
  }
  const leave = (to: Talk): void => {
    const input = farewell(to)
    if (input) parts.send(input)
  }
  /** Reads the clock once for all frames that arrive together: a read costs as much as handling a message. */
  const stamp = (to: Talk): void => {
    to.stamping = true
    turns.soon(() => {
      to.stamping = false
      to.link.heardAt = now()
    })
  }
  const read = (to: Talk, data: Data): void => {
    counters.framesIn++
    if (!to.stamping) stamp(to)
    const envelopes = to.link.codec.unpack(data)
    if (E.isLeft(envelopes)) {
      handlers.malformed(envelopes.left)
      return
    }
    const { handled } = to.link
    for (const envelope of envelopes.right) {
      if (to !== talk) return
      dispatch(envelope, to.link, to.welcome ? handlers : greeted)
      turns.settle()
    }
    if (to === talk && to.link.handled > handled)
      to.credit.received(data.length, to.welcome?.limits.unseenBytes ?? Infinity)
  }

  return {
    opened: (link) => {
      const made: Talk = {
        link, pings: 0, stamping: false, credit: flowControl(link, deadlines, turns),
        pressure: pressure(link, {
          deadlines, turns, now, highWaterBytes: config.outbox.highWaterBytes,
          patienceMs: () => { const { intervalMs, graceMs } = made.heartbeat ?? never; return intervalMs + graceMs },
          stalled: (forMs) => { if (talk === made) lose(made, stalled(forMs)) },
        }),
      }
      talk = made
    },
    received: (link, data) => {
      turns.enter(() => { if (talk?.link === link) read(talk, data) })
    },
    farewell: (link, code, isOwn) => {
      if (!talk || talk.link !== link) return undefined
      talk.poison ??= poisonOf(code, isOwn)
      return farewell(talk)
    },
    secrets,
    greet: () => {
      if (!talk) return
      const current = tokens.current()
      const token = current?.token ?? 0
      const to = talk
      to.renewals = renewals({ config, turns, deadlines, tokens, inForce: rooms.again }, to.link, token, (frame) => { lose(to, refused('', frame)) })
      tokens.inForce(token)
      const first = noted(secrets, rooms.take(Infinity, packed.forRooms(current?.text.length ?? 0)))
      const hello = greeting.hello(to.link.generation, current?.text, first)
      secrets.note(hello.session.resume ?? '', 'session')
      write(hello)
    },
    down: () => {
      if (talk?.welcome) counters.losses++
      const { poison, link } = talk ?? {}
      const oversized = poison === 'size' ? link : undefined
      const besideBytes = oversized ? packed.beside(oversized) : 0
      const isBlamed = outbox.down(poison && poison !== 'received' && talk?.welcome ? besideBytes : undefined)
      if (oversized && !isBlamed) packed.shrink(oversized)
      talk?.credit.stop()
      talk?.pressure.stop()
      talk?.renewals?.stop()
      talk = undefined
      rooms.down(poison === 'received')
    },
    probe,
    renew,
    liveness: () => {
      const { link, heartbeat } = talk ?? {}
      if (!link || !heartbeat) return EMPTY
      return liveness(link, patient(heartbeat), deadlines, now, () => { turns.enter(probe) })
    },
    write,
    signal: (ch, event, text, highWaterBytes) => {
      if (!talk?.welcome?.can.includes(SIGNALS)) return 'unsupported'
      if (isTooLarge(text, talk.welcome.limits)) return 'too-large'
      if (talk.link.buffered() >= highWaterBytes) return 'full'
      talk.link.signal(ch, event, text)
      return 'written'
    },
    flush: () => {
      if (!talk || talk.pressure.isFull()) return
      writeJoins()
      outbox.flush()
      talk.link.flush()
    },
  }
} // prettier-ignore
