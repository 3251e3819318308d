import type { Link } from '../connection/link.js'
import type { WebSocketError } from '../core/error.js'
import type { Output } from '../token/model.js'
import type { Extension } from './extension.js'
import type { Kernel } from './kernel.js'
import { refused } from './refusal.js'
import { type Renewals, renewals } from './renewals.js'
import { fromSource, withoutSource } from './token-holder.js'

export interface TokenNeeds {
  /** Another token is in force: requests refused before may now succeed. */
  readonly inForce: () => void
  /** Calls back once a connection may be opened with the token. */
  readonly ready: (then: () => void) => void
  /** The connection needs no token any longer: cancels `ready`. */
  readonly released: () => void
}

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
