import { defaultBackoff } from '../../lib/core/backoff.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { mailbox } from '../../lib/core/mailbox.js'
import type { Positions } from '../../lib/core/ports.js'
import type { Position } from '../../lib/core/position.js'
import type {
  ClientFrame,
  GapFrame,
  Granted,
  Join,
  Joined,
  Left,
  Msg,
  PageEnd,
  PageMsg,
} from '../../lib/protocol/frame.js'
import type { HistoryConfig } from '../../lib/rooms/earlier-messages.js'
import { rooms as roomsOf } from '../../lib/rooms/rooms.js'
import { type Listener, type Special } from '../../lib/rooms/subscribers.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { Observable, of } from 'rxjs'
import { identityDecoder } from '../../lib/contract/compile.js'
import type { Result } from '../../lib/core/result.js'
import type { Membership } from '../../lib/rooms/membership.js'
import type { Message } from '../../lib/rooms/message.js'
import { see, type Seen } from './seen.js'
import { joined, welcome } from './stage.js'

/** The rooms of a client without the client: what they write, and what is told to them. */
export const roomsRig = (stored: Readonly<Record<string, Position>> = {}, history: Partial<HistoryConfig> = {}) => {
  const time = virtualTime()
  const box = mailbox(() => undefined, (thrown) => { throw thrown }) // prettier-ignore
  const written: ClientFrame[] = []
  const counts: Record<string, number> = {}
  const moves: [room: string, position: Position][] = []
  const known = new Map(Object.entries(stored))
  const offered = new Map<string, number>()
  const positions: Positions = {
    get: (room) => {
      const position = known.get(room)
      return position && { position, offered: offered.get(room) ?? Infinity }
    },
    hold: () => undefined,
    release: () => undefined,
    moved: (room, position) => {
      const before = known.get(room)
      if (before?.epoch === position.epoch && before.offset >= position.offset) return
      moves.push([room, position])
      known.set(room, position)
    },
    offered: (room, { epoch, offset }) => {
      if (known.get(room)?.epoch !== epoch) return
      offered.set(room, Math.max(offset, offered.get(room) ?? 0))
    },
    save: () => of(true),
  }
  const all = roomsOf({
    mailbox: box,
    deadlines: deadlines(time),
    now: () => time.now(),
    random: () => 0.5,
    backoff: defaultBackoff,
    lingerMs: 500,
    joinMs: 10_000,
    write: (frame) => written.push(frame),
    need: () => undefined,
    own: () => false,
    positions,
    history: { pageMessages: 100, holdMessages: 100, inFlight: 4, waiting: 100, cacheBytes: 1e6, ...history },
    soon: (task) => time.schedule(task),
    threw: () => undefined,
    count: (what) => (counts[what] = (counts[what] ?? 0) + 1),
  })
  const turn = (task: () => void): void => {
    box.enter(task)
  }
  const wish = (): typeof identityDecoder => identityDecoder
  const messages = (name: string, special?: Special): Observable<Result<Message<unknown>>> =>
    new Observable((to: Listener) => {
      turn(() => {
        all.subscribe(all.interest.of(name), wish, to, special)
      })
      return () => {
        turn(() => {
          all.unsubscribe(all.interest.of(name), to)
        })
      }
    })
  return {
    time,
    all,
    turn,
    written,
    counts,
    moves,
    messages,
    up: () => {
      turn(() => {
        all.up(welcome({ can: ['history'], limits: { ...welcome().limits, history: 1_000 } }))
      })
    },
    down: () => {
      turn(() => {
        all.down(false)
      })
    },
    /** The joins that are due now. */
    joins: (count = Infinity, bytes = Infinity): readonly Join[] => {
      let taken: readonly Join[] = []
      turn(() => {
        taken = all.take(count, bytes)
      })
      return taken
    },
    /** Somebody watches a room from now on. */
    watch: (name: string): Seen<Membership> & { readonly unwatch: () => void } => {
      const room = all.interest.of(name)
      const seen = see(all.watch(room).changes$)
      const unwatch = (): void => {
        seen.stop()
        turn(() => {
          all.unwatch(room)
        })
      }
      return { ...seen, unwatch }
    },
    joined: (ch: number, more: Partial<Joined>) => {
      turn(() => {
        all.joined(joined({ ch }, more))
      })
    },
    say: (...frames: readonly (Msg | PageMsg | PageEnd | Left | GapFrame | Granted)[]) => {
      for (const frame of frames)
        turn(() => {
          if (!('t' in frame)) {
            if (frame[0] === 'h') all.paged(frame, (raw) => raw)
            else all.message(frame, (raw) => raw)
          } else if (frame.t === 'page') all.page(frame)
          else if (frame.t === 'left') all.left(frame)
          else if (frame.t === 'granted') all.granted(frame)
          else all.gap(frame)
        })
    },
  }
}
