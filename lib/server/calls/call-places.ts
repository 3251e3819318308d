import { ChurningMap } from '../../core/churning-map.js'
import type { Data } from '../../core/ports.js'
import type { CallFrame, Left, Refusal, Reply } from '../../protocol/frame.js'
import type { SessionRecord } from '../session-record.js'
import type { MembershipEnd } from '../tables/member-row.js'
import type { Worker } from '../worker.js'
import { type Outcome, refused } from './outcome.js'
import type { CallPlace, Held } from './place.js'

/** The calls of one link by their number, and the streams that have something to write. */
export interface CallPlaces extends Worker {
  readonly add: (frame: CallFrame) => CallPlace
  /** Returns false for a call that is over, or was given up. */
  readonly has: (ch: number) => boolean
  readonly at: (ch: number) => Held | undefined
  /** Gives up calls with this id whose permission is being checked. */
  readonly drop: (id: string) => void
  /** Returns the number of calls with one answer. */
  readonly unanswered: () => number
  /** Checks again which calls the client may make. */
  readonly recheck: () => void
  /** Ends all with the link. */
  readonly close: (how: MembershipEnd) => void
}

/** `judge` calls `then` with the reason why the session may not make a call. */
export const callPlaces = (session: SessionRecord, judge: Judge): CallPlaces => {
  let open = new ChurningMap<number, Place>()
  let unanswered = 0
  const ready = new Set<Held>()
  const link: Places = {
    session,
    judge,
    wake: (held) => {
      ready.add(held)
      session.wake()
    },
    left: ({ frame, held }) => {
      if (open.delete(frame.ch) && frame.kind !== 'stream') unanswered--
      if (held) ready.delete(held)
    },
  }
  const { writer } = session
  return {
    add: (frame) => {
      const place = new Place(link, frame)
      open.set(frame.ch, place)
      if (frame.kind !== 'stream') unanswered++
      return place
    },
    has: (ch) => open.get(ch) !== undefined,
    at: (ch) => open.get(ch)?.held,
    drop: (id) => {
      for (const place of [...open.values()]) if (place.frame.id === id && !place.held) place.left()
    },
    unanswered: () => unanswered,
    recheck: () => {
      for (const { held } of [...open.values()]) held?.recheck()
    },
    close: (how) => {
      const all = [...open.values()]
      open = new ChurningMap()
      unanswered = 0
      ready.clear()
      for (const place of all) place.held?.lose(how, place)
    },
    hasWork: () => ready.size > 0,
    step: () => {
      const [stream] = ready
      if (!stream || !writer.hasRoom()) return false
      ready.delete(stream)
      stream.step()
      if (stream.hasWork()) ready.add(stream)
      return writer.hasRoom() && ready.size > 0
    },
  }
}

type Judge = (frame: CallFrame, then: (because: Refusal | undefined) => void) => void

/** The places of a link, as one of them sees them. */
interface Places {
  readonly session: SessionRecord
  readonly judge: Judge
  readonly wake: (held: Held) => void
  readonly left: (place: Place) => void
}

/** A frame in the form of its link. */
interface Written {
  readonly piece: Data
  readonly bytes: number
}

/** A call of a link: it runs, or its permission is being checked. A class, because each call has one. */
class Place implements CallPlace {
  readonly frame: CallFrame
  held: Held | undefined
  readonly #link: Places

  constructor(link: Places, frame: CallFrame) {
    this.#link = link
    this.frame = frame
  }

  isFenced(): boolean {
    return this.#link.session.connection.isFenced
  }

  answer(outcome: Outcome): void {
    const { piece, bytes } = this.#written(outcome)
    this.#link.session.writer.urgent(piece, bytes)
  }

  write(outcome: Outcome): void {
    const { piece, bytes } = this.#written(outcome)
    this.#link.session.writer.signal(piece, bytes)
  }

  hasRoom(): boolean {
    return this.#link.session.writer.hasRoom()
  }

  judge(then: Parameters<Judge>[1]): void {
    this.#link.judge(this.frame, then)
  }

  hold(running: Held): void {
    this.held = running
  }

  wake(): void {
    if (this.held) this.#link.wake(this.held)
  }

  left(): void {
    this.#link.left(this)
  }

  /** Encodes an outcome; of one that is too large for the client another one. */
  #written(outcome: Outcome): Written {
    const { ch, name, id } = this.frame
    const { meter, user, writer, shared } = this.#link.session
    if (outcome.t === 'left') meter.refused(outcome.code)
    const written = this.#encoded({ ...outcome, ch })
    if (outcome.t === 'left' || writer.takes(written.bytes)) return written
    shared.context.fault({ where: 'call', message: `${name}: a reply is larger than the client takes`, user, id })
    return outcome.is === 'value'
      ? this.#encoded({ t: 'reply', ch, n: outcome.n, is: 'gap' })
      : this.#written(refused('call/failed'))
  }

  #encoded(frame: Reply | Left): Written {
    const { codec } = this.#link.session
    const piece = codec.encode(frame)
    return { piece, bytes: codec.size(piece) }
  }
}
