import * as E from '#fp/Either'
import { configError, type ConfigError, excerpt } from './error.js'
import { guard } from './guard.js'
import { isPlain } from './plain.js'
import { hasMethods } from './shape.js'
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
  /** An invalid value may be a secret in the wrong place: its error tells its type alone. */
  readonly isSecret?: true
  /** Returns the fault of a part of the value, which is at this path. */
  readonly within?: (value: never, path: string) => ConfigError | undefined
}

/** Every known option with its test. `undefined` counts as absent. */
export type Checks<Name extends string = string> = Readonly<Record<Name, Check>>

/** Returns the first fault of options: they throw, or one is unknown or has an invalid value. `undefined` for valid options. */
export const optionFault = (options: unknown, checks: Checks): ConfigError | undefined => {
  const found = guard(() => faultOf(options, group(checks), ''))
  return E.isRight(found) ? found.right : thrown(found.left)
}

/** Returns the options of a call, all of which are optional: none if they are absent, `null`, or invalid. */
export const given = <O extends object>(
  options: O | null | undefined,
  checks: Checks,
): { readonly fault?: ConfigError | undefined; readonly options: Partial<O> } => {
  if (options === undefined || options === null) return none
  const fault = optionFault(options, checks)
  return fault ? { fault, options: {} } : { options }
}

const none = { options: {} }

/** Makes the fault of options that throw when they are read. */
export const thrown = (said: string): ConfigError => invalid('options', 'throws', { said })

/** Makes the error of an option, for a reason whose words speak of `about`. */
export const invalid = (option: string, of: Reason, about?: About): ConfigError =>
  configError({ ...told('config/invalid', { of, option, ...about }), kind: 'terminal', option })

const faultOf = (value: unknown, check: Check, path: string): ConfigError | undefined => {
  const { expected, is, within, isSecret } = check
  if (is(value)) return within?.(value as never, path)
  const actual = isSecret && typeof value === 'string' ? 'a string' : excerpt(value)
  return invalid(path || 'options', 'value', { actual, expected })
}

/** Keeps an invalid value out of its error. */
export const secret = (inner: Check): Check => ({ ...inner, isSecret: true })

export const group = (fields: Checks): Check => ({
  ...secret(check('object', isPlain)),
  within: (options: Readonly<Record<string, unknown>>, path) => {
    for (const name of Object.keys({ ...options, ...fields })) {
      const at = path ? `${path}.${name}` : name
      const inner = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (!inner) return invalid(at, 'unknown', { names: Object.keys(fields).join(', ') })
      const value = options[name]
      const fault = value === undefined && !inner.required ? undefined : faultOf(value, inner, at)
      if (fault) return fault
    }
    return undefined
  },
})

/** Returns the first fault of an element of a list. */
export const faultOfEach = (list: readonly unknown[], inner: Check, path: string): ConfigError | undefined =>
  list.map((element, at) => faultOf(element, inner, `${path}[${at}]`)).find((fault) => fault !== undefined)

/** A value that knows its own fault, such as a strategy with an invalid option. */
export interface Faulty {
  readonly fault?: ConfigError | undefined
}

/** Accepts a value only without a fault of its own. */
export const sound = (inner: Check): Check => ({ ...inner, within: ({ fault }: Faulty) => fault })

const check = (expected: string, is: Check['is']): Check => ({ expected, is })

/** A test for numbers, which NaN never passes. */
export const between =
  (least: number, most = Number.MAX_VALUE) =>
  (value: unknown): value is number =>
    typeof value === 'number' && value >= least && value <= most

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
export const whole = (least: number, most = Infinity, expected = `whole ${least} ${most}`): Check =>
  check(expected, (value) => Number.isInteger(value) && between(least, most)(value))
/** Accepts any value: it is checked elsewhere, or not at all. */
export const whatever = /*#__PURE__*/ check('', () => true)
export const callable = /*#__PURE__*/ check('function', (value) => typeof value === 'function')
export const yesOrNo = /*#__PURE__*/ check('flag', (value) => typeof value === 'boolean')
export const ms = /*#__PURE__*/ check('ms', /*#__PURE__*/ between(0))
export const time = /*#__PURE__*/ check('time', /*#__PURE__*/ between(Number.MIN_VALUE))
export const count = /*#__PURE__*/ whole(1, Infinity, 'count')
export const factor = /*#__PURE__*/ check('factor', /*#__PURE__*/ between(1))
export const share = /*#__PURE__*/ check('share', /*#__PURE__*/ between(0, 1))
export const observable = /*#__PURE__*/ withMethods('observable', 'subscribe')
export const scheduler = /*#__PURE__*/ withMethods('scheduler', 'schedule', 'now')
