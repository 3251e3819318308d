import { InvalidArgumentError } from 'commander'
import * as E from '#fp/Either'
import type { Where } from '../protocol/listed-room.js'
import { address } from './address.js'

/** Returns the fault of a URL, if any. */
export const faultIn = (url: string): string | undefined => {
  const checked = address(url)
  return E.isLeft(checked) ? checked.left : undefined
}

/** Returns the first fault. */
export const first = (faults: readonly (string | undefined)[]): string | undefined =>
  faults.find((fault) => fault !== undefined)

/** Collects an option that may be repeated. */
export const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Reads a whole number. */
export const whole =
  (what: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(
      `Write ${what}, ${most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`}.`,
    )
  }

/** Reads a number of seconds. */
export const seconds = (text: string): number => {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (value > 0 && value <= 86_400) return value
  throw new InvalidArgumentError('Write a number of seconds, above 0 and at most a day.')
}

/** Adds a condition to those before. */
export const condition = (text: string, before: Where = {}): Where => {
  const end = text.indexOf('=')
  if (end < 1) throw new InvalidArgumentError('Write a name, an equals sign, and a value.')
  const value = text.slice(end + 1)
  const isJson = /^(-?\d+(\.\d+)?|true|false|null)$/.test(value)
  return { ...before, [text.slice(0, end)]: isJson ? (JSON.parse(value) as Where[string]) : value }
}
