import type { Observable } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import type { Positions } from '../core/ports.js'
import type { Extension } from '../kernel/extension.js'
import { fault } from '../kernel/fault.js'
import type { Identity } from '../kernel/identity.js'
import type { Kernel } from '../kernel/kernel.js'
import type { WebSocketError } from '../core/error.js'
import type { Held, Message } from '../outbox/message.js'
import { takenOver } from '../outbox/error.js'
import type { Journal, Posted } from '../outbox/journal.js'
import type { Owner, Stored } from '../store/port.js'
import type { Welcome } from '../protocol/frame.js'
import type { Config } from './config.js'

/** The store of a client. Call in a turn. */
export interface Persistence {
  /** The journal and user for the outbox. */
  readonly sending: { readonly journal: Journal; readonly user: string }
  readonly positions: Positions
  /** A token was granted: calls `then` once the stored session is known. */
  readonly granted: (then: () => void) => void
  /** The token was released: cancels waiting grants. */
  readonly released: () => void
  /** Stores the session of a welcome, if it is the user's. */
  readonly welcomed: (frame: Welcome) => void
  readonly erase: () => Stored<void>
  /** Ends it at the call; emits once everything is stored. A second call emits at the same time. */
  readonly close: () => Observable<void>
  /** Stores everything given in a turn in one atomic step, at its end. */
  readonly extension: Extension
  /** The store's time limits. */
  readonly limits: Pick<Config['storing'], 'openMs' | 'writeMs'>
}

export interface PersistenceNeeds {
  readonly config: Config
  readonly identity: Identity
  readonly adopt: (posted: Posted) => void
  readonly held: () => readonly Held[]
  readonly withdraw: (message: Message, because: WebSocketError) => boolean
}

/** Makes the storing part, if the client has a store and an identity. */
export const addPersistence = (kernel: Kernel, needs: PersistenceNeeds): Persistence | undefined => {
  const { config, identity } = needs
  const { turns, deadlines, diagnostics, session } = kernel
  const { store, identity: user } = config
  if (store === undefined || user === undefined) return undefined
  const report = (message: string): void => { diagnostics.report(fault('StoreFailed', message)) }
  let grants = 0
  let isRecalled = false

  const kept = store.persistence({
    owner: () => ownerOf(config, user),
    options: config.storing,
    clocks: { now: () => config.scheduler.now(), wall: config.wall },
    deadlines,
    hints$: config.hints$,
    ids: config.ids,
    turn: turns.enter,
    report,
    adopt: needs.adopt,
    lost: () => {
      for (const { kept, message } of needs.held()) if (kept?.isStored) needs.withdraw(message, takenOver(message))
    },
  })
  // Forgets a session that has ended, so that no later run claims it.
  session.watch(({ _tag }) => {
    if (_tag === 'Replaced' || _tag === 'Revoked' || _tag === 'Expired') kept.forget()
  })
  return {
    sending: { journal: kept.journal, user },
    positions: kept.positions,
    granted: (then) => {
      const grant = ++grants
      kept.recall((known) => {
        if (grant !== grants) return
        if (known && !isRecalled) identity.recall(known)
        isRecalled = true
        then()
      })
    },
    released: () => { grants++ },
    welcomed: ({ user: who }) => {
      if (who === user) kept.remember(identity.stored())
      else {
        void kept.leave()
        report(anotherUser(who, user))
      }
    },
    erase: () => {
      for (const held of needs.held()) held.kept = undefined
      return kept.erase()
    },
    close: kept.leave,
    limits: config.storing,
    extension: {
      flush: kept.flush,
      close: () => {
        void kept.leave()
      },
    },
  }
} // prettier-ignore

const anotherUser = (who: string, identity: string): string =>
  'The server knows this client as another user than its identity: what is stored is left alone. ' +
  `Set \`identity\` to ${named(who)}, or give the server an \`authenticate\` that answers with ${named(identity)}.`

/** Cuts the name so that two of them fit into one fault. */
const named = (user: string): string => JSON.stringify(user.length > 40 ? `${user.slice(0, 39)}…` : user)

/** The server by its address alone: the part after `?` may change with each socket. */
const ownerOf = ({ url }: Config, user: string): Owner => {
  const address = guard(() => {
    const { protocol, host, pathname } = new URL(typeof url === 'function' ? url() : url)
    return `${protocol}//${host}${pathname}`
  })
  return { url: E.isRight(address) ? address.right : '', user }
}
