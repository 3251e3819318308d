import { authenticationError } from '../core/error.js'
import { told } from '#texts'
import type { ConfigError } from '../core/error.js'
import type { TokenSource } from '../token/source.js'
import type { Extension } from './extension.js'
import type { Kernel } from './kernel.js'

export interface TokenNeeds {
  /** Another token is in force: requests refused before may now succeed. */
  readonly inForce: () => void
  /** Calls back once a connection may be opened with the token. */
  readonly ready: (then: () => void) => void
  /** The connection needs no token any longer: cancels `ready`. */
  readonly released: () => void
}

/** The options of tokens with every default filled in. */
export type TokenTimes = { readonly [K in keyof TokenOptions]-?: number }

/** The time at which a token is renewed, and the time for its source to answer. All are optional. */
export interface TokenOptions {
  /** From asking the source until it answers, in ms. Default 10 000. */
  readonly withinMs?: number | undefined
  /** Milliseconds before the token's end at which it is renewed, but at most a tenth of its lifetime. Default 30 000. */
  readonly leewayMs?: number | undefined
  /** The share of the lifetime, from 0 to 1, over which renewals spread at random. Default 0.1. */
  readonly spread?: number | undefined
}

/** The tokens of a client, made by `tokens`. It brings its own code: clients without tokens do not load that. */
export interface TokenProvider {
  readonly source: TokenSource
  readonly options: TokenOptions
  readonly fault: ConfigError | undefined
  /** Makes the extension that gets and renews the tokens. */
  readonly extension: (kernel: Kernel, needs: TokenNeeds) => Extension
}

const unwanted = authenticationError({ ...told('auth/no-token', { of: 'server' }), kind: 'terminal' })

/** The extension of a client without tokens: its connections need none. */
export const withoutTokens: TokenProvider['extension'] = ({ send }, { ready, released }) => ({
  outputs: {
    Ask: ({ reason }) => {
      if (reason === 'rejected') send({ _tag: 'TokenDenied', because: unwanted })
      else
        ready(() => {
          send({ _tag: 'TokenGranted' })
        })
    },
    Release: released,
  },
})
