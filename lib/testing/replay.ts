import { Observable, of, Subject } from 'rxjs'
import * as E from '#fp/Either'
import { type Client, clientWith } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Data, Hint, Socket, Transport, TransportEvent } from '../core/ports.js'
import { json } from '../protocol/json.js'
import { firstDifference, type Said, sideBySide } from './said.js'
import { type RecordedEvent, type Recording, scrubber } from './recording.js'
import { virtualTime } from './virtual.js'

/** What `replay` can be told. */
export interface ReplayOptions {
  /** The options that the client had then, where they were not the defaults. Without a token, tokens are made up. */
  readonly client?: Partial<ClientOptions> | undefined
  /**
   * Compares every frame and its millisecond, as it is right for a recording made in virtual time. Default false: neither
   * times nor `ping`, `pong` and `seen`, which depend on how late the timers of a real machine are.
   */
  readonly isStrict?: boolean | undefined
}

/** Does something at a moment of the recording, in ms. */
export type At = (ms: number, task: () => void) => void

/** After its last event a recording goes on for so long, for what the client is late with. */
const PATIENCE_MS = 1_000
/** Timers of real machines are late by so much; what the client says so shortly before the end was not heard then. */
const LATENESS_MS = 50

/**
 * Plays the server's side of a recording, in virtual time and at the moments of then, to a client with the ids and the chance
 * of then. `script` is what the user does: at once, or by `at`. An event of the server waits until the client has said what
 * it had said before that.
 *
 * Throws an `Error` with both sides in two columns where the client first says something else than it said then. The streams
 * of the client are the script's to look at; the client is closed afterwards.
 */
export const replay = (
  recording: Recording,
  script: (client: Client, at: At) => void,
  { client: options = {}, isStrict = false }: ReplayOptions = {},
): void => {
  const { events, version }: Omit<Recording, 'version'> & { readonly version: number } = recording
  if (version !== 2) throw new Error(`a recording of version ${version} cannot be replayed: this reads version 2`)
  const time = virtualTime()
  const endMs = events.at(-1)?.at ?? 0
  const spoken = (event: RecordedEvent): readonly Said[] => saidBy(event, isStrict)
  const expected = events.flatMap(spoken)
  const actual: Said[] = []
  const scrub = scrubber()
  const lines = new Map<number, Line>()
  const hints = new Subject<Hint>()

  // ---- what the surroundings did then
  let told = 0
  const cues: Cue[] = []
  for (const event of events) {
    const said = spoken(event).length
    if (said === 0) cues.push({ event, after: told })
    told += said
  }
  let next = 0
  let waitsUntil = -1
  /** Plays one event, each in an action of its own. */
  const pump = (): void => {
    const cue = cues[next]
    if (!cue || actual.length < cue.after) return
    if (cue.event.at > time.now()) {
      if (waitsUntil < cue.event.at) {
        waitsUntil = cue.event.at
        time.schedule(pump, cue.event.at - time.now())
      }
      return
    }
    if ('link' in cue.event && !lines.has(cue.event.link)) return
    next++
    play(cue.event)
    time.schedule(pump)
  }
  const play = (event: RecordedEvent): void => {
    if (event.what === 'hint') hints.next(event.hint)
    else lines.get(event.link)?.play(event)
  }

  // ---- what the client does now
  const say = (event: RecordedEvent): void => {
    actual.push(...spoken(event))
    time.schedule(pump)
  }
  let links = 0
  const transport: Transport = () =>
    new Observable<TransportEvent>((to) => {
      const link = ++links
      const at = (): number => time.now()
      const socket = (protocol: string): Socket => ({
        protocol,
        buffered: () => 0,
        send: (data) => {
          say({ at: at(), what: 'out', link, frames: framesOf(data).map(scrub.frame) })
          return true
        },
        close: (code, reason) => {
          say({ at: at(), what: 'close', link, code, reason })
        },
      })
      lines.set(link, {
        play: (event) => {
          if (event.what === 'opened') to.next({ _tag: 'Opened', socket: socket(event.protocol) })
          else if (event.what === 'in') to.next(dataOf(event))
          else if (event.what === 'closed') {
            to.next({ _tag: 'Closed', code: event.code, reason: event.reason })
            to.complete()
          }
        },
      })
      say({ at: at(), what: 'open', link })
    })

  const client = clientWith(() => transport)({
    url: 'ws://replay',
    scheduler: time,
    ids: again(recording.ids, (count) => `another-${count}`),
    random: again(recording.random, () => 0.5),
    hints$: hints,
    ...(asksForTokens(events) ? { token: madeUpTokens() } : {}),
    ...options,
  })
  let lastMs = endMs + (isStrict ? 0 : PATIENCE_MS)
  script(client, (ms, task) => {
    lastMs = Math.max(lastMs, ms)
    time.schedule(task, ms - time.now())
  })
  time.schedule(pump)
  while (time.now() < lastMs) time.advanceTo(lastMs)
  const heard = actual.filter(({ at }, index) => index < expected.length || at < endMs - (isStrict ? 0 : LATENESS_MS))
  const first = firstDifference(heard, expected, isStrict)
  void client.close({ drainMs: 0 })
  time.advanceBy(0)
  if (first !== undefined) throw new Error(sideBySide(heard, expected, first))
}

/** A link of now. */
interface Line {
  readonly play: (event: RecordedEvent) => void
}

/** An event of the surroundings, and how much the client had said before it. */
interface Cue {
  readonly event: RecordedEvent
  readonly after: number
}

const HOUSEKEEPING: ReadonlySet<unknown> = new Set(['ping', 'pong', 'seen'])

/** What of an event the client said itself, frame by frame. */
const saidBy = (event: RecordedEvent, isStrict: boolean): readonly Said[] => {
  const { at, what } = event
  switch (what) {
    case 'open':
      return [{ at, link: event.link, what: 'opens a socket' }]
    case 'close':
      return [{ at, link: event.link, what: { close: event.code, reason: event.reason } }]
    case 'out':
      return ('frames' in event ? event.frames : [event])
        .filter((frame) => isStrict || !HOUSEKEEPING.has((frame as { readonly t?: unknown }).t))
        .map((frame) => ({ at, link: event.link, what: frame }))
    default:
      return []
  }
}

const framesOf = (data: Data): readonly unknown[] => {
  const envelopes = json.unpack(data)
  return E.isRight(envelopes) ? envelopes.right : [data]
}

const dataOf = (event: RecordedEvent & { readonly what: 'in' | 'out' }): Data => {
  if ('frames' in event) return json.pack(event.frames.map((frame) => JSON.stringify(frame)))
  return 'text' in event ? event.text : new Uint8Array(event.bytes)
}

/** The values of then, and made-up ones when they are used up. */
const again = <T>(values: readonly T[], otherwise: (count: number) => T): (() => T) => {
  let used = 0
  return () => {
    const value = values[used++]
    return value ?? otherwise(used)
  }
}

const asksForTokens = (events: readonly RecordedEvent[]): boolean =>
  events.some((event) => 'frames' in event && event.what === 'out' && event.frames.some(hasToken))
const hasToken = (frame: unknown): boolean => typeof frame === 'object' && frame !== null && 'token' in frame

/** Another one each time: what was rejected is not said again. */
const madeUpTokens = (): (() => Observable<string>) => {
  let count = 0
  return () => of(`made-up-token-${++count}`)
}
