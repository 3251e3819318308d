import { Observable, type SchedulerLike, Subject } from 'rxjs'
import { isBytes } from '../core/bytes.js'
import type { Accept, Data, Peer, PeerSocket, Socket, Transport, TransportEvent } from '../core/ports.js'
import { type AnyFrame, framesOf, frameText } from './frame-text.js'
import type { Side, Transcript } from './transcript.js'

/** A frame as the server saw it, at the time when it arrived there or left from there. */
export interface SeenFrame {
  readonly at: number
  /** Owner of the connection: the host of a client, or the name of a member; `link 3` if the owner is unknown. */
  readonly who: string
  /** `up` is to the server, `down` to the client. */
  readonly direction: 'up' | 'down'
  readonly frame: AnyFrame
  /** The frame on one line, without tokens. */
  readonly text: string
}

/** Observes both ends of connections. */
export interface Wiretap {
  /** Wraps a client's end; the transcript shows it if `isShown` is true. */
  readonly transport: (who: string, transport: Transport, isShown: boolean) => Transport
  /** Wraps the server's end. Without `who`, the `hello` identifies the client. */
  readonly accept: (accept: Accept, who?: string) => Accept
  /** Every frame at the server's end. Hot; costs nothing without a subscriber. */
  readonly frames$: Observable<SeenFrame>
  /** Returns the number of sockets that a client holds. */
  readonly sockets: (who: string) => number
}

/** True for a ping or pong that travels alone: there are so many that they would hide everything else. */
const isHeartbeat = (data: Data): boolean =>
  typeof data === 'string' && (data.startsWith('{"t":"ping"') || data.startsWith('{"t":"pong"'))

/** Returns the label of a client in its own column; the first client needs none. */
export const labelOf = (who: string): string => (who === 'client-1' ? '' : who)

/** Notes the data of connections in a transcript, except heartbeats. */
export const wiretap = (scheduler: SchedulerLike, transcript: Transcript): Wiretap => {
  const { note } = transcript
  const frames = new Subject<SeenFrame>()
  const open = new Map<string, number>()
  /** Names of clients by their instances, from their `hello` frames. */
  const names = new Map<string, string>()
  let links = 0

  const texts = (data: Data, direction: 'up' | 'down') => (): readonly string[] => {
    const sign = direction === 'up' ? '→' : '←'
    const all = framesOf(data, direction).map((frame) => `${sign} ${frameText(frame)}`)
    return all.length === 0 ? [`${sign} ${data.length} ${typeof data === 'string' ? 'characters' : 'bytes'}`] : all
  }
  const noteData = (side: Side, who: string, data: Data, direction: 'up' | 'down'): void => {
    if (!isHeartbeat(data)) note(side, who, texts(data, direction))
  }
  const tell = (who: string, direction: 'up' | 'down', data: Data): void => {
    if (!frames.observed) return
    const at = scheduler.now()
    for (const frame of framesOf(data, direction)) frames.next({ at, who, direction, frame, text: frameText(frame) })
  }
  const instanceIn = (data: Data): string | undefined => {
    const [hello] = framesOf(data, 'up')
    return hello && 't' in hello && hello.t === 'hello' ? hello.session.instance : undefined
  }

  const tapped = (who: string, { protocol, buffered, ...socket }: Socket): Socket => {
    let isFirst = true
    return {
      protocol,
      buffered,
      send: (data) => {
        const instance = isFirst ? instanceIn(data) : undefined
        if (instance !== undefined) names.set(instance, who)
        isFirst = false
        noteData('client', labelOf(who), data, 'up')
        return socket.send(data)
      },
      close: (code, reason) => {
        note('client', labelOf(who), `closes ${code}`)
        socket.close(code, reason)
      },
    }
  }
  const heard = (who: string, event: TransportEvent): TransportEvent => {
    if (typeof event === 'string' || isBytes(event)) {
      noteData('client', labelOf(who), event, 'down')
      return event
    }
    // A transport of the user may emit any value: the client reports invalid events.
    if (typeof event !== 'object' || (event as unknown) === null) return event
    if (event._tag === 'Opened') return { _tag: 'Opened', socket: tapped(who, event.socket) }
    note('client', labelOf(who), `closed ${event.code}`)
    return event
  }

  return {
    transport: (who, transport, isShown) => (request) =>
      new Observable((to) => {
        open.set(who, (open.get(who) ?? 0) + 1)
        to.add(() => open.set(who, (open.get(who) ?? 0) - 1))
        if (!isShown) return transport(request).subscribe(to)
        note('client', labelOf(who), 'opens a socket')
        return transport(request).subscribe({
          next: (event) => {
            to.next(heard(who, event))
          },
          error: (thrown: unknown) => {
            to.error(thrown)
          },
          complete: () => {
            to.complete()
          },
        })
      }),

    accept: (accept, name) => (socket) => {
      let who = name ?? `link ${++links}`
      let isFirst = name === undefined
      const server: PeerSocket = {
        ...socket,
        send: (data) => {
          noteData('server', who, data, 'down')
          tell(who, 'down', data)
          socket.send(data)
        },
        close: (code, reason) => {
          note('server', who, `closes ${code}`)
          socket.close(code, reason)
        },
        terminate: () => {
          note('server', who, 'ends')
          socket.terminate()
        },
      }
      note('server', who, 'accepts')
      const peer: Peer = accept(server)
      return {
        receive: (data) => {
          if (isFirst) who = names.get(instanceIn(data) ?? '') ?? who
          isFirst = false
          noteData('server', who, data, 'up')
          tell(who, 'up', data)
          peer.receive(data)
        },
        drained: () => {
          peer.drained()
        },
        closed: (code, reason) => {
          note('server', who, 'gone')
          peer.closed(code, reason)
        },
      }
    },

    frames$: frames.asObservable(),
    sockets: (who) => open.get(who) ?? 0,
  }
}
