import { authenticationError, type WebSocketError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import { moments, run } from '../core/machine.js'
import { told } from '#texts'
import { tokenMachine } from '../token/machine.js'
import type { Input, Output, Reason, State } from '../token/model.js'
import { asking, type TokenSource } from '../token/source.js'
import { vault as emptyVault } from '../token/vault.js'
import { fault } from './fault.js'
import type { Kernel } from './kernel.js'

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

const unwanted = authenticationError({ ...told('auth/no-token', { of: 'server' }), kind: 'terminal' })

/** The tokens of a source. */
export const fromSource = (kernel: Kernel, source: TokenSource, output: (output: Output) => void): TokenHolder => {
  const { config, turns, deadlines, diagnostics } = kernel
  const vault = emptyVault(diagnostics.secrets)
  let judged = 0
  const machine = run<State, Input, Output>(
    tokenMachine({
      config: { deadlineMs: config.deadlines.tokenMs, ...config.renewal },
      backoff: config.backoff,
      deadlines,
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

/** A client without tokens: its connections need none. */
export const withoutSource = (granted: () => void, denied: (because: WebSocketError) => void): TokenHolder => ({
  ask: (reason) => {
    if (reason === 'rejected') denied(unwanted)
    else granted()
  },
  release: () => undefined,
  current: () => undefined,
  inForce: () => undefined,
  lifetime: () => undefined,
  reject: () => undefined,
  rejected: () => undefined,
  stop: () => undefined,
})
