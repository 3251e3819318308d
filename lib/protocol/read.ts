import { type Fields, isCount, isFields, isList, wrong, wrongSecret } from './field.js'
import { faultOf, type Kind } from './kind.js'

/**
 * The kind of an envelope. `Unknown` is of a later version: it is answered if it has a `ref`, counted if not, and fatal
 * if the receiver `must` understand it. `Malformed` gives the expected value and its place.
 */
export type Read<F> =
  | { readonly _tag: 'Frame'; readonly frame: F }
  | { readonly _tag: 'Unknown'; readonly t: string; readonly ref?: number; readonly must: boolean }
  | { readonly _tag: 'Malformed'; readonly because: string; readonly ref?: number }

/** The object frames of one direction, and its positional frames, by tag. */
export interface FrameTable<F> {
  readonly objects: {
    readonly [
      T in Exclude<F, readonly unknown[]> as T extends { readonly t: infer Tag extends string } ? Tag : never
    ]: Kind
  }
  readonly lists: { readonly [T in Extract<F, readonly unknown[]> as T[0] & string]: Kind }
}

/** Makes the reader of the envelopes of one direction, which checks every field that it knows. */
export const reader = <F>(table: () => FrameTable<F>): ((raw: unknown) => Read<F>) => {
  const { objects, lists } = table()
  const read = (raw: unknown, kind: Kind, t: string, ref: unknown): Read<F> => {
    const fault = faultOf(t, raw, kind)
    return fault === undefined
      ? { _tag: 'Frame', frame: (kind.known ? kind.known(raw) : raw) as F }
      : malformed(fault, ref)
  }
  return (raw) => {
    if (isList(raw)) {
      const [t, ref] = raw
      if (typeof t !== 'string') return malformed(wrong('envelope', 'a tag as the first element', t))
      const kind = own(lists, t)
      return kind ? read(raw, kind, t, kind.fields[0]?.name === 'ref' ? ref : undefined) : unknown(t)
    }
    const { t, ref, must } = Object(raw) as Fields
    const kind = typeof t === 'string' ? own(objects, t) : undefined
    if (kind) return read(raw, kind, t as string, ref)
    if (!isFields(raw)) return malformed(wrongSecret('envelope', 'an array, or an object without reserved keys', raw))
    return typeof t === 'string' ? unknown(t, ref, must === true) : malformed(wrong('envelope.t', 'a text', t), ref)
  }
}

const own = (table: Readonly<Record<string, Kind>>, t: string): Kind | undefined =>
  Object.hasOwn(table, t) ? table[t] : undefined

const malformed = (because: string, ref?: unknown): Read<never> => ({
  _tag: 'Malformed',
  because,
  ...(isCount(ref) && { ref }),
})

const unknown = (t: string, ref?: unknown, must = false): Read<never> => ({
  _tag: 'Unknown',
  t: t.slice(0, 64),
  ...(isCount(ref) && { ref }),
  must,
})
