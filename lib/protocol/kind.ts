import type { Kind as FailureKind } from '../core/error.js'
import type { GapCause, Position } from '../core/position.js'
import { clamp, type Range } from './clamp.js'
import { isCount, isFields, isList, isName, payloadFlaw, wrong, wrongSecret } from './field.js'
import { bounds, type Permission, type Want } from './frame.js'

/** A kind of values. All have the same members, which keeps the checks fast. */
export interface Kind {
  /** Completes "expected …". */
  readonly expected: string
  readonly is: (value: unknown) => boolean
  /** A fault shows nothing of the value. */
  readonly isSecret: boolean
  /** `is` checks all. */
  readonly isSimple: boolean
  /** The fields of an object, or the elements of a positional frame. */
  readonly fields: readonly Field[]
  /** The kind of each item of a list. */
  readonly each: Kind | undefined
  /** Chooses the kind by the value. */
  readonly by: ((value: unknown) => Kind) | undefined
  /** Reads words of a later version as known ones, and numbers out of range as those in range. */
  readonly known: ((value: unknown) => unknown) | undefined
  /** Checks fields against each other. */
  readonly rule: ((value: unknown) => Flaw | undefined) | undefined
}

export interface Field {
  readonly name: string
  /** The name, or the place in a positional frame. */
  readonly key: PropertyKey
  readonly kind: Kind
  readonly isOptional: boolean
}

/** A fault, and its place within the value. */
export interface Flaw {
  readonly place: string
  readonly of: Kind
  readonly value: unknown
}

/** A kind for each field of an object but its tag. */
export type Row<F> = {
  readonly [K in Exclude<keyof F & string, 't'> as object extends Pick<F, K> ? `${K}?` : K]: Kind
}

export const make = ({
  expected = '',
  is = () => true,
  isSecret = false,
  fields = [],
  each,
  by,
  known,
  rule,
}: Partial<Kind>): Kind => ({
  expected,
  is,
  isSecret,
  isSimple: fields.length === 0 && !each && !by && !rule,
  fields,
  each,
  by,
  known,
  rule,
})

const kind = (expected: string, is: Kind['is']): Kind => make({ expected, is })

// ---- the types of docs/protocol.md

const isText = (value: unknown): value is string => typeof value === 'string'
const name = (bytes: number): Kind => kind(`a text of 1 to ${bytes} bytes`, (value) => isName(value, bytes))

export const count = /*#__PURE__*/ kind('a whole number from 0', isCount)
export const positive = /*#__PURE__*/ kind('a whole number from 1', (value) => isCount(value) && value > 0)
export const time = /*#__PURE__*/ kind('a time in ms', (value) => Number.isFinite(value))
export const flag = /*#__PURE__*/ kind('true or false', (value) => typeof value === 'boolean')
export const bit = /*#__PURE__*/ kind('0 or 1', (value) => value === 0 || value === 1)
export const text = /*#__PURE__*/ kind('a text', isText)
export const texts = /*#__PURE__*/ kind('a list of texts', (value) => isList(value) && value.every(isText))
export const secret = /*#__PURE__*/ make({
  expected: 'a text that is not empty',
  is: (value) => isText(value) && value !== '',
  isSecret: true,
})
export const id = /*#__PURE__*/ name(bounds.idBytes)
export const room = /*#__PURE__*/ name(bounds.roomBytes)
export const event = /*#__PURE__*/ name(bounds.eventBytes)
export const fields = /*#__PURE__*/ kind('an object without reserved keys', isFields)
export const sender = /*#__PURE__*/ kind(
  '[user, session]',
  (value) => isList(value) && isText(value[0]) && isText(value[1]),
)

/** A count: one out of range is read as the nearest in range. */
export const ranged = (range: Range): Kind => make({ ...count, known: (value) => clamp(value as number, range) })

/** One of these words: any other is read as the first, which promises least. */
export const word = (least: string, ...others: readonly string[]): Kind =>
  make({ ...text, known: (value) => (others.includes(value as string) ? value : least) })

/** A list of these words: others are left out. */
const words = (...all: readonly string[]): Kind => {
  const isKnown = (value: string): boolean => all.includes(value)
  return make({
    ...texts,
    known: (value) =>
      (value as readonly string[]).every(isKnown) ? value : (value as readonly string[]).filter(isKnown),
  })
}

