import { authenticationError, type WebSocketError } from '../core/error.js'
import type { Deadlines } from '../core/deadlines.js'
import { moments, run } from '../core/machine.js'
import type { Redactor } from '../core/redact.js'
import { told } from '#texts'
import { tokenMachine } from '../token/machine.js'
import type { Input, Output, Reason, State } from '../token/model.js'
import { asking } from '../token/source.js'
import { vault as emptyVault } from '../token/vault.js'
import type { Config } from './config.js'
import type { Turns } from './turns.js'

/** The token of a client. Call in a turn. */
export interface Tokens {
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

/** Callbacks for token events. */
export interface TokenEvents {
  readonly granted: () => void
  readonly denied: (because: WebSocketError) => void
  readonly renewed: () => void
  readonly defect: (thrown: unknown) => void
}

const unwanted = authenticationError({ ...told('auth/no-token', { of: 'server' }), kind: 'terminal' })

export const tokens = (
  config: Config,
  turns: Turns,
  deadlines: Deadlines,
  secrets: Redactor,
  events: TokenEvents,
): Tokens => {
  const { token: source, scheduler, random } = config
  if (source === undefined) return none(events)
  const vault = emptyVault(secrets)
  let judged = 0
  const output = (output: Output): void => {
    switch (output._tag) {
      case 'Granted':
        events.granted()
        return
      case 'Denied':
        events.denied(output.because)
        return
      case 'Renewed':
        events.renewed()
    }
  }
  const machine = run<State, Input, Output>(
    tokenMachine({
      config: { deadlineMs: config.deadlines.tokenMs, ...config.renewal },
      backoff: config.backoff,
      deadlines,
      source: asking(source, vault),
    }),
    {
      mailbox: turns,
      moment: moments(() => scheduler.now(), random),
      entered: () => undefined,
      output,
      defect: events.defect,
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

const none = (events: TokenEvents): Tokens => ({
  ask: (reason) => { if (reason === 'rejected') events.denied(unwanted); else events.granted() },
  release: () => undefined,
  current: () => undefined,
  inForce: () => undefined,
  reject: () => undefined,
  lifetime: () => undefined,
  rejected: () => undefined,
  stop: () => undefined,
}) // prettier-ignore
