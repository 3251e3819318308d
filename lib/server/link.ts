import * as E from '#fp/Either'
import type { Deadline } from '../core/deadlines.js'
import type { Peer, PeerSocket } from '../core/ports.js'
import { redactor } from '../core/redact.js'
import { bounds, type Bye, type ClientFrame, type Hello } from '../protocol/frame.js'
import { billed, type Cancel } from './context.js'
import type { Departure, GoAway } from './go-away.js'
import { credentialsOf, greet, welcome, type Guest, type Rejection } from './handshake.js'
import { heartbeat, type Death, type Heartbeat } from './heartbeat.js'
import { inbound, type Fatal } from './inbound.js'
import { intake } from './intake.js'
import { meter } from './meter.js'
import { closeCodes, refusal, type CloseCode } from './refusal.js'
import { closedWith, type LinkLog } from './logging.js'
import { noteSecrets } from './secrets.js'
import { session } from './session.js'
import { type Link, type Session, type Shared, speak } from './connections.js'
import { writer } from './writer.js'

type State =
  | { readonly _tag: 'Handshaking'; readonly deadline: Deadline }
  | { readonly _tag: 'Checking'; readonly hello: Hello; cancel: Cancel; readonly held: ClientFrame[] }
  | { readonly _tag: 'Open'; readonly session: Session; readonly pulse: Heartbeat; readonly end: () => void }
  | { readonly _tag: 'Closing'; readonly deadline: Deadline }
  | { readonly _tag: 'Closed' } // prettier-ignore

/** How long a refused peer may take to close, in ms. */
const closingMs = 2_000

