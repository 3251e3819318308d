import { ChurningMap } from '../../core/churning-map.js'
import type { CallFrame, Left, Refusal, Reply } from '../../protocol/frame.js'
import type { SessionRecord } from '../session-record.js'
import type { Worker } from '../worker.js'
import { type Outcome, refused } from './outcome.js'
import type { CallPlace, Held } from './place.js'

/** A call of a link: it runs, or its permission is being checked. */
interface Open {
  readonly frame: CallFrame
  held: Held | undefined
}

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
  /** Removes and returns the calls that run. */
  readonly clear: () => readonly Held[]
}

/** `judge` calls `then` with the reason why the session may not make a call. */
export const callPlaces = (
  session: SessionRecord,
  judge: (frame: CallFrame, then: (because: Refusal | undefined) => void) => void,
): CallPlaces => {
  const { user, meter, codec, writer, connection, shared } = session
  let open = new ChurningMap<number, Open>()
  let unanswered = 0
  const ready = new Set<Held>()

  const forget = ({ ch, kind }: CallFrame): void => {
    if (open.delete(ch) && kind !== 'stream') unanswered--
  }
  /** Returns the frame of an outcome; of one that is too large for the client another one. */
  const frameOf = ({ ch, name, id }: CallFrame, outcome: Outcome): Reply | Left => {
    const frame = { ...outcome, ch }
    if (frame.t === 'left' || writer.takes(codec.size(codec.encode(frame)))) return frame
    shared.context.fault({ where: 'call', message: `${name}: a reply is larger than the client takes`, user, id })
    return frame.is === 'value' ? { t: 'reply', ch, n: frame.n, is: 'gap' } : { ...refused('call/failed'), ch }
  }
  const written = (call: CallFrame, outcome: Outcome): Reply | Left => {
    const frame = frameOf(call, outcome)
    if (frame.t === 'left') meter.refused(frame.code)
    return frame
  }
  return {
    add: (frame) => {
      const call: Open = { frame, held: undefined }
      open.set(frame.ch, call)
      if (frame.kind !== 'stream') unanswered++
      return {
        frame,
        isFenced: () => connection.isFenced,
        answer: (outcome) => {
          writer.control(written(frame, outcome))
        },
        write: (outcome) => {
          writer.inOrder(written(frame, outcome))
        },
        hasRoom: () => writer.hasRoom(),
        judge: (then) => {
          judge(frame, then)
        },
        hold: (running) => {
          call.held = running
        },
        wake: () => {
          if (!call.held) return
          ready.add(call.held)
          session.wake()
        },
        left: () => {
          forget(frame)
          if (call.held) ready.delete(call.held)
        },
      }
    },
    has: (ch) => open.get(ch) !== undefined,
    at: (ch) => open.get(ch)?.held,
    drop: (id) => {
      for (const { frame, held } of [...open.values()]) if (frame.id === id && !held) forget(frame)
    },
    unanswered: () => unanswered,
    recheck: () => {
      for (const { held } of [...open.values()]) held?.recheck()
    },
    clear: () => {
      const all = [...open.values()]
      open = new ChurningMap()
      unanswered = 0
      ready.clear()
      return all.flatMap(({ held }) => (held ? [held] : []))
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
