import type { Link } from '../connection/link.js'
import {
  callable,
  type Checks,
  either,
  given,
  ms,
  observable,
  optionFault,
  required,
  secret,
  share,
  time,
  withMethods,
} from '../core/check.js'
import type { WebSocketError } from '../core/error.js'
import { filled } from '../core/filled.js'
import type { Output } from '../token/model.js'
import type { TokenSource } from '../token/source.js'
import type { Extension } from './extension.js'
import type { Kernel } from './kernel.js'
import { refused } from './refusal.js'
import { type Renewals, renewals } from './renewals.js'
import { tokenHolder } from './token-holder.js'
import type { TokenNeeds, TokenOptions, TokenProvider, TokenTimes } from './token-provider.js'

const defaults: TokenTimes = { withinMs: 10_000, leewayMs: 30_000, spread: 0.1 }

const optionChecks: Checks<keyof TokenOptions> = { withinMs: time, leewayMs: ms, spread: share }
const sourceChecks: Checks = {
  source: /*#__PURE__*/ secret(
    /*#__PURE__*/ required(/*#__PURE__*/ either('source', callable, observable, /*#__PURE__*/ withMethods('', 'then'))),
  ),
}

/**
 * Makes the tokens of a client: `createClient({ url, token: tokens(() => fetchToken()) })`. The source is a function, an
 * Observable or a promise. The client calls a function once each time it needs a token (before each handshake and each
 * renewal) and does not notice later values. So a signal, which is a function, does not sign out or renew by itself when
 * it changes: pass an Observable of it (in Angular `toObservable(signal)`). The client uses an Observable's later values
 * at once, and its `null` signs out. An invalid source or option closes the client.
 */
export const tokens = (source: TokenSource, options?: TokenOptions): TokenProvider => {
  const { fault, options: checked } = given(options, optionChecks)
  return {
    source,
    options: checked,
    fault: optionFault({ source }, sourceChecks) ?? fault,
    extension: (kernel, needs) => extension(kernel, source, filled(defaults, checked), needs),
  }
}

/** Gets tokens, writes them in the hello, and renews them on a live link. */
const extension = (
  kernel: Kernel,
  source: TokenSource,
  options: TokenTimes,
  { inForce, ready, released }: TokenNeeds,
): Extension => {
  const { session, send, present, retries } = kernel
  /** The tokens of the greeted link, and of the present one. */
  let greeted: Renewals | undefined
  let renewing: Renewals | undefined

  const denied = (because: WebSocketError): void => {
    if (because.code === 'auth/signed-out') session.set({ _tag: 'None' })
    send({ _tag: 'TokenDenied', because })
  }
  const output = (output: Output): void => {
    switch (output._tag) {
      case 'Granted':
        ready(() => {
          send({ _tag: 'TokenGranted' })
        })
        retries.succeeded(false)
        return
      case 'Denied':
        denied(output.because)
        return
      case 'Renewed':
        if (present.welcome()) renewing?.renew()
        retries.succeeded(false)
    }
  }
  const own = tokenHolder(kernel, source, options, output)
  const begin = (link: Link, token: number): Renewals =>
    renewals({ ...kernel, tokens: own, inForce }, link, token, (frame) => {
      present.lose(refused('', frame))
    })

  return {
    outputs: {
      Ask: ({ reason }) => {
        own.ask(reason)
      },
      Release: () => {
        released()
        own.release()
      },
      Reject: () => {
        // A successor was refused: the present link goes on, with another token.
        const current = present.welcome() && own.current()
        if (current) own.rejected(current.token)
        else own.reject()
      },
    },
    greet: () => {
      const link = present.greeting()
      const current = own.current()
      const token = current?.token ?? 0
      if (link) greeted = begin(link, token)
      own.inForce(token)
      return current ? { token: current.text } : {}
    },
    frames: {
      'auth.ok': (frame) => {
        renewing?.accepted(frame)
      },
      refused: (frame) => {
        renewing?.refused(frame)
      },
    },
    up: ({ tokenExpiresInMs }) => {
      renewing = greeted
      if (tokenExpiresInMs !== undefined) renewing?.lifetime(tokenExpiresInMs)
      renewing?.renew()
    },
    down: () => {
      renewing?.stop()
      renewing = undefined
      return false
    },
    close: own.stop,
  }
}
