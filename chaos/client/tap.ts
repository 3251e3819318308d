import { finalize, map, Observable, tap as tapped } from 'rxjs'
import type { Data, Socket, Transport } from '../../lib/core/ports.js'
import type { Write } from '../history/write.js'

/** What the wire says, as far as a history needs it: read here anew, and not by the library. */
export interface Wire {
  /** Wraps what makes sockets. */
  readonly wrap: (transport: Transport) => Transport
  /** The offset that a room's stream has reached. */
  readonly reached: (room: string, epoch: string, offset: number) => void
}

interface Joined {
  readonly epoch: string
  readonly head: number
}

/** The requests of one link. */
interface Link {
  readonly rooms: Map<number, string>
  readonly shows: Map<number, { readonly room: string; readonly sentAt: number }>
  /** The rooms whose replay is to come. */
  readonly owed: Map<string, Joined>
}

/** `began` is told of the first answer to a join of each room. `flush` is called before anything leaves. */
export const wire = (
  write: Write,
  now: () => number,
  began: (room: string, epoch: string, offset: number) => void,
): Wire => {
  const started = new Set<string>()
  const positions = new Map<string, { readonly epoch: string; readonly offset: number }>()

  const out = (data: Data, { rooms, shows }: Link): void => {
    if (typeof data !== 'string') return
    for (const envelope of envelopes(data)) {
      if (isPositional(envelope)) {
        if (envelope[0] === 'p') write(['written', now(), String(envelope[6])])
      } else if (isShowing(envelope)) shows.set(envelope.ch, { room: envelope.room, sentAt: now() })
      else for (const { ch, room } of joinsOf(envelope)) rooms.set(ch, room)
    }
  }
  const answered = (data: Data, { rooms, shows, owed }: Link): void => {
    if (typeof data !== 'string' || !(data.includes('"t":"joined"') || data.includes('"t":"put.ok"'))) return
    for (const envelope of envelopes(data)) {
      if (isPositional(envelope)) continue
      const shown = envelope['t'] === 'put.ok' ? shows.get(envelope['ch'] as number) : undefined
      if (shown) write(['shown', now(), shown.room, shown.sentAt])
      if (envelope['t'] !== 'joined') continue
      const { ch, epoch, head, base } = envelope as unknown as Joined & { readonly ch: number; readonly base: number }
      const room = rooms.get(ch)
      if (room === undefined) continue
      if (base < head) owed.set(room, { epoch, head })
      if (started.has(room)) continue
      started.add(room)
      began(room, epoch, base)
    }
  }
  const lost = (owed: ReadonlyMap<string, Joined>): void => {
    for (const [room, { epoch, head }] of owed) {
      const position = positions.get(room)
      if (position?.epoch === epoch && position.offset < head) write(['replay-cut', now(), room])
    }
  }

  return {
    wrap: (transport) => (request) =>
      new Observable((to) => {
        const link: Link = { rooms: new Map(), shows: new Map(), owed: new Map() }
        const heard = (socket: Socket): Socket => ({
          ...socket,
          send: (data) => {
            out(data, link)
            write.flush()
            return socket.send(data)
          },
        })
        return transport(request)
          .pipe(
            tapped((event) => {
              if (typeof event === 'string') answered(event, link)
            }),
            map((event) =>
              typeof event === 'object' && '_tag' in event && event._tag === 'Opened'
                ? { ...event, socket: heard(event.socket) }
                : event,
            ),
            finalize(() => {
              lost(link.owed)
            }),
          )
          .subscribe(to)
      }),
    reached: (room, epoch, offset) => {
      positions.set(room, { epoch, offset })
    },
  }
}

type Control = Readonly<Record<string, unknown>>

const envelopes = (text: string): readonly (Control | readonly unknown[])[] => {
  const message = JSON.parse(text) as unknown
  if (!Array.isArray(message)) return [message as Control]
  return typeof message[0] === 'string' ? [message] : (message as readonly (Control | readonly unknown[])[])
}

const isPositional = (envelope: Control | readonly unknown[]): envelope is readonly unknown[] => Array.isArray(envelope)

interface Named {
  readonly ch: number
  readonly room: string
}

/** True for a request to show this client in a room. */
const isShowing = (envelope: Control): envelope is Control & Named =>
  envelope['t'] === 'put' && envelope['of'] === 'members' && 'value' in envelope

const joinsOf = (envelope: Control): readonly Named[] => {
  const { t, ch, rooms } = envelope
  switch (t) {
    case 'hello':
      return (rooms as readonly Control[]).flatMap(joinsOf)
    case 'join':
      return [envelope as unknown as Named]
    case 'joins':
      return (rooms as readonly string[]).map((room, at) => ({ ch: (ch as number) + at, room }))
    default:
      return []
  }
}
