import * as E from '#fp/Either'
import { AsyncSubject } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { deliveryError, type DeliveryError, type Kind } from '../core/error.js'
import { guard } from '../core/guard.js'
import type { Position } from '../core/position.js'
import type { Result, ResultStream } from '../core/result.js'
import { bounds, type Durability, type Refusal } from '../protocol/frame.js'
import { isName } from '../protocol/field.js'
import { mark } from '../protocol/payload.js'
import { byteLength } from '../protocol/utf8.js'
import type { Context } from './context.js'
import type { Entry } from './engine.js'
import type { Publisher, Source } from './publisher.js'
import { envelopeBytes } from './publishing.js'
import { refusal } from './refusal.js'

/** What the server's own publish came to. */
export interface ServerReceipt {
  readonly room: string
  readonly id: string
  readonly position: Position
  /** The calendar's milliseconds. */
  readonly at: number
  readonly durability: Durability
}

/** What the application's publishes can be told. */
export interface ServerPublishOptions {
  /** Default: a new random one. At most 64 bytes. */
  readonly id?: string
  /** Whom the message is from. Default `@server`. */
  readonly from?: string
}

/** Publishes of the application itself: no limit of rate, no permission. */
export interface Application {
  readonly publish: (
    room: string,
    event: string,
    data: unknown,
    options?: ServerPublishOptions,
  ) => ResultStream<ServerReceipt>
  /** Settles what is pending: nobody will know. */
  readonly close: () => void
}

interface Pending {
  readonly room: string
  readonly entry: Entry
  readonly result: AsyncSubject<Result<ServerReceipt>>
}

export const application = (context: Context, publisher: Publisher): Application => {
  const { engine, ids, limits } = context.settings
  const producer = ids()
  const pending = new Map<number, Pending>()
  let seq = 0
  let isClosed = false

  const settle = (ref: number, resultOf: (pending: Pending) => Result<ServerReceipt>): void => {
    const found = pending.get(ref)
    if (!found) return
    pending.delete(ref)
    found.result.next(resultOf(found))
    found.result.complete()
  }
  const source: Source = {
    isFenced: () => false,
    accepted: (ref, { epoch, offset, at }) => {
      settle(ref, ({ room, entry: { id } }) =>
        E.right({ room, id, position: { epoch, offset }, at, durability: engine.durability }),
      )
    },
    refused: (ref, because) => {
      settle(ref, ({ room, entry }) => E.left(failure(room, entry, because)))
    },
    answered: () => undefined,
  }

  return {
    publish: (room, event, data, { id = ids(), from = '@server' } = {}) => {
      const result = new AsyncSubject<Result<ServerReceipt>>()
      const text = jsonOf(data)
      const stored = E.isRight(text) ? text.right : ''
      const ref = ++seq
      const lane = { user: '@server', producer, seq: ref, after: 0, retry: false }
      const entry: Entry = { ...lane, id, event, from: [from, ''], data: stored }
      pending.set(ref, { room, entry, result })
      context.box.enter(() => {
        const wrong = isClosed
          ? closed
          : E.isLeft(text)
            ? invalid(text.left)
            : faultIn(room, entry, limits.messageBytes)
        if (wrong) source.refused(ref, wrong)
        else publisher.put(room, { ref, entry, source })
      })
      return result.asObservable()
    },
    close: () => {
      isClosed = true
      for (const ref of [...pending.keys()]) source.refused(ref, closed)
    },
  }
}

const jsonOf = (data: unknown): Either<string, string> => {
  const text = guard(() => JSON.stringify(mark(data)) as string | undefined)
  return E.isRight(text) && text.right === undefined ? E.left('it is no JSON value') : (text as Either<string, string>)
}

const faultIn = (room: string, { id, event, data }: Entry, messageBytes: number): Refusal | undefined => {
  if (!isName(room, bounds.roomBytes)) return invalid(`a room's name has 1 to ${bounds.roomBytes} bytes`)
  if (!isName(event, bounds.eventBytes)) return invalid(`an event's name has 1 to ${bounds.eventBytes} bytes`)
  if (!isName(id, bounds.idBytes)) return invalid(`an id has 1 to ${bounds.idBytes} bytes`)
  return byteLength(data) > messageBytes - envelopeBytes ? refusal('delivery/too-large') : undefined
}

const invalid = (because: string): Refusal => ({
  code: 'delivery/invalid',
  message: `This cannot be published: ${because}.`,
  kind: 'terminal',
})

const closed: Refusal = { code: 'delivery/closed', message: 'The server was closed.', kind: 'terminal' }

const remedies: Readonly<Record<Kind, string>> = {
  retry: 'Publish it again with the same id.',
  unknown: 'Find out whether it was published before doing it again.',
  reauth: 'Publish it again with the same id.',
  terminal: 'Publish something else.',
}

const failure = (room: string, { id, event }: Entry, { code, message, kind }: Refusal): DeliveryError =>
  deliveryError({
    code: code as DeliveryError['code'],
    message,
    remedy: remedies[kind],
    kind,
    room,
    event,
    id,
    executed: code === 'delivery/unavailable' || code === 'delivery/closed' ? 'unknown' : 'no',
  })
