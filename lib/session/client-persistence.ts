import { map, merge, type Observable, take, timer } from 'rxjs'
import * as E from '#fp/Either'
import { connectionError, type WebSocketError } from '../core/error.js'
import { guard } from '../core/guard.js'
import type { KeptPositions } from '../core/ports.js'
import type { Result } from '../core/result.js'
import type { Extension } from '../kernel/extension.js'
import { fault } from '../kernel/fault.js'
import type { Identity } from '../kernel/identity.js'
import type { Kernel } from '../kernel/kernel.js'
import { isOver } from '../kernel/session.js'
import { takenOver } from '../outbox/error.js'
import type { Posted } from '../outbox/journal.js'
import type { Outbox, OutboxNeeds } from '../outbox/model.js'
import { adopting, tracking } from '../outbox/tracking.js'
import type { Welcome } from '../protocol/frame.js'
import { unanswered } from '../store/failure.js'
import type { Owner, Store, StoreFailure } from '../store/port.js'
import { persistence, type PersistenceOptions } from './persistence.js'
import { told } from '#texts'

/** More links than any run has: the generations of a later run are all higher. */
const linksOfALife = 2 ** 22

/** The store of a client. Call in a turn. */
export interface ClientPersistence {
  /** The tracking of posted messages and the user, for the outbox. */
  readonly sending: Pick<OutboxNeeds, 'journal' | 'user'>
  readonly positions: KeptPositions
  /** Opens the store, and calls `then` once the stored data is known, or is unavailable. */
  readonly loaded: (then: () => void) => void
  /** A token was granted: calls `then` once the stored session is known. */
  readonly granted: (then: () => void) => void
  /** The token was released: cancels waiting grants. */
  readonly released: () => void
  /** Stores the session of a welcome, if it is the user's. */
  readonly welcomed: (frame: Welcome) => void
  /** Erases all data of the user. Emits once, `Left` also when the store does not answer in time. */
  readonly erase: () => Observable<Result<undefined>>
  /** Ends it at the call; emits once everything is stored, or after the store's time to open. */
  readonly close: () => Observable<unknown>
  /** Stores everything given in a turn in one atomic step, at its end. */
  readonly extension: Extension
}

/** The parts of a client that its store works with. */
export interface ClientNeeds {
  /** The user of the client. */
  readonly user: string
  readonly identity: Identity
  readonly outbox: () => Outbox
  /** Reports the failure of a message that an earlier run posted. */
  readonly failed: (message: Posted, because: WebSocketError) => void
}

/** Makes the storing part of a client. */
export const clientPersistence = (
  store: Store,
  kernel: Kernel,
  needs: ClientNeeds,
  options: PersistenceOptions,
): ClientPersistence => {
  const { user, identity } = needs
  const { config, turns, deadlines, diagnostics, session } = kernel
  const { scheduler } = config
  const report = (message: string): void => {
    diagnostics.report(fault('StoreFailed', message))
  }
  let grants = 0
  let isRecalled = false

  const adopt = adopting({ now: deadlines.now, wall: config.wall })

  const kept = persistence({
    store,
    owner: () => ownerOf(config.url, user),
    options,
    clocks: { now: () => scheduler.now(), wall: config.wall },
    deadlines,
    hints$: config.hints$,
    ids: config.ids,
    turn: turns.enter,
    report,
    adopt: (posted) => {
      adopt(needs.outbox(), posted, {
        settled: (result) => {
          if (E.isLeft(result)) needs.failed(posted, result.left)
        },
      })
    },
    lost: () => {
      const { held, withdraw } = needs.outbox()
      for (const message of held()) if (message.kept?.isStored) withdraw(message, takenOver(message))
    },
  })
  // Forgets a session that has ended, so that no later run claims it.
  session.watch((state) => {
    if (isOver(state)) kept.forget()
  })
  return {
    sending: { journal: tracking(kept.journal, { now: deadlines.now, turn: turns.enter }), user },
    positions: kept.positions,
    loaded: (then) => {
      kept.recall(then)
    },
    granted: (then) => {
      const grant = ++grants
      kept.recall((known) => {
        if (grant !== grants) return
        if (known && !isRecalled) {
          identity.before = known.life * linksOfALife
          identity.session = known.session ?? identity.session
          identity.user = user
        }
        isRecalled = true
        then()
      })
    },
    released: () => {
      grants++
    },
    welcomed: ({ user: who }) => {
      if (who === user) kept.remember(identity.session)
      else {
        void kept.leave()
        report(anotherUser(who, user))
      }
    },
    erase: () => {
      for (const message of needs.outbox().held()) message.kept = undefined
      const late = timer(options.writeMs, scheduler).pipe(map(() => E.left(unanswered(options.writeMs))))
      return merge(kept.erase(), late).pipe(
        take(1),
        map((answer) => (E.isLeft(answer) ? E.left(notErased(answer.left)) : E.right(undefined))),
      )
    },
    close: () => merge(kept.leave(), timer(options.openMs, scheduler)).pipe(take(1)),
    extension: {
      flush: kept.flush,
      close: () => {
        void kept.leave()
      },
    },
  }
}

const notErased = ({ because, message }: StoreFailure): WebSocketError =>
  connectionError({ ...told('session/not-erased', { because, said: message }), kind: 'terminal' })

const anotherUser = (who: string, identity: string): string =>
  'The server knows this client as another user than its identity: what is stored is left alone. ' +
  `Set \`identity\` to ${named(who)}, or give the server an \`authenticate\` that answers with ${named(identity)}.`

/** Cuts the name so that two of them fit into one fault. */
const named = (user: string): string => JSON.stringify(user.length > 40 ? `${user.slice(0, 39)}…` : user)

/** The server by its address alone: the part after `?` may change with each socket. */
const ownerOf = (given: Kernel['config']['url'], user: string): Owner => {
  const address = guard(() => {
    const url = typeof given === 'object' ? given.first : given
    const { protocol, host, pathname } = new URL(typeof url === 'function' ? url() : url)
    return `${protocol}//${host}${pathname}`
  })
  return { url: E.isRight(address) ? address.right : '', user }
}
