import { connectionMachine } from '../connection/machine.js'
import type { Input, ConnectionState as State } from '../connection/model.js'
import { cell } from '../core/cell.js'
import { deadlines as deadlinesOn } from '../core/deadlines.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import { moments, run } from '../core/machine.js'
import { readLength } from '../core/redact.js'
import { unlimited } from '../core/retries.js'
import { told } from '#texts'
import type { KernelConfig } from './config.js'
import { diagnostics as diagnosticsOf } from './diagnostics.js'
import type { Extension } from './extension.js'
import { extensions } from './extensions.js'
import { fault } from './fault.js'
import { goAway } from './go-away.js'
import { heartbeat } from './heartbeat.js'
import { closedByUser, type Kernel } from './kernel.js'
import { presentLink } from './present-link.js'
import { reader } from './reader.js'
import type { SessionState } from './session.js'
import { sockets } from './socket.js'
import { turns as turnsOn } from './turns.js'

const defectOf = (said: string): WebSocketError =>
  connectionError({ ...told('connection/defect', { said: said.slice(0, 200) }), kind: 'terminal' })

export const createKernel = (config: KernelConfig): Kernel => {
  const parts = extensions()
  const turns = turnsOn(
    config.scheduler,
    () => {
      parts.step()
      present.flush()
      parts.flush()
    },
    (thrown) => {
      const said = diagnostics.secrets.hide(thrownText(thrown, readLength))
      diagnostics.report(fault('Defect', said))
      connection.send({ _tag: 'Close', because: defectOf(said) })
    },
  )
  const deadlines = deadlinesOn(config.scheduler, turns.enter)
  const diagnostics = diagnosticsOf(config, turns, deadlines)
  const retries =
    config.retries?.begin({ deadlines, random: config.random, counters: diagnostics.counters }) ?? unlimited
  const state = cell<State>({ _tag: 'Idle', because: 'never', generation: 0 }, turns)
  const session = cell<SessionState>({ _tag: 'None' }, turns)
  const core = {
    config,
    turns,
    deadlines,
    diagnostics,
    retries,
    state,
    session,
    send: (input: Input) => {
      if (input._tag === 'Disconnect' || input._tag === 'Close') present.part()
      connection.send(input)
    },
    extensions: parts.all,
    add: <E extends Extension>(extension: E): E => {
      parts.add(extension)
      const [link, welcome, at] = [present.link(), present.welcome(), state.value()]
      if (link && welcome) extension.up?.(welcome, link)
      if (at._tag === 'Stopped') extension.halt?.(at.because)
      return extension
    },
  }
  const present = presentLink(core, parts)
  const beats = core.add(heartbeat({ present, deadlines }))
  const leaving = core.add(goAway(core))
  const kernel: Kernel = { ...core, present, probe: beats.probe }
  const { url } = config
  const open = sockets(kernel, present, reader(kernel, present, parts), leaving.expected)
  const needs = { config, deadlines, retries, liveness: beats.liveness }
  const connection = run(
    typeof url === 'object'
      ? url.machine({ ...needs, ...core, open, state: state.value })
      : connectionMachine({ ...needs, socket: (generation) => open(generation, url) }),
    {
      mailbox: turns,
      moment: moments(deadlines.now, config.random),
      entered: (next, input) => {
        state.set(next)
        parts.tell('halt', next._tag === 'Stopped' ? next.because : undefined, input)
        if (next._tag === 'Closed')
          turns.route(() => {
            shut(next.because ?? closedByUser)
          })
      },
      output: (output) => {
        if (output._tag === 'Down') present.down(output.generation)
        else parts.output(output)
      },
      defect: (thrown) => {
        diagnostics.report(fault('Defect', thrownText(thrown)))
      },
    },
  )
  const shut = (because: WebSocketError): void => {
    connection.stop()
    parts.tell('close', because)
    parts.flush()
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
  if (diagnostics.log) state.watch(diagnostics.log.state)
  return kernel
}
