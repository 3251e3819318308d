import { connectionMachine } from '../connection/machine.js'
import type { Input, ConnectionState as State } from '../connection/model.js'
import { type Cell, cell } from '../core/cell.js'
import { type Deadlines, deadlines as deadlinesOn } from '../core/deadlines.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import { moments, run, type Running } from '../core/machine.js'
import { readLength } from '../core/redact.js'
import { told } from '#texts'
import type { KernelConfig } from './config.js'
import { type Diagnostics, diagnostics as diagnosticsOf } from './diagnostics.js'
import type { Extension } from './extension.js'
import { type Extensions, extensions } from './extensions.js'
import { fault } from './fault.js'
import { type LinkOwner, presentLink, type PresentLink } from './present-link.js'
import { reader } from './reader.js'
import { ended, type SessionState } from './session.js'
import { sockets } from './socket.js'
import { type Turns, turns as turnsOn } from './turns.js'

/** The running heart of a client: its turns, its connection, the present link, and a loop over its extensions. */
export interface Kernel {
  readonly config: KernelConfig
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly diagnostics: Diagnostics
  /** The state of the connection. */
  readonly state: Cell<State>
  readonly session: Cell<SessionState>
  /** The present link. */
  readonly present: PresentLink & Pick<LinkOwner, 'welcomed' | 'agreed'>
  /** Steps the connection. Call in a turn. */
  readonly send: (input: Input) => void
  /** Adds an extension, also while a link is up, and returns it. */
  readonly add: <E extends Extension>(extension: E) => E
  /** The extensions, in the order in which they were added. */
  readonly extensions: readonly Extension[]
}

export const closedByUser = connectionError({ ...told('connection/client-closed'), kind: 'terminal' })

const defectOf = (said: string): WebSocketError =>
  connectionError({ ...told('connection/defect', { said: said.slice(0, 200) }), kind: 'terminal' })

const outdated = (t: string): WebSocketError =>
  connectionError({ ...told('protocol/outdated', { t }), kind: 'terminal' })

export const createKernel = (config: KernelConfig): Kernel => {
  const { scheduler } = config
  const now = (): number => scheduler.now()
  const parts = extensions()
  const deadlines = deadlinesOn(scheduler)
  const turns = turnsOn(
    scheduler,
    () => {
      parts.flush(write)
    },
    (thrown) => {
      const said = diagnostics.secrets.hide(thrownText(thrown, readLength))
      diagnostics.report(fault('Defect', said))
      connection.send({ _tag: 'Close', because: defectOf(said) })
    },
  )
  const diagnostics = diagnosticsOf(config, turns, deadlines)
  const { counters, report, log } = diagnostics
  const state = cell<State>({ _tag: 'Idle', because: 'never', generation: 0 }, turns)
  const session = cell<SessionState>({ _tag: 'None' }, turns)

  const link = presentLink({
    config,
    turns,
    deadlines,
    now,
    lost: ({ generation }, because) => {
      const over = ended(because)
      if (over) session.set(over)
      connection.send({ _tag: 'Lost', generation, because })
    },
    read: (from, data) => {
      reading.read(from, data)
    },
    expected: parts.expected,
    up: (welcome, at) => {
      counters.connections++
      parts.up(welcome, at)
      connection.send({ _tag: 'Welcomed', generation: at.generation })
    },
    agreed: parts.agreed,
    down: parts.down,
  })
  const reading = reader({
    handlers: parts.frames,
    turns,
    now,
    counters,
    report,
    present: link,
    outdated: (t) => {
      link.lose(outdated(diagnostics.secrets.hide(t)))
    },
    handled: parts.handled,
  })
  const write = (): void => {
    const to = link.link()
    if (!to || !link.isWritable()) return
    if (link.welcome()) parts.write(to)
    to.flush()
  }
  const connection = running(config, link, parts, { turns, deadlines, diagnostics }, (next) => {
    state.set(next)
    parts.halt(next._tag === 'Stopped' ? next.because : undefined)
    if (next._tag === 'Closed')
      turns.route(() => {
        shut(next.because ?? closedByUser)
      })
  })
  const shut = (because: WebSocketError): void => {
    connection.stop()
    parts.close(because)
    state.complete()
    session.complete()
    turns.publish(() => {
      turns.enter(() => {
        diagnostics.faults.complete()
      })
    })
    deadlines.clear()
    turns.stop()
  }
  if (log) state.watch(log.state)

  return {
    config,
    turns,
    deadlines,
    diagnostics,
    state,
    session,
    present: link,
    send: connection.send,
    extensions: parts.all,
    add: (extension) => {
      parts.add(extension)
      const [present, welcome, at] = [link.link(), link.welcome(), state.value()]
      if (present && welcome) extension.up?.(welcome, present)
      if (at._tag === 'Stopped') extension.halt?.(at.because)
      return extension
    },
  }
}

/** Runs the connection's machine. */
const running = (
  config: KernelConfig,
  link: LinkOwner,
  parts: Extensions,
  { turns, deadlines, diagnostics }: Pick<Kernel, 'turns' | 'deadlines' | 'diagnostics'>,
  entered: (state: State) => void,
): Running<State, Input> => {
  const { counters, report, secrets } = diagnostics
  return run(
    connectionMachine({
      config: { autoConnect: config.autoConnect, settleMs: config.settleMs, ...config.deadlines },
      backoff: config.backoff,
      classify: config.classify,
      deadlines,
      socket: sockets(config, link, secrets),
      liveness: parts.liveness,
      hints$: config.hints$,
    }),
    {
      mailbox: turns,
      moment: moments(() => config.scheduler.now(), config.random),
      entered,
      output: (output) => {
        if (output._tag !== 'Down') {
          parts.output(output)
          return
        }
        if (link.welcome()) counters.losses++
        link.down()
      },
      defect: (thrown) => {
        report(fault('Defect', thrownText(thrown)))
      },
    },
  )
}
