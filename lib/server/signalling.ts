import * as E from '#fp/Either'
import { bounds, type Signal as SignalFrame } from '../protocol/frame.js'
import { byteLength } from '../protocol/utf8.js'
import type { Signal } from './engine.js'
import type { Member } from './room.js'
import type { SessionRecord } from './session-record.js'

/** Signals of one session: delivered to present members, or dropped silently. */
export interface Signalling {
  /** Handles a signal to the room of this membership. */
  readonly take: (frame: SignalFrame, member: Member | undefined) => void
}

/** Maximum number of signals with a pending permission check. */
const mostWaiting = 64

/** Creates the signals of a session, at the first signal. */
export const signalling = (record: SessionRecord): Signalling => {
  const { shared, permissions: rights, meter, codec, user, session } = record
  const { context, rooms } = shared
  const { count, settings } = context
  const { engine, limits } = settings
  let waiting = 0

  const drop = (cause: string): void => {
    count.signalsDropped++
    count.signalCauses.add(cause)
  }
  const tell = (room: string, signal: Signal): void => {
    const { signal: announce } = engine
    if (!announce) {
      rooms.spread(room, signal)
      return
    }
    context.engine(
      () => announce(room, signal),
      (answer) => {
        if (E.isLeft(answer)) context.fault({ where: 'engine', message: answer.left, room })
      },
      meter,
    )
  }

  return {
    take: ([, , event, data], member) => {
      const text = codec.stored(data)
      if (!member || member.phase === 'joining') {
        drop('not-joined')
        return
      }
      if (byteLength(text) > limits.messageBytes - bounds.envelopeBytes) {
        drop('too-large')
        return
      }
      if (waiting >= mostWaiting || meter.user().take('publishes') > 0) {
        drop('rate')
        return
      }
      const { room } = member
      waiting++
      rights.of(room.name, (answer) => {
        waiting--
        const isSilenced = room.life?.silenced(record) !== undefined
        if (E.isLeft(answer) || !answer.right.includes('publish') || isSilenced || member.phase === 'left')
          drop('forbidden')
        else tell(room.name, { event, from: [user, session], data: text })
      })
    },
  }
}
