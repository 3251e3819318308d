import { EMPTY } from 'rxjs'
import { protocolTooOld } from '../connection/error.js'
import type { Link } from '../connection/link.js'
import { connectionMachine } from '../connection/machine.js'
import type { Input, Output, ConnectionState as State } from '../connection/model.js'
import { type Cell, cell } from '../core/cell.js'
import { type Deadlines, deadlines as deadlinesOn } from '../core/deadlines.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import { moments, run, type Running } from '../core/machine.js'
import { readLength } from '../core/redact.js'
import type { KernelConfig } from './config.js'
import { type Diagnostics, diagnostics as diagnosticsOf } from './diagnostics.js'
import type { Extension, FrameHandlers, LinkEnd, OutputHandlers } from './extension.js'
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

export const closedByUser = connectionError({
  code: 'connection/client-closed',
  message: 'The client is closed.',
  remedy: 'Create another client.',
  kind: 'terminal',
})

const defectOf = (said: string): WebSocketError =>
  connectionError({
    code: 'connection/defect',
    message: `rx-rooms failed: ${said.slice(0, 200)}`,
    remedy: 'This is a defect of rx-rooms: please report it. Create another client to go on.',
    kind: 'terminal',
  })

export const createKernel = (config: KernelConfig): Kernel => {
  const { scheduler, random } = config
  const now = (): number => scheduler.now()
  const extensions: Extension[] = []
  const frames: Partial<FrameHandlers> = {}
  const outputs: Partial<OutputHandlers> = {}
  const deadlines = deadlinesOn(scheduler)
  const turns = turnsOn(
    scheduler,
    () => {
      flush()
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
      reading.read(
        from,
        data,
        () => link.link() === from,
        () => link.welcome() !== undefined,
      )
    },
    expected: (at) => first(extensions, ({ expected }) => expected?.(at)),
    up: (welcome, at) => {
      counters.connections++
      for (const { up } of extensions) up?.(welcome, at)
      connection.send({ _tag: 'Welcomed', generation: at.generation })
    },
    agreed: (welcome) => {
      for (const { agreed } of extensions) agreed?.(welcome)
    },
    down: (end) => downed(extensions, end),
  })
  const reading = reader({
    handlers: frames,
    turns,
    now,
    counters,
    report,
    outdated: (t) => {
      link.lose(protocolTooOld(diagnostics.secrets.hide(t)))
    },
    handled: (bytes, at) => {
      for (const { handled } of extensions) handled?.(bytes, at)
    },
  })
  const flush = (): void => {
    for (const { step } of extensions) step?.()
    writeTo(link, extensions)
    for (const extension of extensions) extension.flush?.()
  }
  const connection: Running<State, Input> = run(
    connectionMachine({
      config: { autoConnect: config.autoConnect, settleMs: config.settleMs, ...config.deadlines },
      backoff: config.backoff,
      classify: config.classify,
      deadlines,
      socket: sockets(config, link, diagnostics.secrets),
      liveness: () => first(extensions, ({ liveness }) => liveness?.()) ?? EMPTY,
      hints$: config.hints$,
    }),
    {
      mailbox: turns,
      moment: moments(now, random),
      entered: (next) => {
        state.set(next)
        const because = next._tag === 'Stopped' ? next.because : undefined
        for (const { halt } of extensions) halt?.(because)
        if (next._tag === 'Closed')
          turns.route(() => {
            shut(next.because ?? closedByUser)
          })
      },
      output: (output) => {
        if (output._tag === 'Down') {
          if (link.welcome()) counters.losses++
          link.down()
        } else (outputs[output._tag] as ((output: Output) => void) | undefined)?.(output)
      },
      defect: (thrown) => {
        report(fault('Defect', thrownText(thrown)))
      },
    },
  )
  const shut = (because: WebSocketError): void => {
    connection.stop()
    for (const { close } of extensions) close?.(because)
    state.complete()
    session.complete()
    for (const extension of extensions) extension.flush?.()
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
    extensions,
    add: (extension) => {
      extensions.push(extension)
      Object.assign(frames, extension.frames)
      Object.assign(outputs, extension.outputs)
      const [present, welcome, at] = [link.link(), link.welcome(), state.value()]
      if (present && welcome) extension.up?.(welcome, present)
      if (at._tag === 'Stopped') extension.halt?.(at.because)
      return extension
    },
  }
}

/** The first answer that is not `undefined`. */
const first = <T>(all: readonly Extension[], ask: (one: Extension) => T | undefined): T | undefined => {
  for (const one of all) {
    const answer = ask(one)
    if (answer !== undefined) return answer
  }
  return undefined
}

/** Tells all extensions of the end of a link. Returns true if one of them may have caused it. */
const downed = (all: readonly Extension[], end: LinkEnd): boolean => {
  let isExplained = false
  for (const { down } of all) if (down?.(end, isExplained) === true) isExplained = true
  return isExplained
}

/** Writes the waiting frames of all extensions, if the socket takes them. */
const writeTo = (owner: LinkOwner, all: readonly Extension[]): void => {
  const to: Link | undefined = owner.link()
  if (!to || !owner.isWritable()) return
  if (owner.welcome()) for (const { write } of all) write?.(to)
  to.flush()
}
