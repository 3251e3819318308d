import { of, Subject } from 'rxjs'
import { unacknowledged } from '../connection/error.js'
import { connectionMachine } from '../connection/machine.js'
import type { Input, Output, ConnectionState as State } from '../connection/model.js'
import { type Cell, cell } from '../core/cell.js'
import { type Deadlines, deadlines as deadlinesOn } from '../core/deadlines.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import { reportLimit } from '../core/report-limit.js'
import { thrownText } from '../core/guard.js'
import { moments, run, type Running } from '../core/machine.js'
import type { Positions } from '../core/ports.js'
import { readLength, redactor } from '../core/redact.js'
import type { Report } from '../core/stream.js'
import type { Posted } from '../outbox/journal.js'
import type { Outbox } from '../outbox/model.js'
import { outbox as outboxOf } from '../outbox/outbox.js'
import { type Rooms, rooms as roomsOf } from '../rooms/rooms.js'
import { type Signals, signals as signalsOf } from '../rooms/signals.js'
import { type Handshake, handshake as createHandshake } from '../session/handshake.js'
import type { SessionState } from '../session/state.js'
import type { Config } from './config.js'
import { type Fault, fault } from './fault.js'
import { type Committing, committing } from './committing.js'
import { type LinkSession, createLinkSession } from './link-session.js'
import { guarded } from './guarded-functions.js'
import { type Log, logging } from './logging.js'
import { type Counters, counters } from './metrics.js'
import { sockets } from './socket.js'
import { type Persistence, storing } from './persistence.js'
import { tokens as tokensOf } from './tokens.js'
import { type Turns, turns as turnsOn } from './turns.js'

/** All parts of a client, kernel. The parts know each other only here. */
export interface Kernel {
  readonly config: Config
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly connection: Running<State, Input>
  readonly state: Cell<State>
  readonly session: Cell<SessionState>
  readonly rooms: Rooms
  readonly outbox: Outbox
  readonly signals: Signals
  readonly linkSession: LinkSession
  readonly commits: Committing
  /** The storing part; `undefined` without a store. */
  readonly stored: Persistence | undefined
  /** Sets the task for messages that an earlier run posted. Runs in a turn. */
  readonly onAdopted: (task: (posted: Posted) => void) => void
  readonly counters: Counters
  /** Writes to the option `logger`; `undefined` without one. */
  readonly log: Log | undefined
  readonly faults: Subject<Fault>
  readonly report: (what: Fault) => void
  /** Runs the task at the end of each turn, after everything is written. */
  readonly onFlush: (task: () => void) => void
  /** Runs the task once, when the client has closed and everything is reported. */
  readonly onClosed: (task: (because: WebSocketError) => void) => void
}

/** Positions without a store, which end with the client. Calls `missed` for the first room that needs one. */
const unstoredPositions = (missed: (room: string) => void): Positions => {
  let isReported = false
  return {
    get: () => undefined,
    hold: (room) => {
      if (!isReported) missed(room)
      isReported = true
    },
    release: () => undefined,
    moved: () => undefined,
    offered: () => undefined,
    save: () => of(true),
  }
}

export const closedByUser = connectionError({
  code: 'connection/client-closed',
  message: 'The client is closed.',
  remedy: 'Create another client.',
  kind: 'terminal',
})

/** Reports an error that a subscriber threw, if anybody listens to faults. */
export const reportThrow =
  ({ faults, report }: Pick<Kernel, 'faults' | 'report'>): Report =>
  (thrown) => {
    if (!faults.observed) return false
    report(fault('SubscriberThrew', thrownText(thrown, readLength)))
    return true
  }

const defect = (said: string): WebSocketError =>
  connectionError({
    code: 'connection/defect',
    message: `rx-rooms failed: ${said.slice(0, 200)}`,
    remedy: 'This is a defect of rx-rooms: please report it. Create another client to go on.',
    kind: 'terminal',
  })

