import * as E from '#fp/Either'
import type { Deadline } from '../core/deadlines.js'
import type { Data, Peer, PeerSocket } from '../core/ports.js'
import { maskParts } from '../core/redact-parts.js'
import { redactor, type Redactor } from '../core/redact.js'
import type { Codec } from '../protocol/codec.js'
import { bounds, type ClientFrame, type Hello } from '../protocol/frame.js'
import type { Phase } from './admission.js'
import { delist, type Shared } from './connections.js'
import type { Cancel } from './context.js'
import { departure, type Departing, type Departure, endOf, turnAway } from './departure.js'
import type { GoAway } from './go-away.js'
import { credentialsOf, greet, type Guest, type Rejection } from './handshake.js'
import type { Death } from './heartbeat.js'
import { inbound as inboundOf, type Fatal, type Inbound, type Receiver } from './inbound.js'
import { intake, type Intake } from './intake.js'
import { closedWith, type ConnectionLog } from './logging.js'
import { meter, type Meter, type Metered } from './meter.js'
import { type Admitted, begin, type Opened, openSession } from './opening.js'
import { plainPeer } from './plain-peer.js'
import { closeCodeOf, closeCodes, refusal, type CloseCode, type RefusalCode } from './refusal.js'
import type { MembershipEnd } from './tables/member-row.js'
import { noteSecrets } from './secrets.js'
import { writer, type Writer, type Written } from './writer.js'

type State =
  | { readonly _tag: 'Handshaking'; readonly deadline: Deadline }
  | { readonly _tag: 'Checking'; cancel: Cancel; readonly held: ClientFrame[] }
  | ({ readonly _tag: 'Open' } & Opened)
  | { readonly _tag: 'Closing'; readonly deadline: Deadline }
  | { readonly _tag: 'Closed' }

/** How long a refused peer may take to close, in ms. */
const closingMs = 2_000

/** Accepts a socket. */
export const connection = (shared: Shared, socket: PeerSocket): Peer => {
  const made = new Connection(shared, socket)
  made.start()
  return plainPeer(made)
}

/** A class, because a server has many connections: its instances share their methods. */
class Connection implements Peer, Admitted, Departing, Metered, Receiver, Written {
  readonly shared: Shared
  readonly codec: Codec
  readonly writer: Writer
  readonly meter: Meter
  isFenced = false
  readonly #socket: PeerSocket
  readonly #intake: Intake
  readonly #inbound: Inbound
  #state: State
  #leaving: Departure | undefined
  /** The way in which the memberships end with the connection. */
  #departure: MembershipEnd = 'lost'
  #log: ConnectionLog | undefined
  /** The secrets of the client; only a log needs them. */
  #secrets: Redactor | undefined
  /** The reason of a close from this side, for the log; and the cause of the end, for the metrics. */
  #ending: string | undefined
  #cause: string | undefined

  constructor(shared: Shared, socket: PeerSocket) {
    const { context, fairScheduler, treasury } = shared
    const { codecs, handshakeMs } = context.settings
    const codec = codecs.find(({ subprotocol }) => subprotocol === socket.protocol) ?? codecs[0]
    this.shared = shared
    this.#socket = socket
    this.codec = codec
    this.writer = writer(shared.output, socket, codec, this)
    this.meter = meter(context, treasury, socket.address, this)
    this.#inbound = inboundOf(context, codec, this)
    const inbound = this.#inbound
    this.#intake = intake({ context, socket, fairScheduler, meter: this.meter, inbound, connection: this })
    const late = (): void => {
      this.fatal('protocol/late', closeCodes.greeting)
    }
    this.#state = { _tag: 'Handshaking', deadline: context.time.after(handshakeMs, late) }
  }

  start(): void {
    const { context, log } = this.shared
    const { protocol } = this.#socket
    context.box.enter(() => {
      this.#log = log?.opened()
      this.#secrets = log && redactor(maskParts)
      this.shared.began(this)
      const code = this.meter.enter()
      if (code) this.fatal(code, closeCodes.busy, context.settings.busy)
      if (protocol !== '' && protocol !== this.codec.subprotocol)
        this.fatal('protocol/subprotocol', closeCodes.protocol)
    })
  }

