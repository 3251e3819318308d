import * as E from '#fp/Either'
import type { Permission, Pub, Refusal, Sender } from '../protocol/frame.js'
import { bounds, RETRY, SAME } from '../protocol/frame.js'
import { isReserved, takesMessages } from '../protocol/reserved.js'
import { isLonger } from '../protocol/utf8.js'
import type { Entry } from './engine.js'
import { uninvited } from './life/gate.js'
import type { Life } from './life/life.js'
import type { Lives } from './life/lives.js'
import { messageHook, type MessageHook } from './message-hook.js'
import type { Accepted, Publication, Source } from './publisher.js'
import type { Owner } from './owner.js'
import { refusal } from './refusal.js'
import { refuseFrame } from './refuse-frame.js'
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

/** The permissions in a reserved room that takes no messages. */
const nothing: readonly Permission[] = []

/** Creates the publishes of a session, at the first publish. */
export const publishing = (session: SessionRecord): Publishing => new SessionPublishing(session)

/** A class, because each connection may have one: its instances share their methods. */
class SessionPublishing implements Publishing, Source {
  readonly #session: SessionRecord
  readonly #from: Sender
  readonly owner: Owner
  /** Publishes with a pending check. */
  readonly #asking = new Set<Publication>()
  readonly #hook: MessageHook | undefined
  #unanswered = 0
  #isClosed = false

  constructor(session: SessionRecord) {
    this.#session = session
    this.#from = [session.user, session.session]
    this.owner = session.meter.owner()
    const { context } = session.shared
    const { message } = context.settings.hooks
    if (message)
      this.#hook = messageHook(context, message, (publication) => {
        this.#decided(publication)
      })
  }

  publish(pub: Pub): void {
    const { meter, permissions, shared } = this.#session
    const [, ref, room] = pub
    const account = meter.user()
    const most = shared.context.settings.budgets.user
    const isFull =
      account.level('unanswered') >= most.unanswered || account.level('unansweredBytes') >= most.unansweredBytes
    const retryAfterMs = isFull ? waitMs : account.take('publishes')
    if (retryAfterMs > 0) {
      refuseFrame(this.#session, ref, refusal('delivery/rate', { retryAfterMs }))
      return
    }
    const publication = { ref, room, entry: this.#entryOf(pub), source: this }
    this.#unanswered++
    account.put('unanswered', 1)
    account.put('unansweredBytes', publication.entry.data.length)
    const known = takesMessages(room) ? permissions.known(room) : nothing
    if (known) this.#pass(publication, known)
    else this.#ask(publication)
  }

  unanswered(): number {
    return this.#unanswered
  }

  close(): void {
    this.#isClosed = true
    // Answers of the pending checks no longer count.
    for (const { entry } of this.#asking) this.#settled(entry)
    this.#asking.clear()
    for (const { entry } of this.#hook?.close() ?? []) this.#settled(entry)
  }

  // ---- the outcomes
  isFenced(): boolean {
    return this.#session.connection.isFenced
  }

  accepted({ ref, entry }: Publication, outcome: Accepted): void {
    this.#settled(entry)
    if (!this.#isClosed) this.#session.writer.ack(ref, outcome)
  }

  refused({ ref, entry }: Publication, because: Refusal): void {
    this.#settled(entry)
    if (!this.#isClosed) refuseFrame(this.#session, ref, because)
  }

  dropped({ entry }: Publication): void {
    this.#settled(entry)
  }

  #settled({ data }: Entry): void {
    const account = this.#session.meter.user()
    this.#unanswered--
    account.remove('unanswered')
    account.remove('unansweredBytes', data.length)
  }

  #entryOf([, , , producer, seq, after, id, event, data, flags, term]: Pub): Entry {
    const { user, lanes, codec, shared } = this.#session
    const stored = codec.stored(data)
    const retry = (flags & RETRY) !== 0
    const entry: Entry = { user, producer, seq, after, retry, id, event, from: this.#from, data: stored }
    const inLane = (flags & SAME) !== 0 && lanes !== undefined ? { ...entry, lanes } : entry
    const known = term === undefined ? inLane : { ...inLane, term }
    const isTooLarge = isLonger(stored, shared.context.settings.limits.messageBytes - bounds.envelopeBytes)
    return isTooLarge ? { ...known, data: '', refusal: refusal('delivery/too-large') } : known
  }

  #pass(publication: Publication, permissions: readonly Permission[]): void {
    const { lives } = this.#session.shared
    const { room } = publication
    if (!permissions.includes('publish')) {
      this.refused(publication, refusal('delivery/forbidden'))
      return
    }
    if (isReserved(room)) {
      this.#judge(publication, undefined)
      return
    }
    const life = lives?.at(room)
    if (lives && !life) this.#read(publication, lives, permissions)
    else this.#judge(publication, life && this.#refusalOf(life, permissions))
  }

  #refusalOf(life: Life, permissions: readonly Permission[]): Refusal | undefined {
    return life.silenced(this.#session) ?? uninvited(life, this.#session, permissions)
  }

  #judge(publication: Publication, because: Refusal | undefined): void {
    if (because) this.refused(publication, because)
    else (this.#hook ?? this.#session.shared.publisher).put(publication)
  }

  /** Passes on a message that the application has decided on. The user may have been banned or muted meanwhile. */
  #decided(publication: Publication): void {
    const { lives, publisher } = this.#session.shared
    const because = lives?.last(publication.room)?.silenced(this.#session)
    if (because && !publication.entry.refusal) this.refused(publication, because)
    else publisher.put(publication)
  }

  /** Reads the life of a room that the session is not in. */
  #read(publication: Publication, lives: Lives, permissions: readonly Permission[]): void {
    this.#asking.add(publication)
    lives.read(publication.room, (life) => {
      // A closed session has dropped it.
      if (!this.#asking.delete(publication)) return
      this.#judge(publication, life ? this.#refusalOf(life, permissions) : refusal('delivery/unchecked'))
    })
  }

  #ask(publication: Publication): void {
    this.#asking.add(publication)
    this.#session.permissions.of(publication.room, (answer) => {
      this.#asking.delete(publication)
      if (E.isLeft(answer)) this.refused(publication, refusal('delivery/unchecked'))
      else this.#pass(publication, answer.right)
    })
  }
}