export const createKernel = (options: Config): Kernel => {
  const { scheduler } = options
  const now = (): number => scheduler.now()
  const deadlines = deadlinesOn(scheduler)
  const faults = new Subject<Fault>()
  const counted = counters()
  const closing: ((because: WebSocketError) => void)[] = []
  const flushing: (() => void)[] = []
  const secrets = redactor()
  const limited = reportLimit(now, deadlines.at)
  /** Reports faults without secrets, and at a readable rate. */
  const report = ({ _tag, message }: Fault): void => {
    counted.faults++
    if (!log && !faults.observed) return
    limited(_tag, (more) => {
      const what = fault(_tag, secrets.hide(message).slice(0, 256 - more.length) + more)
      log?.fault(what)
      if (faults.observed) turns.enter(() => { faults.next(what) })
    })
  }
  const log = options.logger && logging(options.logger, now, (said) => { report(fault('FunctionThrew', `logger: ${said}`)) })
  const config = guarded(options, report)
  const { random } = config
  const turns = turnsOn(scheduler, () => {
    commits.flush()
    linkSession.flush()
    stored?.flush()
    for (const task of flushing) task()
  }, (thrown) => {
    const said = secrets.hide(thrownText(thrown, readLength))
    report(fault('Defect', said))
    connection.send({ _tag: 'Close', because: defect(said) })
  })
  const state = cell<State>({ _tag: 'Idle', because: 'never', generation: 0 }, turns)
  const session = cell<SessionState>({ _tag: 'None' }, turns)
  const need = (): void => { connection.send({ _tag: 'Need' }) }
  const handshake: Handshake = createHandshake(config.ids(), config.messageBytes, (user, known) => { stored?.welcomed(user, known) })
  let adopt: (posted: Posted) => void = () => undefined
  const stored: Persistence | undefined = storing({
    config, deadlines, report, handshake,
    turn: turns.enter,
    adopt: (posted) => { adopt(posted) },
    held: () => outbox.held(),
    withdraw: (message, because) => outbox.withdraw(message, because),
  })

  const positions = stored?.positions ?? unstoredPositions((room) => {
    report(fault('StoreFailed', `stored() of ${room} starts live: positions need the options store and identity.`))
  })
  const rooms = roomsOf({
    mailbox: turns, deadlines, now, random, need,
    backoff: config.backoff, lingerMs: config.lingerMs, joinMs: config.deadlines.joinMs,
    write: (frame) => { linkSession.write(frame) },
    own: handshake.own, positions, history: config.history, soon: turns.soon,
    threw: (said) => { report(fault('FunctionThrew', `policy: ${said}`)) },
    contested: (room) => {
      report(fault('Misuse', `Two subscriptions commit ${room}: a commit covers all messages of the room. Use messages() for several events.`))
    },
    count: (what) => { counted[what]++ },
    noted: log?.room,
  })
  const signals = signalsOf(turns.publish)
  const outbox = outboxOf({
    config: config.outbox, backoff: config.backoff, deadlines, now, wall: config.wall, random, need,
    producer: config.ids(), remembered: config.outbox.entries, isJoining: rooms.isJoining, turn: turns.enter,
    publish: turns.publish, ...stored?.sending,
    overdue: (again) => {
      const { generation } = connection.state()
      if (again) connection.send({ _tag: 'Lost', generation, because: unacknowledged(2 * config.outbox.ackMs) })
      else linkSession.probe()
    },
  })
  const commits = committing({
    consumers: rooms.consumers, positions, outbox, bounds: config.outbox, turn: turns.enter, publish: turns.publish,
  })
  const granted = (): void => { connection.send({ _tag: 'TokenGranted' }) }
  const tokens = tokensOf(config, turns, deadlines, secrets, {
    granted: () => { if (stored) stored.granted(granted); else granted() },
    denied: (because) => {
      if (because.code === 'auth/signed-out') session.set({ _tag: 'None' })
      connection.send({ _tag: 'TokenDenied', because })
    },
    renewed: () => { linkSession.renew() },
    defect: (thrown) => { report(fault('Defect', thrownText(thrown))) },
  })
  const linkSession: LinkSession = createLinkSession({
    config, turns, deadlines, handshake, rooms, outbox: outbox.sender, signals, tokens, secrets, session, counters: counted, report,
    send: (input) => { connection.send(input) },
    state: () => connection.state(),
  })
  const output = (output: Output): void => {
    switch (output._tag) {
      case 'Ask':
        tokens.ask(output.reason)
        return
      case 'Release':
        stored?.released()
        tokens.release()
        return
      case 'Reject':
        tokens.reject()
        return
      case 'Greet':
        linkSession.greet()
        return
      case 'Down':
        linkSession.down()
        return
      case 'Probe':
        linkSession.probe()
    }
  }
  const entered = (next: State): void => {
    state.set(next)
    rooms.halt(next._tag === 'Stopped' ? next.because : undefined)
    if (next._tag === 'Closed') turns.route(() => { shut(next.because ?? closedByUser) })
  }
  const shut = (because: WebSocketError): void => {
    connection.stop()
    tokens.stop()
    outbox.close()
    rooms.close(because)
    commits.close(because)
    void stored?.close()
    signals.close()
    for (const task of closing) task(because)
    state.complete()
    session.complete()
    turns.publish(() => { turns.enter(() => { faults.complete() }) })
    deadlines.clear()
    turns.stop()
  }

  const connection: Running<State, Input> = run(
    connectionMachine({
      config: { autoConnect: config.autoConnect, settleMs: config.settleMs, ...config.deadlines },
      backoff: config.backoff,
      classify: config.classify,
      deadlines,
      socket: sockets(config, linkSession),
      liveness: () => linkSession.liveness(),
      hints$: config.hints$,
    }),
    {
      mailbox: turns,
      moment: moments(now, random),
      entered,
      output,
      defect: (thrown) => { report(fault('Defect', thrownText(thrown))) },
    },
  )

  if (stored) session.watch(stored.session)
  if (log) state.watch(log.state)
  return {
    config, turns, deadlines, connection, state, session, rooms, outbox, signals, linkSession, commits, stored, counters: counted, faults, log,
    report,
    onClosed: (task) => { closing.push(task) },
    onFlush: (task) => { flushing.push(task) },
    onAdopted: (task) => { adopt = task },
  }
} // prettier-ignore