const causes: readonly GapCause[] = ['truncated', 'epoch', 'forbidden', 'overflow', 'too-large']
const failures: readonly FailureKind[] = ['retry', 'reauth', 'terminal']
const actions: readonly Permission[] = ['read', 'publish', 'history']
const subjects: readonly Want[] = ['messages', 'info']
export const cause = /*#__PURE__*/ word('lost', ...causes)
export const failure = /*#__PURE__*/ word('unknown', ...failures)
export const permissions = /*#__PURE__*/ words(...actions)
export const wants = /*#__PURE__*/ words(...subjects)

const anything = /*#__PURE__*/ make({})
/** A payload: its fault is told by what it should have been. */
export const payload = /*#__PURE__*/ make({
  by: (value) => {
    const flaw = payloadFlaw(value)
    return flaw === undefined ? anything : kind(flaw, () => false)
  },
})

type Values = Readonly<Record<PropertyKey, unknown>>

/** An object of these fields: `name?` is optional, and `null` does not count as absent. */
export const object = <F extends object>(row: Row<F>, change: Partial<Kind> = {}): Kind => {
  const all = Object.entries<Kind>(row).map(([field, kind]): Field => {
    const key = field.replace('?', '')
    return { name: key, key, kind, isOptional: key !== field }
  })
  const converted = all.filter(({ kind }) => kind.known)
  const known = (value: unknown): unknown =>
    converted.reduce<Values>((read, { key, kind }) => {
      const inner = read[key]
      const next = inner === undefined ? inner : kind.known?.(inner)
      return next === inner ? read : { ...read, [key]: next }
    }, value as Values)
  return make({ ...fields, fields: all, known: converted.length === 0 ? undefined : known, ...change })
}

/** A list of such items. */
export const listOf = (expected: string, each: Kind): Kind =>
  make({
    expected,
    is: isList,
    each,
    known: (value) => (value as readonly unknown[]).map((item) => each.known?.(item) ?? item),
  })

/** A positional frame of at least its tag and these elements. */
export const positional = (row: Readonly<Record<string, Kind>>, change: Partial<Kind> = {}): Kind => {
  const all = Object.entries(row).map(([name, kind], at): Field => ({ name, key: at + 1, kind, isOptional: false }))
  const is = (value: unknown): boolean => isList(value) && value.length > all.length
  return make({ expected: `at least ${all.length + 1} elements`, is, fields: all, ...change })
}

export const position = /*#__PURE__*/ object<Position>({ epoch: id, offset: count }, { expected: 'a position' })
const latest = /*#__PURE__*/ object<{ readonly last: number }>({ last: count })
/** The start of a join. */
export const start = /*#__PURE__*/ make({
  by: (value) => (isFields(value) && Object.hasOwn(value, 'last') ? latest : position),
})

// ---- checks

/** Describes the fault of a value, if it has one. */
export const faultOf = (where: string, value: unknown, kind: Kind): string | undefined => {
  const flaw = flawOf(value, kind)
  if (!flaw) return undefined
  const { place, of } = flaw
  return (kind.isSecret || of.isSecret ? wrongSecret : wrong)(where + place, of.expected, flaw.value)
}

/** Returns the first fault of a value: a long invalid list must not cost more than a valid one. */
export const flawOf = (value: unknown, given: Kind): Flaw | undefined => {
  const kind = given.by === undefined ? given : given.by(value)
  if (!kind.is(value)) return { place: '', of: kind, value }
  const { fields } = kind
  for (let at = 0; at < fields.length; at++) {
    const { name, key, kind: inner, isOptional } = fields[at] as Field
    const field = (value as Values)[key]
    if (inner.isSimple && inner.is(field)) continue
    const flaw = isOptional && field === undefined ? undefined : flawOf(field, inner)
    if (flaw) return within(name, flaw)
  }
  if (kind.each) {
    const items = value as readonly unknown[]
    for (let at = 0; at < items.length; at++) {
      const flaw = flawOf(items[at], kind.each)
      if (flaw) return within(at, flaw)
    }
  }
  return kind.rule?.(value)
}

const within = (name: string | number, { place, of, value }: Flaw): Flaw => ({ place: `.${name}${place}`, of, value })
