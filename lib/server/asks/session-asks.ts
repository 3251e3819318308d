import type { CallFrame, Refusal, Reply } from '../../protocol/frame.js'
import { askBytes } from '../../protocol/frame.js'
import { isReserved } from '../../protocol/reserved.js'
import { isLonger } from '../../protocol/utf8.js'
import { ofCall } from '../calls/gate.js'
import { otherCall } from '../calls/outcome.js'
import { mayPublish } from '../life/gate.js'
import { refusal } from '../refusal.js'
import { refuseChannel } from '../refuse-frame.js'
import type { SessionRecord } from '../session-record.js'
import type { NodeAsks } from './node-asks.js'
import type { MemberAnswer, Order } from './question.js'

/** The calls of one session to the members of its rooms. */
export interface SessionAsks {
  readonly ask: (frame: CallFrame) => void
  /** Returns false for an unknown call. */
  readonly cancel: (id: string) => boolean
  /** Returns the number of calls that wait for answers. */
  readonly unanswered: () => number
  readonly close: () => void
}

/** A call: `stop` ends it where members are asked. */
interface Open {
  readonly ch: number
  stop: () => void
}

export const sessionAsks = (session: SessionRecord, asks: NodeAsks): SessionAsks => {
  const { user, meter, codec, writer, shared, places } = session
  const { now, settings } = shared.context
  const account = meter.user()
  const open = new Map<string, Open>()

  const order = (frame: CallFrame, room: string, kind: Order['kind']): Order => {
    const withinMs = Math.min(frame.withinMs ?? Infinity, settings.limits.dedupeMs)
    return {
      room,
      name: frame.name,
      kind,
      ...(frame.data !== undefined && { data: codec.stored(frame.data) }),
      from: [user, session.session],
      until: frame.until ?? 'all',
      at: now() + withinMs,
    }
  }
  const flaw = ({ id, room, data }: CallFrame): Refusal | undefined => {
    const retryAfterMs = account.take('calls')
    if (retryAfterMs > 0) return refusal('call/rate', { retryAfterMs })
    if (room === undefined || isReserved(room)) return refusal('call/forbidden')
    if (open.has(id)) return refusal('call/input', { message: otherCall })
    if (data !== undefined && isLonger(codec.stored(data), askBytes))
      return refusal('call/input', { message: `The input is longer than ${askBytes} bytes.` })
    if (places.stateOf(room) === 'in') return undefined
    return ofCall(refusal('room/not-joined'))
  }
  const begin = (asked: Order, { id, ch }: CallFrame, of: Open): void => {
    let n = 0
    const write = (frame: Omit<Reply, 't' | 'ch' | 'n'>): void => {
      writer.control({ t: 'reply', ch, n: ++n, ...frame })
    }
    const ended = (): void => {
      if (!open.delete(id)) return
      account.remove('running')
    }
    const stop = asks.ask(asked, {
      answered: (from, answer) => {
        write({ from, ...frameOf(writer.hasRoom() ? answer : lost) })
      },
      over: (because) => {
        ended()
        if (because) refuseChannel(session, ch, because)
        else write({ is: 'end' })
      },
    })
    of.stop = () => {
      ended()
      stop()
    }
  }
  return {
    ask: (frame) => {
      const { id, ch, room, kind } = frame
      const because = flaw(frame)
      if (because || room === undefined || kind === 'stream') {
        refuseChannel(session, ch, because ?? refusal('call/input'))
        return
      }
      const asked = order(frame, room, kind)
      const of: Open = { ch, stop: () => open.delete(id) }
      open.set(id, of)
      mayPublish(session, room, (forbidden) => {
        if (open.get(id) !== of || session.connection.isFenced) return
        const refused = forbidden ? ofCall(forbidden) : undefined
        if (!refused && account.add('running')) begin(asked, frame, of)
        else {
          open.delete(id)
          refuseChannel(session, ch, refused ?? refusal('call/rate'))
        }
      })
    },
    cancel: (id) => {
      const known = open.get(id)
      known?.stop()
      return known !== undefined
    },
    unanswered: () => open.size,
    close: () => {
      for (const each of [...open.values()]) each.stop()
    },
  }
}

/** An answer for which the connection has no room. */
const lost: MemberAnswer = { is: 'none', because: refusal('call/lost', { kind: 'unknown' }) }

const frameOf = (answer: MemberAnswer): Pick<Reply, 'is' | 'data' | 'error' | 'because'> => {
  if (answer.is === 'none') return answer
  const data = answer.data !== undefined && { data: JSON.parse(answer.data) as unknown }
  return answer.is === 'value' ? { is: 'value', ...data } : { is: 'error', error: answer.error, ...data }
}