export const link = (shared: Shared, socket: PeerSocket): Peer => {
  const { context } = shared
  const { box, time, count, settings } = context
  const codec = settings.codecs.find(({ subprotocol }) => subprotocol === socket.protocol) ?? settings.codecs[0]
  const out = writer({
    socket,
    codec,
    sequences: shared.sequences,
    highWaterBytes: settings.highWaterBytes,
    messageBytes: settings.limits.messageBytes,
    dirty: () => {
      shared.flushLater(self)
    },
  })
  const late = time.after(settings.handshakeMs, () => {
    fatal('protocol/late', closeCodes.greeting)
  })
  let state: State = { _tag: 'Handshaking', deadline: late }
  let leaving: Departure | undefined
  let isFenced = false
  const budget = meter(context, {
    treasury: shared.treasury,
    address: socket.address,
    slow: (connectionMs, userMs) => {
      messages.slow(connectionMs, userMs)
    },
    end: (cause) => {
      fatal(cause, cause === 'server/busy' ? closeCodes.busy : closeCodes.rate, settings.busy)
      terminate()
    },
  })
  const messages = intake(context, {
    socket,
    fairScheduler: shared.fairScheduler,
    owner: budget.owner,
    handle: (data, isLate) => {
      if (state._tag === 'Open') state.session.begin()
      return incoming.receive(data, isLate)
    },
    resume: (isLate) => incoming.resume(isLate),
    holds: budget.hold,
    end: () => {
      fatal('server/rate', closeCodes.rate)
    },
  })
  let log: LinkLog | undefined
  const secrets = redactor()
  /** The reason of a close from this side. */
  let ending: string | undefined

  // ---- ends
  const enter = (next: State): void => {
    const before = state
    state = next
    if (before._tag === 'Checking') {
      budget.greeted()
      before.cancel()
    } else if (before._tag === 'Open') {
      leaving?.deadline.cancel()
      leaving = undefined
      before.pulse.stop()
      before.end()
    } else if (before._tag !== 'Closed') before.deadline.cancel()
  }
  const ended = (how: string): void => {
    if (state._tag === 'Closed') return
    enter({ _tag: 'Closed' })
    messages.close()
    budget.close()
    log?.closed(ending ?? how)
    shared.ended(self)
  }
  const terminate = (): void => {
    if (state._tag === 'Closed') return
    socket.terminate()
    ended('without a handshake')
  }
  const close = (closeCode: CloseCode, reason: string): void => {
    ending = closedWith(closeCode, reason)
    enter({ _tag: 'Closing', deadline: time.after(closingMs, terminate) })
    out.flush()
    messages.close()
    socket.close(closeCode, reason)
  }
  const reject = ({ refusal: because, closeCode }: Rejection): void => {
    if (state._tag === 'Closing' || state._tag === 'Closed') return
    log?.refused(because.code)
    out.control({ t: 'refused', ...because })
    close(closeCode, because.code)
    budget.refused(because.code)
  }
  const fatal: Fatal = (code, closeCode, more) => {
    reject({ refusal: refusal(code, more), closeCode })
  }
  const die = (death: Death): void => {
    count[death]++
    ending ??= death
    terminate()
  }

  // ---- handshake
  const begin = (hello: Hello): void => {
    const waitMs = hello.token === undefined ? 0 : budget.address.take('tokens')
    if (waitMs > 0) {
      fatal('auth/rate', closeCodes.busy, { retryAfterMs: waitMs })
      return
    }
    if (!budget.greet()) {
      fatal('server/busy', closeCodes.busy, settings.busy)
      return
    }
    const checking: State = { _tag: 'Checking', hello, cancel: () => undefined, held: [] }
    enter(checking)
    checking.cancel = greet(billed(context, budget.owner), hello, credentialsOf(socket, hello), (answer) => {
      const isRefused = E.isLeft(answer) && answer.left.refusal.code === 'auth/rejected'
      if (hello.token !== undefined && !isRefused) budget.address.charge('tokens', -1)
      if (E.isLeft(answer)) reject(answer.left)
      else open(answer.right, hello, checking.held)
    })
  }
  const open = (guest: Guest, hello: Hello, held: readonly ClientFrame[]): void => {
    if (!budget.identify(settings.authenticate && guest.identity.user)) {
      fatal('server/connections', closeCodes.busy, settings.busy)
      return
    }
    const claim = speak(shared, self, guest.identity.user, hello.session)
    if (!claim) {
      fatal('session/superseded', closeCodes.superseded)
      return
    }
    if (log) secrets.note(guest.granted.resume, 'session')
    const opened = session(shared, {
      id: guest.granted.session,
      identity: guest.identity,
      credentials: credentialsOf(socket, hello),
      can: hello.can,
      codec,
      writer: out,
      budget,
      isFenced: () => isFenced,
      fatal: (code) => {
        fatal(code, code === 'auth/expired' ? closeCodes.auth : closeCodes.protocol)
      },
    })
    const leave = claim(opened)
    enter({
      _tag: 'Open',
      session: opened,
      pulse: heartbeat(context, out, die),
      end: () => {
        leave()
        opened.close()
      },
    })
    if (hello.messageBytes !== undefined) out.limitMessage(hello.messageBytes)
    log?.welcomed(guest.identity.user)
    out.control(welcome(guest, settings))
    opened.joinAll(hello.rooms)
    held.forEach(incoming.admit)
  }

  // ---- frames
  const take = (frame: ClientFrame): void => {
    if (log) noteSecrets(secrets, frame)
    if ('t' in frame && frame.t === 'hello') begin(frame)
    else if ('t' in frame && frame.t === 'ping') out.control({ t: 'pong', n: frame.n })
    else if (state._tag === 'Open') {
      state.session.take(frame)
      if (leaving && 't' in frame && frame.t === 'pong' && frame.n >= leaving.barrier) {
        leaving.isReached = true
        part()
      }
    }
  }
  const hold = (frame: ClientFrame): void => {
    if (state._tag === 'Checking') state.held.push(frame)
  }
  const incoming = inbound(context, {
    codec,
    phase: () => state._tag,
    take,
    hold,
    refuse: (ref, because) => {
      budget.refused(because.code)
      out.control({ t: 'refused', ref, ...because })
    },
    fatal,
    received: budget.received,
  })

  // ---- leaving

  const bye = (farewell: GoAway): void => {
    const { bye: frame, until } = farewell
    if (state._tag === 'Open') {
      out.control(frame)
      const barrier = state.pulse.ping()
      const deadline = time.at(until, () => {
        finish(frame)
      })
      leaving = { goAway: farewell, barrier, isReached: false, deadline }
    } else if (frame.reconnect === 'never') fatal('server/draining', closeCodes.goingAway, { kind: 'terminal' })
    else {
      const { afterMs, spreadMs } = frame.reconnect
      fatal('server/draining', closeCodes.restart, { retryAfterMs: afterMs, spreadMs })
    }
  }
  const part = (): void => {
    if (leaving?.isReached && state._tag === 'Open' && state.session.unanswered() === 0) finish(leaving.goAway.bye)
  }
  const finish = ({ because, reconnect }: Bye): void => {
    out.inOrder({ t: 'bye.done' })
    close(reconnect === 'never' ? closeCodes.goingAway : closeCodes.restart, because)
  }
  const flush = (): void => {
    const buffered = out.flush()
    if (state._tag === 'Closed') return
    budget.unsent(buffered)
    if (leaving) part()
    if (buffered > settings.highWaterBytes + 4 * settings.limits.messageBytes) {
      context.fault({ where: 'link', message: 'A client asks faster than it reads the answers.' })
      die('stalled')
    } else if (state._tag === 'Open') state.session.wake()
  }
  const self: Link = {
    bye,
    end: () => {
      fatal('server/closed', closeCodes.goingAway)
    },
    flush,
    fence: () => {
      isFenced = true
      count.superseded++
      fatal('session/superseded', closeCodes.superseded)
    },
  }
  box.enter(() => {
    log = shared.log?.opened()
    shared.began(self)
    const code = budget.enter()
    if (code) fatal(code, closeCodes.busy, settings.busy)
    if (socket.protocol !== '' && socket.protocol !== codec.subprotocol)
      fatal('protocol/subprotocol', closeCodes.protocol)
  })
  return {
    receive: (data) => {
      box.enter(() => {
        if (state._tag === 'Open') state.pulse.heard()
        messages.receive(data)
      })
    },
    partial: (bytes) => {
      box.enter(() => {
        if (state._tag !== 'Open' && bytes > 2 * bounds.firstMessageBytes)
          fatal('protocol/too-large', closeCodes.tooLarge)
        budget.partial(bytes)
      })
    },
    drained: () => {
      box.enter(() => {
        budget.unsent(out.buffered())
        if (state._tag === 'Open') state.session.wake()
      })
    },
    closed: (code = 1006, reason = '') => {
      box.enter(() => {
        ended(closedWith(code, secrets.hide(reason)))
      })
    },
  }
}
