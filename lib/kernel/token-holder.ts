import { thrownText } from '../core/guard.js'
import { moments, run } from '../core/machine.js'
import { tokenMachine } from '../token/machine.js'
import type { Input, Output, Reason, State } from '../token/model.js'
import { asking, type TokenSource } from '../token/source.js'
import { vault as emptyVault } from '../token/vault.js'
import { fault } from './fault.js'
import type { Kernel } from './kernel.js'
import type { TokenTimes } from './token-provider.js'

/** The token of a client. Call in a turn. */
export interface TokenHolder {
  readonly ask: (reason: Reason) => void
  readonly release: () => void
  /** The token to write now, with its number. */
  readonly current: () => { readonly token: number; readonly text: string } | undefined
  /** From now on the server judges this client by that token. */
  readonly inForce: (token: number) => void
  readonly lifetime: (token: number, lifetimeMs: number) => void
  /** The server does not accept the token in force. */
  readonly reject: () => void
  /** The server refused this token on a live connection. */
  readonly rejected: (token: number) => void
  readonly stop: () => void
}

/** The tokens of a source. */
export const tokenHolder = (
  kernel: Kernel,
  source: TokenSource,
  options: TokenTimes,
  output: (output: Output) => void,
): TokenHolder => {
  const { config, turns, deadlines, retries, diagnostics } = kernel
  const vault = emptyVault(diagnostics.secrets)
  let judged = 0
  const machine = run<State, Input, Output>(
    tokenMachine({
      config: { deadlineMs: options.withinMs, leewayMs: options.leewayMs, spread: options.spread },
      backoff: config.backoff,
      deadlines,
      retries,
      source: asking(source, vault),
    }),
    {
      mailbox: turns,
      moment: moments(() => config.scheduler.now(), config.random),
      entered: () => undefined,
      output,
      defect: (thrown) => {
        diagnostics.report(fault('Defect', thrownText(thrown)))
      },
    },
  )
  return {
    ask: (reason) => {
      machine.send({ _tag: 'Ask', reason: vault.lastWasRejected() ? 'rejected' : reason })
    },
    release: () => {
      machine.send({ _tag: 'Release' })
    },
    current: vault.current,
    inForce: (token) => {
      judged = token
    },
    lifetime: (token, lifetimeMs) => {
      machine.send({ _tag: 'Lifetime', token, lifetimeMs })
    },
    reject: () => {
      vault.reject(judged)
    },
    rejected: (token) => {
      vault.reject(token)
      machine.send({ _tag: 'Rejected', token })
    },
    stop: () => {
      machine.stop()
      vault.clear()
    },
  }
}
