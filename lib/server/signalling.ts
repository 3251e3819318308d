import * as E from '#fp/Either'
import { bounds, type Signal as SignalFrame } from '../protocol/frame.js'
import { byteLength } from '../protocol/utf8.js'
import type { Context } from './context.js'
import type { Signal } from './engine.js'
import type { Meter } from './meter.js'
import type { Permissions } from './permissions.js'
import type { Member, Outlet } from './room.js'
import type { Rooms } from './rooms.js'

/** Signals of one session: delivered to present members, or dropped silently. */
export interface Signalling {
  readonly take: (frame: SignalFrame) => void
}

/** Dependencies of a session's signals. */
export interface SignallingParts {
  readonly outlet: Outlet
  readonly rights: Permissions
  readonly rooms: Rooms
  readonly budget: Meter
  /** Returns the membership of a join. */
  readonly at: (ch: number) => Member | undefined
}

/** Maximum number of signals with a pending permission check. */
const mostWaiting = 64

export const signalling = (context: Context, { outlet, rights, rooms, budget, at }: SignallingParts): Signalling => {
  const { count, settings } = context
  const { engine, limits } = settings
  let waiting = 0

  const drop = (): void => {
    count.signalsDropped++
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
    )
  }

  return {
    take: ([, ch, event, data]) => {
      const member = at(ch)
      const { codec, user, session } = outlet
      const text = codec.stored(data)
      const isTooLarge = byteLength(text) > limits.messageBytes - bounds.envelopeBytes
      if (
        !member ||
        member.phase === 'joining' ||
        isTooLarge ||
        waiting >= mostWaiting ||
        budget.user().take('publishes') > 0
      ) {
        drop()
        return
      }
      const { room } = member
      waiting++
      rights.of(room.name, (answer) => {
        waiting--
        if (E.isLeft(answer) || !answer.right.includes('publish') || member.phase === 'left') drop()
        else tell(room.name, { event, from: [user, session], data: text })
      })
    },
  }
}
