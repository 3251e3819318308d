import type { Kind as FailureKind } from '../core/error.js'
import type { GapCause, Position } from '../core/position.js'
import { clamp, type Range } from './clamp.js'
import { isCount, isFields, isList, isName, payloadFlaw } from './field.js'
import { Flaw } from './flaw.js'
import { bounds, type Permission, type Want } from './frame.js'

/** Reads a value: returns it in the words and ranges of this version, or its flaw. */
export type Kind = (value: unknown) => unknown

/** A kind for each field of an object: `name?` is optional. A row is the kind of an object within it. */
export type Row<F> = {
  readonly [K in keyof F & string as object extends Pick<F, K> ? `${K}?` : K]:
    | Kind
    | (F[K] extends object ? Row<F[K]> : never)
}

export const kind =
  (expected: string, is: (value: unknown) => boolean): Kind =>
  (value) =>
    is(value) ? value : new Flaw(expected, value)

// ---- the types of docs/protocol.md

const isText = (value: unknown): value is string => typeof value === 'string'
export const name =
  (bytes: number): Kind =>
  (value) =>
    isName(value, bytes) ? value : new Flaw(`name ${bytes}`, value)

export const count: Kind = (value) => (isCount(value) ? value : new Flaw('count', value))
export const positive: Kind = (value) => (isCount(value) && value > 0 ? value : new Flaw('positive', value))
export const time = /*#__PURE__*/ kind('time', Number.isFinite)
export const flag = /*#__PURE__*/ kind('flag', (value) => typeof value === 'boolean')
export const bit = /*#__PURE__*/ kind('0 or 1', (value) => value === 0 || value === 1)
export const text = /*#__PURE__*/ kind('text', isText)
export const texts = /*#__PURE__*/ kind('texts', (value) => isList(value) && value.every(isText))
export const secret = /*#__PURE__*/ kind('secret', (value) => isText(value) && value !== '')
export const id = /*#__PURE__*/ name(bounds.idBytes)
/** The name of a room; that of an event, a call or a table. */
export const room = /*#__PURE__*/ name(bounds.roomBytes)
export const event = /*#__PURE__*/ name(bounds.eventBytes)
export const fields = /*#__PURE__*/ kind('object', isFields)
export const payload: Kind = (value) => {
  const expected = payloadFlaw(value)
  return expected === undefined ? value : new Flaw(expected, value)
}

/** Reads values of a kind, and converts those without a flaw. */
const converted =
  <T>(read: Kind, convert: (value: T) => T): Kind =>
  (value) => {
    const known = read(value)
    return known instanceof Flaw ? known : convert(known as T)
  }

/** A count: one out of range is read as the nearest in range. */
export const ranged = (range: Range): Kind => converted<number>(count, (value) => clamp(value, range))

/** One of these words: any other is read as the first, which promises least. */
export const word = <W extends string>(least: W, ...others: readonly W[]): Kind =>
  converted<W>(text, (value) => (others.includes(value) ? value : least))

/** A list of these words: others are left out. */
export const words = (...all: readonly (Permission | Want)[]): Kind =>
  converted<typeof all>(texts, (value) => {
    const known = value.filter((one) => all.includes(one))
    return known.length === value.length ? value : known
  })

export const cause = /*#__PURE__*/ word<GapCause>('lost', 'truncated', 'epoch', 'forbidden', 'overflow', 'too-large')
export const failure = /*#__PURE__*/ word<FailureKind>('unknown', 'retry', 'reauth', 'terminal')
export const permissions = /*#__PURE__*/ words('read', 'publish', 'history', 'moderate', 'admit')

type Values = Readonly<Record<PropertyKey, unknown>>

export interface Member {
  readonly name: string
  /** The name, or the place in a positional frame. */
  readonly key: PropertyKey
  readonly read: Kind
  readonly isOptional: boolean
}

/** Reads the first fault of a value: a long invalid one must not cost more than a valid one. */
export const whole =
  (outside: Kind, members: readonly Member[]): Kind =>
  (value) => {
    let known = outside(value)
    if (known instanceof Flaw) return known
    for (let at = 0; at < members.length; at++) {
      const { name, key, read, isOptional } = members[at] as Member
      const given = (value as Values)[key]
      if (given === undefined && isOptional) continue
      const member = read(given)
      if (member instanceof Flaw) return member.within(name)
      if (member !== given) known = { ...(known as Values), [key]: member }
    }
    return known
  }

/** An object of these fields; `null` does not count as absent. */
export const object = <F extends object>(row: Row<F>): Kind =>
  whole(
    fields,
    Object.entries<Kind | Row<never>>(row).map(([field, of]) => {
      const name = field.replace('?', '')
      return { name, key: name, read: typeof of === 'function' ? of : object(of), isOptional: name !== field }
    }),
  )

export const position = /*#__PURE__*/ object<Position>({ epoch: id, offset: count })
const latest = /*#__PURE__*/ object<{ readonly last: number }>({ last: count })
/** The start of a join. */
export const start: Kind = (value) =>
  isFields(value) && Object.hasOwn(value, 'last') ? latest(value) : position(value)
