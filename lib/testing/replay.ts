import { Observable, of, Subject } from 'rxjs'
import * as E from '#fp/Either'
import { type Client, clientWith } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Data, Hint, Socket, Transport, TransportEvent } from '../core/ports.js'
import { tokens } from '../kernel/tokens.js'
import { json } from '../protocol/json.js'
import { firstDifference, type Said, sideBySide } from './side-by-side.js'
import { type RecordedEvent, type Recording, scrubber } from './recording.js'
import { virtualTime } from './virtual.js'

/** Options for `replay`. */
export interface ReplayOptions {
  /** Options of the recorded client that differ from the defaults. Default `token`: made-up tokens, if the client sent any. */
  readonly client?: Partial<ClientOptions> | undefined
  /**
   * Compares every frame and its millisecond, which is right for a recording made in virtual time. Default false: compares
   * neither times nor `ping`, `pong` and `seen`, which depend on the delays of a real machine's timers.
   */
  readonly isStrict?: boolean | undefined
}

/** Runs a task at a moment of the recording, in ms. */
export type At = (ms: number, task: () => void) => void

/** Time that a replay continues after the last event of the recording, for late output of the client, in ms. */
const PATIENCE_MS = 1_000
/** Maximum delay of a real machine's timers, in ms: the recording may lack output of the client this close to its end. */
const LATENESS_MS = 50

/**
 * Plays the server's side of a recording to a client, in virtual time, at the recorded moments and with the recorded ids
 * and random values. `script` performs the actions of the user: at once, or by `at`. An event of the server waits until the
 * client has sent everything that it had sent before that event.
 *
 * Throws an `Error` that shows both sides in two columns if the client sends anything else than in the recording, and
 * throws if the recording has an unknown version. The script may examine the streams of the client; `replay` closes the
 * client afterwards.
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

  // ---- the recorded events of the environment
  let told = 0
  const cues: Cue[] = []
  for (const event of events) {
    const said = spoken(event).length
    if (said === 0) cues.push({ event, after: told })
    told += said
  }
  let next = 0
  let waitsUntil = -1
  /** Plays the next event when it is due, each in an action of its own. */
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

  // ---- the output of the client under replay
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
    ...(asksForTokens(events) ? { token: tokens(madeUpTokens()) } : {}),
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

/** A connection of the client under replay. */
interface Line {
  readonly play: (event: RecordedEvent) => void
}

/** An event of the environment, and the amount of client output before it. */
interface Cue {
  readonly event: RecordedEvent
  readonly after: number
}

const HOUSEKEEPING: ReadonlySet<unknown> = new Set(['ping', 'pong', 'seen'])

/** Returns the client's own output in an event, frame by frame. */
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

/** Returns the recorded values in order, and made-up ones when those are used up. */
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

/** Makes a different token each time: a client does not send a rejected token again. */
const madeUpTokens = (): (() => Observable<string>) => {
  let count = 0
  return () => of(`made-up-token-${++count}`)
}
