import type { Hint } from '../core/ports.js'

/** An event of one connection, counted from 1, or of the client; `at` is in ms since the recording began. */
export type RecordedEvent =
  /** The client opened a socket, or abandoned one that had not ended. */
  | { readonly at: number; readonly what: 'open' | 'abandoned'; readonly link: number }
  | { readonly at: number; readonly what: 'opened'; readonly link: number; readonly protocol: string }
  /** A message of the server (`in`) or the client (`out`): its frames, or its text if that is not JSON. */
  | { readonly at: number; readonly what: 'in' | 'out'; readonly link: number; readonly frames: readonly unknown[] }
  | { readonly at: number; readonly what: 'in' | 'out'; readonly link: number; readonly text: string }
  /** A binary message, which no codec of this version makes: its length in bytes. */
  | { readonly at: number; readonly what: 'in' | 'out'; readonly link: number; readonly bytes: number }
  /** The client began to close the socket, or received the close. */
  | {
      readonly at: number
      readonly what: 'close' | 'closed'
      readonly link: number
      readonly code: number
      readonly reason: string
    }
  | { readonly at: number; readonly what: 'hint'; readonly hint: Hint }

/** A session of one client as a plain JSON value. It contains the messages of rooms, and no token, password or secret. */
export interface Recording {
  readonly version: 2
  /** The ids and the random values that the client got, in order: with the same ones it behaves the same. */
  readonly ids: readonly string[]
  readonly random: readonly number[]
  readonly events: readonly RecordedEvent[]
  /** False if the limits of the recorder ended the recording early. */
  readonly isComplete: boolean
}

/** Replaces secrets. */
export interface Scrubber {
  /** Returns a frame without its secrets, and remembers them. */
  readonly frame: (frame: unknown) => unknown
  /** Returns a value without the secrets that are known by now, anywhere in it. */
  readonly value: <T>(value: T) => T
}

/** Minimum length of a secret to replace in texts. Shorter ones, possibly common words, are hidden in their own fields only. */
const LEAST_IN_TEXTS = 12

/**
 * Replaces the fields `token`, `password` and `invitation` of control frames, and a made invitation, with `***`, and `resume` with `resume-1`, `resume-2`…, so
 * that a replay can recognise a repeated one. It also replaces these secrets where other texts repeat them. A field that
 * has such a name already stays as it is.
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
        typeof inner === 'string' && (SECRET.has(key) || (key === 'value' && value['t'] === 'put.ok'))
          ? hidden(key, inner)
          : control(inner),
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
    // A payload belongs to the user: only known secrets are replaced there.
    frame: (frame) => everywhere(isRecord(frame) ? control(frame) : frame),
    value: <T>(value: T): T => everywhere(value) as T,
  }
}

const SECRET: ReadonlySet<string> = new Set(['token', 'password', 'invitation', 'resume'])

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
