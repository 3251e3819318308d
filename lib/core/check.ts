import * as E from '#fp/Either'
import { configError, type ConfigError, excerpt } from './error.js'
import { guard } from './guard.js'
import type { Reason } from './texts/config.js'
import type { About } from './texts/text.js'
import { told } from '#texts'

/** The test of one option, with the text of its valid values. */
export interface Check {
  /** A name of the words of `texts/config.ts`, or a text that completes "Write …". */
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

/** Makes the fault of options that throw when they are read. */
export const thrown = (said: string): ConfigError => invalid('options', 'throws', { said })

/** Makes the error of an option, for a reason whose words speak of `about`. */
export const invalid = (option: string, of: Reason, about?: About): ConfigError =>
  configError({ ...told('config/invalid', { of, option, ...about }), kind: 'terminal', option })

const faultOf = (value: unknown, { expected, is, fields, each }: Check, path: string): ConfigError | undefined => {
  if (!is(value)) return invalid(path || 'options', 'value', { actual: excerpt(value), expected })
  if (each && Array.isArray(value)) {
    const faults = value.map((element, at) => faultOf(element, each, `${path}[${at}]`))
    return faults.find((fault) => fault !== undefined)
  }
  if (!fields) return undefined
  const given = value as Readonly<Record<string, unknown>>
  const prefix = path === '' ? '' : `${path}.`
  for (const name of new Set([...Object.keys(given), ...Object.keys(fields)])) {
    const inner = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!inner) return invalid(prefix + name, 'unknown', { names: Object.keys(fields).join(', ') })
    const isGiven = given[name] !== undefined || inner.required
    const fault = isGiven ? faultOf(given[name], inner, prefix + name) : undefined
    if (fault) return fault
  }
  return undefined
}

const check = (expected: string, is: Check['is']): Check => ({ expected, is })
const isFunction = (value: unknown): value is () => unknown => typeof value === 'function'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** True for an object with these methods, of any origin. */
export const hasMethods = (value: unknown, ...names: readonly string[]): value is object =>
  isObject(value) && names.every((name) => isFunction(value[name as keyof typeof value]))

export const group = (fields: Checks): Check => ({
  ...check('object', (value) => isObject(value) && !Array.isArray(value)),
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
    `whole ${least} ${most}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  )
/** Accepts any value: it is checked elsewhere, or not at all. */
export const whatever = /*#__PURE__*/ check('', () => true)
export const callable = /*#__PURE__*/ check('function', isFunction)
export const yesOrNo = /*#__PURE__*/ check('flag', (value) => typeof value === 'boolean')
export const ms = /*#__PURE__*/ check('ms', (value) => isNumber(value) && value >= 0)
export const time = /*#__PURE__*/ check('time', (value) => isNumber(value) && value > 0)
export const count = /*#__PURE__*/ check('count', (value) => Number.isInteger(value) && (value as number) > 0)
export const factor = /*#__PURE__*/ check('factor', (value) => isNumber(value) && value >= 1)
export const share = /*#__PURE__*/ check('share', (value) => isNumber(value) && value >= 0 && value <= 1)
export const observable = /*#__PURE__*/ withMethods('observable', 'subscribe')
export const scheduler = /*#__PURE__*/ withMethods('scheduler', 'schedule', 'now')
