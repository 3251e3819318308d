import type { WebSocketError } from '../core/error.js'
import type { Extension } from '../kernel/extension.js'
import { handshake } from '../kernel/handshake.js'
import type { Identity } from '../kernel/identity.js'
import { createKernel } from '../kernel/create-kernel.js'
import { closedByUser, type Kernel } from '../kernel/kernel.js'
import { withoutTokens } from '../kernel/token-provider.js'
import { addOutbox } from '../outbox/extension.js'
import { rooms as roomsOf } from '../rooms/rooms.js'
import type { ClientPersistence } from '../session/client-persistence.js'
import type { Config } from './config.js'
import { guarded } from './guarded-functions.js'
import type { Parts } from './parts.js'
import { sending as sendingOf, type Sending } from './sending.js'

/** Makes the parts of a client. They know each other only here. */
export const assemble = (options: Config): Parts => {
  const config = guarded(options, (what) => {
    kernel.diagnostics.report(what)
  })
  const kernel: Kernel = createKernel(config)
  const identity: Identity = { session: { instance: config.ids(), resume: '', sessions: [] }, before: 0 }

  const stored: ClientPersistence | undefined =
    config.identity === undefined
      ? undefined
      : config.store?.persistence(
          kernel,
          {
            user: config.identity,
            identity,
            outbox: () => outbox,
            failed: (message, because) => {
              sending.tellFailure(message, because)
            },
          },
          config.storing,
        )
  kernel.add(handshake(kernel, { identity, welcomed: stored?.welcomed ?? (() => undefined) }))
  kernel.add(
    (config.token?.extension ?? withoutTokens)(kernel, {
      inForce: () => {
        rooms.members.again()
      },
      ready: stored?.granted ?? atOnce,
      released: stored?.released ?? (() => undefined),
    }),
  )
  const outbox = addOutbox(kernel, {
    ...stored?.sending,
    config: config.outbox,
    isJoining: (room) => rooms.isJoining(room),
  })
  const isOwn = (session: string): boolean => identity.session.sessions.includes(session)
  const { url } = config
  const rooms = kernel.add(roomsOf(kernel, isOwn, typeof url === 'object' ? url.early : undefined))

  const over = (): WebSocketError | undefined => {
    const now = kernel.state.value()
    return now._tag === 'Closed' ? (now.because ?? closedByUser) : undefined
  }
  const sending: Sending = sendingOf({ kernel, outbox, config: config.outbox, over })
  if (stored) kernel.add(stored.extension)
  const known = new Map<unknown, Extension>()
  const parts: Parts = {
    kernel,
    rooms,
    outbox,
    sending,
    stored,
    over,
    get: <E extends Extension>(of: (parts: Parts) => E): E => {
      const made = (known.get(of) as E | undefined) ?? kernel.add(of(parts))
      known.set(of, made)
      return made
    },
  }
  return parts
}

const atOnce = (then: () => void): void => {
  then()
}
