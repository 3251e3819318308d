import type { Observable } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import type { Deadlines } from '../core/deadlines.js'
import type { Positions } from '../core/ports.js'
import type { WebSocketError } from '../core/error.js'
import type { Held, Message } from '../outbox/message.js'
import { takenOver } from '../outbox/error.js'
import type { Journal, Posted } from '../outbox/journal.js'
import type { Handshake } from '../session/handshake.js'
import type { StoredSession } from '../session/records.js'
import type { SessionState } from '../session/state.js'
import type { Owner, Stored } from '../store/port.js'
import type { Config } from './config.js'
import { type Fault, fault } from './fault.js'

/** The store of a client. Call in a turn. */
export interface Persistence {
  /** The journal and user for the outbox. */
  readonly sending: { readonly journal: Journal; readonly user: string }
  readonly positions: Positions
  /** Stores everything given in this turn in one atomic step. */
  readonly flush: () => void
  /** A token was granted: calls `then` once the stored session is known. */
  readonly granted: (then: () => void) => void
  /** The token was released: cancels waiting grants. */
  readonly released: () => void
  readonly welcomed: (user: string, session: StoredSession) => void
  /** The session changed: forgets a session that has ended, so that no later run claims it. */
  readonly session: (state: SessionState) => void
  readonly erase: () => Stored<void>
  /** Ends it at the call; emits once everything is stored. A second call emits at the same time. */
  readonly close: () => Observable<void>
}

export interface PersistenceNeeds {
  readonly config: Config
  readonly deadlines: Deadlines
  readonly handshake: Handshake
  readonly turn: (task: () => void) => void
  readonly report: (what: Fault) => void
  readonly adopt: (posted: Posted) => void
  readonly held: () => readonly Held[]
  readonly withdraw: (message: Message, because: WebSocketError) => boolean
}

export const storing = (needs: PersistenceNeeds): Persistence | undefined => {
  const { config, handshake } = needs
  const { store, identity: user } = config
  if (store === undefined || user === undefined) return undefined
  const report = (message: string): void => { needs.report(fault('StoreFailed', message)) }
  let grants = 0
  let isRecalled = false

  const kept = store.persistence({
    owner: () => ownerOf(config, user),
    options: config.storing,
    clocks: { now: () => config.scheduler.now(), wall: config.wall },
    deadlines: needs.deadlines,
    hints$: config.hints$,
    ids: config.ids,
    turn: needs.turn,
    report,
    adopt: needs.adopt,
    lost: () => {
      for (const { kept, message } of needs.held()) if (kept?.isStored) needs.withdraw(message, takenOver(message))
    },
  })
  return {
    sending: { journal: kept.journal, user },
    positions: kept.positions,
    flush: kept.flush,
    granted: (then) => {
      const grant = ++grants
      kept.recall((known) => {
        if (grant !== grants) return
        if (known && !isRecalled) handshake.recall(known)
        isRecalled = true
        then()
      })
    },
    released: () => { grants++ },
    welcomed: (who, session) => {
      if (who === user) kept.remember(session)
      else {
        void kept.leave()
        report(anotherUser(who, user))
      }
    },
    session: ({ _tag }) => { if (_tag === 'Replaced' || _tag === 'Revoked' || _tag === 'Expired') kept.forget() },
    erase: () => {
      for (const held of needs.held()) held.kept = undefined
      return kept.erase()
    },
    close: kept.leave,
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
