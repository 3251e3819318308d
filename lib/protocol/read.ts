import { type Fields, isList } from './field.js'
import { Flaw } from './flaw.js'
import { type Kind, object, type Row, text } from './kind.js'
import { wrong } from './wrong.js'

/**
 * The kind of an envelope. `Unknown` is of a later version, and fatal if the receiver `must` understand it. `Malformed`
 * gives the expected value and its place.
 */
export type Read<F> =
  | { readonly _tag: 'Frame'; readonly frame: F }
  | { readonly _tag: 'Unknown'; readonly t: string; readonly must: boolean }
  | { readonly _tag: 'Malformed'; readonly because: string }

/** The object frames of one direction, and its positional frames, by tag. */
export interface FrameTable<F> {
  readonly objects: {
    readonly [
      T in Exclude<F, readonly unknown[]> as T extends { readonly t: infer Tag extends string } ? Tag : never
    ]: Row<Omit<T, 't'>>
  }
  readonly lists: { readonly [T in Extract<F, readonly unknown[]> as T[0] & string]: Kind }
}

/** Describes the fault of a value, if it has one. */
export const faultOf = (where: string, value: unknown, kind: Kind): string | undefined => {
  const read = kind(value)
  return read instanceof Flaw ? wrong(where, read) : undefined
}

/** Makes the reader of the envelopes of one direction, which checks every field that it knows. */
export const reader = <F>(table: () => FrameTable<F>): ((raw: unknown) => Read<F>) => {
  const { objects, lists } = table()
  const hot = new Map<unknown, Kind>(Object.entries(lists))
  const controls = new Map<unknown, Kind>(Object.entries<Row<never>>(objects).map(([t, row]) => [t, object(row)]))
  return (raw) => {
    const isHot = isList(raw)
    const t = isHot ? raw[0] : (Object(raw) as Fields)['t']
    const kind = (isHot ? hot : controls).get(t)
    const read = kind ? kind(raw) : isHot ? text(t) : tagged(raw)
    if (read instanceof Flaw) return { _tag: 'Malformed', because: wrong(kind ? (t as string) : 'envelope', read) }
    return kind
      ? { _tag: 'Frame', frame: read as F }
      : { _tag: 'Unknown', t: (t as string).slice(0, 64), must: (raw as Fields)['must'] === true }
  }
}

const tagged = /*#__PURE__*/ object<{ readonly t: string }>({ t: text })
