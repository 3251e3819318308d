import type { Link } from '../connection/link.js'
import { authenticationError, type WebSocketError } from '../core/error.js'
import { thrownText } from '../core/guard.js'
import { moments, run } from '../core/machine.js'
import { tokenMachine } from '../token/machine.js'
import type { Input, Output, Reason, State } from '../token/model.js'
import { asking, type TokenSource } from '../token/source.js'
import { vault as emptyVault } from '../token/vault.js'
import type { Extension } from './extension.js'
import { fault } from './fault.js'
import type { Kernel } from './kernel.js'
import { refused } from './refusal.js'
import { type Renewals, renewals } from './renewals.js'

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

export interface TokenNeeds {
  /** Another token is in force: requests refused before may now succeed. */
  readonly inForce: () => void
  /** Calls back once a connection may be opened with the token. */
  readonly ready: (then: () => void) => void
  /** The connection needs no token any longer: cancels `ready`. */
  readonly released: () => void
}

const unwanted = authenticationError({
  code: 'auth/no-token',
  message: 'The server wants a token, and there is no source of tokens.',
  remedy: 'Give createClient the option token.',
  kind: 'terminal',
})

/** Gets tokens, writes them in the hello, and renews them on a live link. */
export const tokens = (kernel: Kernel, needs: TokenNeeds): Extension => {
  const { config, session, send, present } = kernel
  let renewing: Renewals | undefined

  const denied = (because: WebSocketError): void => {
    if (because.code === 'auth/signed-out') session.set({ _tag: 'None' })
    send({ _tag: 'TokenDenied', because })
  }
  const granted = (): void => {
    needs.ready(() => {
      send({ _tag: 'TokenGranted' })
    })
  }
  const renew = (): void => {
    if (present.welcome()) renewing?.renew()
  }
  const output = (output: Output): void => {
    switch (output._tag) {
      case 'Granted':
        granted()
        return
      case 'Denied':
        denied(output.because)
        return
      case 'Renewed':
        renew()
    }
  }
  const { token: source } = config
  const own = source === undefined ? withoutSource(granted, denied) : fromSource(kernel, source, output)
  const begin = (link: Link, token: number): Renewals =>
    renewals({ ...kernel, tokens: own, inForce: needs.inForce }, link, token, (frame) => {
      present.lose(refused('', frame))
    })

  return {
    outputs: {
      Ask: ({ reason }) => {
        own.ask(reason)
      },
      Release: () => {
        needs.released()
        own.release()
      },
      Reject: own.reject,
    },
    greet: () => {
      const link = present.link()
      const current = own.current()
      const token = current?.token ?? 0
      if (link) renewing = begin(link, token)
      own.inForce(token)
      return current ? { token: current.text } : {}
    },
    frames: {
      'auth.ok': (frame) => {
        renewing?.accepted(frame)
      },
    },
    up: ({ tokenExpiresInMs }) => {
      if (tokenExpiresInMs !== undefined) renewing?.lifetime(tokenExpiresInMs)
      renewing?.renew()
    },
    refused: (frame) => renewing?.refused(frame) ?? false,
    down: () => {
      renewing?.stop()
      renewing = undefined
      return false
    },
    close: own.stop,
  }
}

const fromSource = (kernel: Kernel, source: TokenSource, output: (output: Output) => void): Tokens => {
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

const withoutSource = (granted: () => void, denied: (because: WebSocketError) => void): Tokens => ({
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
