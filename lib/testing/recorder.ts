import * as E from '#fp/Either'
import { Observable, type SchedulerLike, tap } from 'rxjs'
import { pageHints } from '../client/hints.js'
import type { ClientOptions } from '../client/options.js'
import { isBytes } from '../core/bytes.js'
import { guard } from '../core/guard.js'
import { randomId } from '../core/ids.js'
import { chance, monotonic } from '../core/platform.js'
import type { Data, Hint, Socket, Transport, TransportEvent } from '../core/ports.js'
import { json } from '../protocol/json.js'
import { type RecordedEvent, type Recording, scrubber } from './recording.js'

/** Options for `recorder`: the sources that the client would use without it, and limits. */
export interface RecorderOptions {
  /** Time, random values, ids and hints for the client. Default: those of the platform, as for a client. */
  readonly scheduler?: SchedulerLike | undefined
  readonly random?: (() => number) | undefined
  readonly ids?: (() => string) | undefined
  readonly hints$?: Observable<Hint> | undefined
  /** Maximum number of events, of ids and of random values. Beyond it the recording ends. Default 10 000 each. */
  readonly maxEvents?: number | undefined
  /** Maximum length of all messages together as JSON, in characters. Beyond it only the recording ends. Default 4 Mi. */
  readonly maxCharacters?: number | undefined
}

/** Records the exchange between one client and its environment. */
export interface Recorder {
  /** Options for `createClient({ url, ...recorder.options })`. One recorder is for one client. */
  readonly options: {
    readonly [K in 'transport' | 'scheduler' | 'random' | 'ids' | 'hints$']: NonNullable<ClientOptions[K]>
  }
  /** Returns the recording so far. */
  readonly recording: () => Recording
}

type Content = { readonly frames: readonly unknown[] } | { readonly text: string } | { readonly bytes: number }
type Event = RecordedEvent extends infer Each ? (Each extends RecordedEvent ? Omit<Each, 'at'> : never) : never

/**
 * Records the exchange between a client and its environment, for `replay`: sockets, messages and hints with their times,
 * ids and random values. A client depends on nothing else, except its options, the actions of its user, and the fill level
 * of a socket's buffer.
 */
export const recorder = (transport: Transport, options: RecorderOptions = {}): Recorder => {
  const { scheduler = monotonic, random = chance, ids = randomId, hints$ = pageHints } = options
  const { maxEvents = 10_000, maxCharacters = 4 * 1024 * 1024 } = options
  const scrub = scrubber()
  const events: RecordedEvent[] = []
  const given: string[] = []
  const drawn: number[] = []
  const began = scheduler.now()
  let links = 0
  let characters = 0
  let isComplete = true

  const keep = <T>(all: T[], item: () => T): void => {
    if (isComplete && all.length >= maxEvents) isComplete = false
    if (isComplete) all.push(item())
  }
  const note = (event: Event): void => {
    keep(events, () => ({ at: scheduler.now() - began, ...event }))
  }
  const read = (data: Data): Content => {
    if (typeof data !== 'string') return { bytes: data.byteLength }
    const envelopes = json.unpack(data)
    return E.isRight(envelopes) ? { frames: envelopes.right.map(scrub.frame) } : { text: scrub.value(data) }
  }
  const message = (what: 'in' | 'out', link: number, data: Data): void => {
    characters += data.length
    if (characters > maxCharacters) isComplete = false
    if (!isComplete) return
    // A message that is nested too deeply to be read must not disturb the client.
    const content = guard(() => read(data))
    note({ what, link, ...(E.isRight(content) ? content.right : { bytes: data.length }) })
  }
  const noted = (link: number, socket: Socket): Socket => ({
    protocol: socket.protocol,
    buffered: () => socket.buffered(),
    send: (data) => {
      const isSent = socket.send(data)
      if (isSent) message('out', link, data)
      return isSent
    },
    close: (code, reason) => {
      note({ what: 'close', link, code, reason })
      socket.close(code, reason)
    },
  })

  return {
    options: {
      scheduler,
      transport: (request) =>
        new Observable<TransportEvent>((to) => {
          const link = ++links
          let isOver = false
          note({ what: 'open', link })
          const listening = transport(request).subscribe({
            next: (event) => {
              if (typeof event === 'string' || isBytes(event)) {
                message('in', link, event)
                to.next(event)
              } else if (event._tag === 'Opened') {
                note({ what: 'opened', link, protocol: event.socket.protocol })
                to.next({ ...event, socket: noted(link, event.socket) })
              } else {
                isOver = true
                note({ what: 'closed', link, code: event.code, reason: scrub.value(event.reason) })
                to.next(event)
              }
            },
            error: (thrown: unknown) => {
              to.error(thrown)
            },
            complete: () => {
              to.complete()
            },
          })
          return () => {
            if (!isOver) note({ what: 'abandoned', link })
            listening.unsubscribe()
          }
        }),
      random: () => {
        const draw = random()
        keep(drawn, () => draw)
        return draw
      },
      ids: () => {
        const id = ids()
        keep(given, () => id)
        return id
      },
      hints$: hints$.pipe(
        tap((hint) => {
          note({ what: 'hint', hint })
        }),
      ),
    },
    recording: () => scrub.value({ version: 2 as const, ids: given, random: drawn, events, isComplete }),
  }
}
