import * as E from '#fp/Either'
import { AsyncSubject } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { deliveryError, type DeliveryError, type Kind } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import { guard } from '../core/guard.js'
import { plain } from '../core/plain.js'
import type { Position } from '../core/position.js'
import type { Result, ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { bounds, type Durability, type Refusal } from '../protocol/frame.js'
import { isName } from '../protocol/field.js'
import { takesMessages } from '../protocol/reserved.js'
import { payloadJson } from '../protocol/payload.js'
import { byteLength } from '../protocol/utf8.js'
import type { AskClients } from './asks/server-ask.js'
import type { Context } from './context.js'
import type { Entry } from './engine.js'
import type { Publication, Publisher, Source } from './publisher.js'
import { refusal } from './refusal.js'

/** The receipt of a publish by the server itself. */
export interface ServerReceipt {
  readonly room: string
  readonly id: string
  readonly position: Position
  /** Wall clock time in milliseconds. */
  readonly at: number
  readonly durability: Durability
}

/** Options of the application's publishes. All may be left out. */
export interface ServerPublishOptions extends WaitOptions {
  /**
   * The message id, at most 64 bytes. Default: a new random id. A second publish with the same id does not repeat the
   * message: it answers with the first receipt for as long as the engine remembers outcomes (its `dedupeMs`), also on
   * another server with the same engine.
   */
  readonly id?: string | undefined
  /** The sender's name. Default `@server`. */
  readonly from?: string | undefined
}

/** Publishes to the receivers of `server.to(target)`. */
export interface Recipients {
  /**
   * Publishes like `server.publish`, at the call. The room of the receipt is `@all` for all users, and `@user/` with the
   * name for one user. `Left` for an invalid target.
   */
  readonly publish: (event: string, data?: unknown, options?: ServerPublishOptions) => ResultStream<ServerReceipt>
  /**
   * Calls a function of those clients in the room that answer it with `asks` of `rx-rooms/calls`; of those of a user, with
   * `clientAsks`. Begins with each subscription: emits the answer of each client, and completes by the rule `until`. A
   * `Left` is the end: nobody answers the call (`call/nobody`), or another reason why there is none. Unsubscribing cancels
   * the call for the clients that have not answered. Never errors.
   */
  readonly ask: AskClients
}

/** Publishes by the application itself, without rate limit and without permission check. */
export interface Application {
  readonly publish: (
    room: string,
    event: string,
    data: unknown,
    options?: ServerPublishOptions,
  ) => ResultStream<ServerReceipt>
  /** Settles pending publishes with an unknown outcome. */
  readonly close: () => void
}

type Settled = AsyncSubject<Result<ServerReceipt>>

export const application = (context: Context, publisher: Publisher): Application => {
  const { engine, ids, limits } = context.settings
  const pending = new Map<Publication, Settled>()
  let refs = 0
  let isClosed = false

  const settle = (publication: Publication, result: Result<ServerReceipt>): void => {
    const settled = pending.get(publication)
    pending.delete(publication)
    settled?.next(result)
    settled?.complete()
  }
  const source: Source = {
    isFenced: () => false,
    dropped: () => undefined,
    owner: undefined,
    accepted: (publication, { epoch, offset, at }) => {
      const { room, entry } = publication
      const position = { epoch, offset }
      settle(publication, E.right(frozen({ room, id: entry.id, position, at, durability: engine.durability })))
    },
    refused: (publication, because) => {
      settle(publication, E.left(failure(publication, because)))
    },
  }

  return {
    publish: (room, event, data, { id = ids(), from = '@server' } = {}) => {
      const text = jsonOf(data)
      const ref = ++refs
      // One lane per id: the engine executes its only seq once, whichever server publishes it and however often.
      const lane = { user: '@server', producer: id, seq: 1, after: 0, retry: false }
      const entry: Entry = { ...lane, id, event, from: [from, ''], data: E.isRight(text) ? text.right : '' }
      const publication: Publication = { ref, room, entry, source }
      const settled: Settled = new AsyncSubject()
      pending.set(publication, settled)
      context.box.enter(() => {
        const wrong = isClosed
          ? closed
          : E.isLeft(text)
            ? invalid(text.left)
            : faultIn(publication, limits.messageBytes)
        if (wrong) source.refused(publication, wrong)
        else publisher.put(publication)
      })
      return settled.asObservable()
    },
    close: () => {
      isClosed = true
      for (const publication of [...pending.keys()])
        settle(publication, E.left(failure(publication, closed, 'unknown')))
    },
  }
}

const jsonOf = (data: unknown): Either<string, string> => {
  const copied = guard(() => plain(data, false))
  if (E.isLeft(copied)) return E.left(`the payload throws: ${copied.left}`)
  if (E.isLeft(copied.right)) {
    const { path, expected, actual } = copied.right.left
    const where = path.length === 0 ? '' : ` at ${path.join('.').slice(0, 128)}`
    return E.left(`the payload: expected ${expected}${where}, got ${actual.slice(0, 64)}`)
  }
  const text = payloadJson(copied.right.right.value)
  return text === undefined ? E.left(`the payload: expected at most ${bounds.payloadDepth} levels`) : E.right(text)
}

const faultIn = (
  { room, entry: { id, event, from, data } }: Publication,
  messageBytes: number,
): Refusal | undefined => {
  if (!isName(room, bounds.roomBytes)) return invalid(`a room's name has 1 to ${bounds.roomBytes} bytes`)
  if (!takesMessages(room)) return invalid(`nobody reads messages of ${room}: write @all or @user/ and a user's name`)
  if (!isName(event, bounds.eventBytes)) return invalid(`an event's name has 1 to ${bounds.eventBytes} bytes`)
  if (!isName(id, bounds.idBytes)) return invalid(`an id has 1 to ${bounds.idBytes} bytes`)
  if (!isName(from[0], bounds.userBytes)) return invalid(`a user's name has 1 to ${bounds.userBytes} bytes`)
  return byteLength(data) > messageBytes - bounds.envelopeBytes ? refusal('delivery/too-large') : undefined
}

const invalid = (because: string): Refusal => ({
  code: 'delivery/invalid',
  message: `This cannot be published: ${because}.`,
  kind: 'terminal',
})

/** Remedies for refusals that a repetition does not change. */
const cures: Readonly<Record<string, string>> = {
  'delivery/invalid':
    'Write publish(room, event, data, { id, from }): texts within these bounds, and data that JSON can represent.',
  'delivery/too-large': 'Publish less in one message, or raise limits.messageBytes.',
  'delivery/closed': 'Publish by a server that is open.',
}

const closed: Refusal = { code: 'delivery/closed', message: 'The server was closed.', kind: 'terminal' }

const again = 'Publish it again with the same id: with one id it is published once.'

const remedies: Readonly<Record<Kind, string>> = {
  retry: again,
  unknown: again,
  reauth: again,
  terminal: 'Ask the engine, or whoever wrote it, what it takes: it refused this for good.',
}

const failure = (
  { room, entry: { id, event } }: Publication,
  { code, message, kind }: Refusal,
  executed: DeliveryError['executed'] = code === 'delivery/unavailable' ? 'unknown' : 'no',
): DeliveryError =>
  deliveryError({
    code: code as DeliveryError['code'],
    message,
    remedy: executed === 'unknown' ? again : (cures[code] ?? remedies[kind]),
    kind,
    room,
    event,
    id,
    executed,
  })
