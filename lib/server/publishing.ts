import * as E from '#fp/Either'
import type { Permission, Pub, Refusal, Sender } from '../protocol/frame.js'
import { bounds, RETRY, SAME } from '../protocol/frame.js'
import { isLonger } from '../protocol/utf8.js'
import type { Entry } from './engine.js'
import type { Publication, Source } from './publisher.js'
import { refusal } from './refusal.js'
import { refuseFrame } from './refuse-frame.js'
import { isReserved } from './permissions.js'
import type { SessionRecord } from './session-record.js'

/** Publishes of one session, on their way to the log. */
export interface Publishing {
  readonly publish: (pub: Pub) => void
  /** Returns the number of unanswered publishes. */
  readonly unanswered: () => number
  /** Stops all answers. */
  readonly close: () => void
}

/** Retry delay where the unanswered publishes are at their maximum, in ms. */
const waitMs = 1_000

/** Maximum number of triples in one ack frame. */
const mostAcks = 256

/** Creates the publishes of a session, at the first publish. */
export const publishing = (session: SessionRecord): Publishing => {
  const { shared, connection, permissions: rights, meter, lanes, writer, codec, user } = session
  const { limits, budgets } = shared.context.settings
  const account = meter.user()
  let unanswered = 0
  let isClosed = false
  let acks: { readonly epoch: string; readonly repeated: boolean; readonly triples: number[] } | undefined

  const refuse = (ref: number, because: Refusal): void => {
    refuseFrame(session, ref, because)
  }
  const acknowledge = (): void => {
    if (acks) writer.control(['a', acks.epoch, acks.repeated ? 1 : 0, ...acks.triples])
    acks = undefined
  }
  /** Publishes with a pending permission check. */
  const asking = new Set<Publication>()
  const settled = ({ data }: Entry): void => {
    unanswered--
    account.remove('unanswered')
    account.remove('unansweredBytes', data.length)
  }
  const source: Source = {
    isFenced: () => connection.isFenced,
    accepted: ({ ref, entry }, { epoch, offset, at, repeated }) => {
      settled(entry)
      if (isClosed) return
      const isSame = acks?.epoch === epoch && acks.repeated === repeated && acks.triples.length < 3 * mostAcks
      if (!isSame) acknowledge()
      acks ??= { epoch, repeated, triples: [] }
      acks.triples.push(ref, offset, at)
    },
    refused: ({ ref, entry }, because) => {
      settled(entry)
      if (!isClosed) refuse(ref, because)
    },
    dropped: ({ entry }) => {
      settled(entry)
    },
    answered: acknowledge,
    owner: meter.owner(),
  }
  const from: Sender = [user, session.session]
  const entryOf = ([, , , producer, seq, after, id, event, data, flags]: Pub): Entry => {
    const stored = codec.stored(data)
    const retry = (flags & RETRY) !== 0
    const entry: Entry = { user, producer, seq, after, retry, id, event, from, data: stored }
    const known = (flags & SAME) !== 0 && lanes !== undefined ? { ...entry, lanes } : entry
    const isTooLarge = isLonger(stored, limits.messageBytes - bounds.envelopeBytes)
    return isTooLarge ? { ...known, data: '', refusal: refusal('delivery/too-large') } : known
  }
  const pass = (publication: Publication, permissions: readonly Permission[]): void => {
    if (!permissions.includes('publish') || isReserved(publication.room)) {
      source.refused(publication, refusal('delivery/forbidden'))
    } else shared.publisher.put(publication)
  }
  const ask = (publication: Publication): void => {
    asking.add(publication)
    rights.of(publication.room, (answer) => {
      asking.delete(publication)
      if (E.isLeft(answer)) source.refused(publication, refusal('delivery/unchecked'))
      else pass(publication, answer.right)
    })
  }

  return {
    publish: (pub) => {
      const [, ref, room] = pub
      const isFull =
        account.level('unanswered') >= budgets.user.unanswered ||
        account.level('unansweredBytes') >= budgets.user.unansweredBytes
      const retryAfterMs = isFull ? waitMs : account.take('publishes')
      if (retryAfterMs > 0) {
        refuse(ref, refusal('delivery/rate', { retryAfterMs }))
        return
      }
      const publication = { ref, room, entry: entryOf(pub), source }
      unanswered++
      account.put('unanswered', 1)
      account.put('unansweredBytes', publication.entry.data.length)
      const permissions = rights.known(room)
      if (permissions) pass(publication, permissions)
      else ask(publication)
    },
    unanswered: () => unanswered,
    close: () => {
      isClosed = true
      // Answers of the pending permission checks no longer arrive.
      for (const { entry } of asking) settled(entry)
      asking.clear()
    },
  }
}
