import * as E from '#fp/Either'
import { configError, type ConfigError, excerpt } from './error.js'
import { guard } from './guard.js'

/** The test of one option, with the text of its valid values. */
export interface Check {
  /** Completes "Write …". */
  readonly expected: string
  readonly is: (value: unknown) => boolean
  /** The option is mandatory. */
  readonly required?: true
  /** The options within this one. */
  readonly fields?: Checks
  /** The check of each element of a list. */
  readonly each?: Check
}

/** Every known option with its test. `undefined` counts as absent. */
export type Checks<Name extends string = string> = Readonly<Record<Name, Check>>

/** Returns the first fault of options: they throw, or one is unknown or has an invalid value. `undefined` for valid options. */
export const optionFault = (options: unknown, checks: Checks): ConfigError | undefined => {
  const found = guard(() => faultOf(options, group(checks), ''))
  return E.isRight(found) ? found.right : thrown(found.left)
}

/** Returns the options of a call: none if they are absent, `null`, or invalid. */
export const given = <O extends object>(
  options: O | null | undefined,
  checks: Checks,
): { readonly fault?: ConfigError | undefined; readonly options: Partial<O> } => {
  const fault = optionFault(options ?? {}, checks)
  return { fault, options: fault ? {} : (options ?? {}) }
}

/** The fault of options that throw when they are read. */
export const thrown = (said: string): ConfigError =>
  invalid('options', `The options throw: ${said}`, 'Write plain ones.')

export const invalid = (option: string, message: string, remedy: string): ConfigError =>
  configError({ code: 'config/invalid', message, remedy, kind: 'terminal', option })

const faultOf = (value: unknown, { expected, is, fields, each }: Check, path: string): ConfigError | undefined => {
  if (!is(value)) {
    const subject = path === '' ? 'The options are' : `${path} is`
    return invalid(path === '' ? 'options' : path, `${subject} ${excerpt(value)}.`, `Write ${expected}.`)
  }
  if (each && Array.isArray(value)) {
    const faults = value.map((element, at) => faultOf(element, each, `${path}[${at}]`))
    return faults.find((fault) => fault !== undefined)
  }
  if (!fields) return undefined
  const given = value as Readonly<Record<string, unknown>>
  const prefix = path === '' ? '' : `${path}.`
  for (const name of new Set([...Object.keys(given), ...Object.keys(fields)])) {
    const inner = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!inner) return unknown(prefix + name, name, Object.keys(fields))
    const isGiven = given[name] !== undefined || inner.required
    const fault = isGiven ? faultOf(given[name], inner, prefix + name) : undefined
    if (fault) return fault
  }
  return undefined
}

const unknown = (path: string, name: string, names: readonly string[]): ConfigError => {
  const [near] = names
    .map((each) => ({ each, edits: distance(each.toLowerCase(), name.toLowerCase()) }))
    .filter(({ each, edits }) => edits <= (Math.max(each.length, name.length) + 1) / 3)
    .sort((a, b) => a.edits - b.edits)
  return invalid(
    path,
    `There is no option ${excerpt(path).slice(1, -1)}.`,
    near ? `Did you mean ${near.each}? Write that, or leave it out.` : `Leave it out: there are ${names.join(', ')}.`,
  )
}

/** The edit distance: insertions, deletions and replacements of letters that turn one text into the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= Math.min(from.length, 64); i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

const check = (expected: string, is: Check['is']): Check => ({ expected, is })
const isFunction = (value: unknown): value is () => unknown => typeof value === 'function'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** True for an object with these methods, of any origin. */
export const hasMethods = (value: unknown, ...names: readonly string[]): value is object =>
  isObject(value) && names.every((name) => isFunction(value[name as keyof typeof value]))

export const group = (fields: Checks): Check => ({
  ...check('an object', (value) => isObject(value) && !Array.isArray(value)),
  fields,
})
export const required = (inner: Check): Check => ({ ...inner, required: true })
export const either = (expected: string, ...checks: readonly Check[]): Check =>
  check(expected, (value) => checks.some(({ is }) => is(value)))
export const oneOf = (...words: readonly string[]): Check =>
  check(words.map((word) => `'${word}'`).join(', '), (value) => words.includes(value as string))
/** Checks for an object with these methods, of any origin. */
export const withMethods = (expected: string, ...names: readonly string[]): Check =>
  check(expected, (value) => hasMethods(value, ...names))
export const text = (expected: string, least: number, most = Infinity): Check =>
  check(expected, (value) => typeof value === 'string' && value.length >= least && value.length <= most)
export const whole = (least: number, most = Infinity): Check =>
  check(
    `a whole number from ${least}${most === Infinity ? '' : ` to ${most}`}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  )
/** Accepts any value: it is checked elsewhere, or not at all. */
export const whatever = /*#__PURE__*/ check('', () => true)
export const callable = /*#__PURE__*/ check('a function', isFunction)
export const yesOrNo = /*#__PURE__*/ check('true or false', (value) => typeof value === 'boolean')
export const ms = /*#__PURE__*/ check('a number of milliseconds, 0 or more', (value) => isNumber(value) && value >= 0)
export const time = /*#__PURE__*/ check('a number of milliseconds above 0', (value) => isNumber(value) && value > 0)
export const count = /*#__PURE__*/ check(
  'a whole number above 0',
  (value) => Number.isInteger(value) && (value as number) > 0,
)
export const factor = /*#__PURE__*/ check('a number of 1 or more', (value) => isNumber(value) && value >= 1)
export const share = /*#__PURE__*/ check('a number from 0 to 1', (value) => isNumber(value) && value >= 0 && value <= 1)
export const observable = /*#__PURE__*/ withMethods('an Observable', 'subscribe')
export const scheduler = /*#__PURE__*/ withMethods('a scheduler', 'schedule', 'now')
