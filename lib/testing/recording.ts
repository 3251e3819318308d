import type { Hint } from '../core/ports.js'

/** What happened on one link, counted from 1, or to the client; `at` is in ms since the recording began. */
export type RecordedEvent =
  /** The client asked for a socket, or turned away from one that had not ended. */
  | { readonly at: number; readonly what: 'open' | 'abandoned'; readonly link: number }
  | { readonly at: number; readonly what: 'opened'; readonly link: number; readonly protocol: string }
  /** A message of the server (`in`) or the client (`out`): its frames, or its text where that is not JSON. */
  | { readonly at: number; readonly what: 'in' | 'out'; readonly link: number; readonly frames: readonly unknown[] }
  | { readonly at: number; readonly what: 'in' | 'out'; readonly link: number; readonly text: string }
  /** A message of bytes, which no codec of this version makes: so many. */
  | { readonly at: number; readonly what: 'in' | 'out'; readonly link: number; readonly bytes: number }
  /** The client began to close the socket, or heard that it is closed. */
  | { readonly at: number; readonly what: 'close' | 'closed'; readonly link: number; readonly code: number; readonly reason: string } // prettier-ignore
  | { readonly at: number; readonly what: 'hint'; readonly hint: Hint }

/** A session of one client as a plain JSON value. It holds what was said in rooms, and no token, password or secret. */
export interface Recording {
  readonly version: 2
  /** The ids and the draws of chance that the client was given, in order: with the same ones it does the same. */
  readonly ids: readonly string[]
  readonly random: readonly number[]
  readonly events: readonly RecordedEvent[]
  /** False where the bounds of the recorder cut it off: it is a beginning. */
  readonly isComplete: boolean
}

/** Replaces secrets. */
export interface Scrubber {
  /** A frame without its secrets, which are remembered. */
  readonly frame: (frame: unknown) => unknown
  /** A value without the secrets that are known by now, wherever they are in it. */
  readonly value: <T>(value: T) => T
}

/** Shorter ones are hidden in their own fields alone: in texts they might be a word like any other. */
const LEAST_IN_TEXTS = 12

/**
 * Hides the fields `token` and `password` of control frames as `***`, and `resume` as `resume-1`, `resume-2`…, so that a
 * replay can tell which was said again; and all of them where they are repeated in other texts. What has such a name
 * already is left as it is.
 */
export const scrubber = (): Scrubber => {
  const names = new Map<string, string>()
  let resumes = 0

  const nameOf = (key: string, secret: string): string => {
    if (key !== 'resume') return '***'
    return /^resume-\d+$/.test(secret) ? secret : (names.get(secret) ?? `resume-${++resumes}`)
  }
  const hidden = (key: string, secret: string): string => {
    const name = nameOf(key, secret)
    if (secret !== name) names.set(secret, name)
    return name
  }
  const control = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(control)
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        SECRET.has(key) && typeof inner === 'string' ? hidden(key, inner) : control(inner),
      ]),
    )
  }
  const text = (given: string): string => {
    let result = given
    for (const [secret, name] of names)
      if (secret.length >= LEAST_IN_TEXTS && result.includes(secret)) result = result.replaceAll(secret, name)
    return result
  }
  const everywhere = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(everywhere)
    if (!isRecord(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), everywhere(inner)]))
  }

  return {
    // A payload is the user's: only what is known to be a secret is hidden there.
    frame: (frame) => everywhere(isRecord(frame) ? control(frame) : frame),
    value: <T>(value: T): T => everywhere(value) as T,
  }
}

const SECRET: ReadonlySet<string> = new Set(['token', 'password', 'resume'])

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