  // ---- the socket
  receive(data: Data): void {
    this.shared.context.box.enter(() => {
      if (this.#state._tag === 'Open') this.#state.pulse.heard()
      this.#intake.receive(data)
    })
  }

  partial(bytes: number): void {
    this.shared.context.box.enter(() => {
      if (this.#state._tag !== 'Open' && bytes > 2 * bounds.firstMessageBytes)
        this.fatal('protocol/too-large', closeCodes.tooLarge)
      this.meter.partial(bytes)
    })
  }

  drained(): void {
    this.shared.context.box.enter(() => {
      if (this.#state._tag === 'Closed') return
      this.meter.unsent(this.writer.buffered())
      if (this.#state._tag === 'Open') this.#state.session.drained()
    })
  }

  closed(code = 1006, reason = ''): void {
    this.shared.context.box.enter(() => {
      this.#ended(closedWith(code, this.#secrets?.hide(reason) ?? ''), `closed ${code <= 1015 ? code : 'other'}`)
    })
  }

  // ---- ends
  fatal(...[code, closeCode, more]: Parameters<Fatal>): void {
    this.#reject({ refusal: refusal(code, more), closeCode })
  }

  die(death: Death): void {
    this.shared.context.count[death]++
    this.#ending ??= death
    this.#cause ??= death
    this.#terminate()
  }

  exhausted(cause: 'server/memory' | 'server/busy'): void {
    this.fatal(cause, cause === 'server/busy' ? closeCodes.busy : closeCodes.rate, this.shared.context.settings.busy)
    this.#terminate()
  }

  end(): void {
    this.#departure = 'moved'
    this.fatal('server/closed', closeCodes.goingAway)
  }

  fence(): void {
    this.isFenced = true
    this.shared.context.count.superseded++
    this.fatal('session/superseded', closeCodes.superseded)
  }

  #enter(next: State): void {
    const before = this.#state
    this.#state = next
    if (before._tag === 'Checking') {
      this.meter.greeted()
      before.cancel()
    } else if (before._tag === 'Open') {
      this.#leaving?.cancel()
      this.#leaving = undefined
      before.pulse.stop()
      delist(this.shared, before.speaker, before.session)
      before.session.close(this.#departure)
    } else if (before._tag !== 'Closed') before.deadline.cancel()
  }

  #ended(how: string, cause: string): void {
    if (this.#state._tag === 'Closed') return
    this.#enter({ _tag: 'Closed' })
    this.#intake.close()
    this.meter.close()
    this.#log?.closed(this.#ending ?? how)
    this.shared.context.count.endCauses.add(this.#cause ?? cause)
    this.shared.ended(this)
  }

  #terminate(): void {
    if (this.#state._tag === 'Closed') return
    this.#socket.terminate()
    this.#ended('without a handshake', 'closed 1006')
  }

  close(closeCode: CloseCode, reason: string): void {
    this.#ending = closedWith(closeCode, reason)
    this.#cause ??= 'bye'
    const terminate = (): void => {
      this.#terminate()
    }
    this.#enter({ _tag: 'Closing', deadline: this.shared.context.time.after(closingMs, terminate) })
    this.writer.flush()
    this.#intake.close()
    this.#socket.close(closeCode, reason)
  }

  #reject({ refusal: because, closeCode }: Rejection): void {
    if (this.#state._tag === 'Closing' || this.#state._tag === 'Closed') return
    this.#log?.refused(because.code)
    this.#cause ??= because.code
    this.writer.control({ t: 'refused', ...because })
    this.close(closeCode, because.code)
    this.meter.refused(because.code)
  }

  // ---- handshake
  #begin(hello: Hello): void {
    const { context } = this.shared
    const meter = this.meter
    const waitMs = hello.token === undefined ? 0 : meter.address.take('tokens')
    if (waitMs > 0) {
      this.fatal('auth/rate', closeCodes.busy, { retryAfterMs: waitMs })
      return
    }
    if (!meter.greet()) {
      this.fatal('server/busy', closeCodes.busy, context.settings.busy)
      return
    }
    const checking: State = { _tag: 'Checking', cancel: () => undefined, held: [] }
    this.#enter(checking)
    const credentials = credentialsOf(this.#socket, hello.session.instance)
    checking.cancel = greet({ context, payer: meter }, this.shared.arrivals, hello, credentials, (answer) => {
      const isRefused = E.isLeft(answer) && answer.left.refusal.code === 'auth/rejected'
      if (hello.token !== undefined && !isRefused) meter.address.charge('tokens', -1)
      if (E.isLeft(answer)) this.#reject(answer.left)
      else this.#open(answer.right, hello, checking.held)
    })
  }

  #open(guest: Guest, hello: Hello, held: readonly ClientFrame[]): void {
    const opened = openSession(this, guest, hello)
    if (!opened) return
    this.#enter({ _tag: 'Open', ...opened })
    this.#secrets?.note(guest.granted.resume, 'session')
    this.#log?.welcomed(guest.identity.user)
    begin(this, opened, guest, hello)
    for (const frame of held) this.#inbound.admit(frame)
  }

  // ---- frames
  beginMessage(): void {
    if (this.#state._tag === 'Open') this.#state.session.begin()
  }

  phase(): Phase {
    return this.#state._tag
  }

  take(frame: ClientFrame): void {
    if (this.#secrets) noteSecrets(this.#secrets, frame)
    if ('t' in frame && frame.t === 'hello') this.#begin(frame)
    else if ('t' in frame && frame.t === 'ping') this.writer.control({ t: 'pong', n: frame.n })
    else if (this.#state._tag === 'Open') {
      this.#state.session.take(frame)
      if ('t' in frame && frame.t === 'pong') this.#leaving?.pong(frame.n)
    }
  }

  hold(frame: ClientFrame): void {
    if (this.#state._tag === 'Checking') this.#state.held.push(frame)
  }

  slow(connectionMs: number, userMs: number): void {
    this.#intake.slow(connectionMs, userMs)
  }

  // ---- the session
  endSession(code: RefusalCode, message?: string): void {
    this.#departure = endOf(code)
    this.fatal(code, closeCodeOf(code), message === undefined ? {} : { message })
  }

  credentials(instance: string): ReturnType<typeof credentialsOf> {
    return credentialsOf(this.#socket, instance)
  }

  // ---- output
  dirty(): void {
    this.shared.flushLater(this)
  }

  flush(): void {
    const { settings, fault } = this.shared.context
    const buffered = this.writer.flush()
    if (this.#state._tag === 'Closed') return
    this.meter.unsent(buffered)
    this.#leaving?.part()
    if (buffered > settings.highWaterBytes + 4 * settings.limits.messageBytes) {
      fault({ where: 'link', message: 'A client asks faster than it reads the answers.' })
      this.die('stalled')
    } else if (this.#state._tag === 'Open') this.#state.session.drained()
  }

  // ---- leaving
  bye(farewell: GoAway): void {
    this.#departure = 'moved'
    if (this.#state._tag === 'Open') this.#leaving = departure(this, farewell, this.#state)
    else turnAway(this, farewell.bye)
  }
}
