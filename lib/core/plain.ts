import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { isBytes } from './bytes.js'
import { excerpt } from './error.js'
import { isObject } from './shape.js'

/** Levels of arrays and objects in a payload: every language can parse and print this depth without a stack overflow. */
export const payloadDepth = 64

/** The place of a value without a JSON form. */
export interface Misfit {
  readonly path: readonly string[]
  readonly expected: string
  readonly actual: string
}

/** A payload in its JSON form: a copy of plain data, made by reading every member once. */
export interface Plain {
  readonly value: unknown
  /** False if JSON changes the value: the result of `toJSON`, an instance's fields, no member for `undefined`. */
  readonly isSame: boolean
}

/**
 * Copies a payload to plain data. `Left` for values without a JSON form; with `takesInstances`, the own fields of an
 * instance of an application's class represent it. Throws the errors of getters and `toJSON`.
 */
export const plain = (value: unknown, takesInstances: boolean): Either<Misfit, Plain> => {
  const walk: Walk = { takesInstances, isSame: true, misfit: undefined, held: undefined, path: undefined }
  const copied = value === undefined || isBytes(value) ? value : copy(value, '', walk)
  const { isSame, misfit, path } = walk
  return misfit ? E.left({ ...misfit, path: path?.reverse() ?? [] }) : E.right({ value: copied, isSame })
}

interface Walk {
  readonly takesInstances: boolean
  isSame: boolean
  misfit: Omit<Misfit, 'path'> | undefined
  /** The object being copied, and its ancestors. */
  held: Held | undefined
  /** The keys down to the misfit, innermost first. */
  path: string[] | undefined
}

interface Held {
  readonly value: object
  readonly level: number
  readonly within: Held | undefined
}

/** Replaces a copy, once there is a misfit. */
const none = Symbol('none')

const refuse = (walk: Walk, expected: string, actual: string): typeof none => {
  walk.misfit = { expected, actual }
  return none
}

const copy = (value: unknown, key: string, walk: Walk): unknown => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      // JSON has no -0: it is sent as 0.
      return Number.isFinite(value) ? value + 0 : refuse(walk, 'a finite number', String(value))
    case 'object':
      return value === null ? null : copyObject(value, key, walk)
    case 'bigint':
      return hasToJson(value) ? told(value, key, walk) : refuse(walk, jsonValue(walk), `${value}n`)
    default:
      return refuse(walk, jsonValue(walk), excerpt(value))
  }
}

const copyObject = (value: object, key: string, walk: Walk): unknown => {
  if (isBytes(value)) return refuse(walk, 'bytes as the whole payload alone', 'bytes within it')
  return hasToJson(value) ? told(value, key, walk) : copyMembers(value, walk)
}

/** The result of `toJSON` is the value's JSON form; like JSON.stringify, this does not call `toJSON` of the result. */
const told = (value: HasToJson, key: string, walk: Walk): unknown => {
  walk.isSame = false
  const json = value.toJSON(key)
  if (json === null && isNotANumber(value)) return refuse(walk, 'a valid date or number', nameOf(value))
  return typeof json === 'object' && json !== null && !isBytes(json) ? copyMembers(json, walk) : copy(json, key, walk)
}

const copyMembers = (value: object, walk: Walk): unknown => {
  const within = walk.held
  const level = (within?.level ?? 0) + 1
  if (level > payloadDepth) return refuse(walk, `at most ${payloadDepth} levels`, 'more')
  for (let held = within; held; held = held.within)
    if (held.value === value) return refuse(walk, 'no cycle', 'a reference to what holds it')
  walk.held = { value, level, within }
  const copied = Array.isArray(value) ? copyItems(value, walk) : copyFields(value as Fields, walk)
  walk.held = within
  return copied
}

const copyItems = (items: readonly unknown[], walk: Walk): unknown => {
  const copied: unknown[] = []
  for (let at = 0; at < items.length; at++) {
    const item = copy(items[at], String(at), walk)
    if (item === none) return blame(walk, String(at))
    copied.push(item)
  }
  return copied
}

const copyFields = (value: Fields, walk: Walk): unknown => {
  if (!isPlain(value) && !takeInstance(value, walk)) return none
  const copied: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const member = value[key]
    const field = member === undefined ? undefined : copy(member, key, walk)
    if (field === none) return blame(walk, key)
    if (field === undefined) walk.isSame = false
    else if (key === '__proto__') Object.defineProperty(copied, key, { ...own, value: field })
    else copied[key] = field
  }
  return copied
}

const own = { enumerable: true, configurable: true, writable: true } as const

const blame = (walk: Walk, key: string): typeof none => {
  walk.path = [...(walk.path ?? []), key]
  return none
}

/** Instances of `Map`, `Date`, `Number` and similar classes have their own tag, and no fields that represent them. */
const takeInstance = (value: object, walk: Walk): boolean => {
  walk.isSame = false
  if (walk.takesInstances && tagOf(value) === '[object Object]') return true
  refuse(walk, 'a plain object, an array or a toJSON method', nameOf(value))
  return false
}

type Fields = Readonly<Record<string, unknown>>

interface HasToJson {
  readonly toJSON: (key: string) => unknown
}

const hasToJson = (value: unknown): value is HasToJson => typeof (value as Partial<HasToJson>).toJSON === 'function'

/** True for objects from literals, of any realm, and for those without a prototype. */
export const isPlain = (value: unknown): value is Fields => {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const isNotANumber = (value: object): boolean =>
  typeof (value as { readonly valueOf?: unknown }).valueOf === 'function' && Number.isNaN(value.valueOf())

const tagOf = (value: object): string => Object.prototype.toString.call(value)

const nameOf = (value: object): string => {
  const { name } = (value.constructor as { readonly name?: unknown } | undefined) ?? {}
  return `an instance of ${typeof name === 'string' && name !== '' ? name : tagOf(value).slice(8, -1)}`
}

const jsonValue = ({ held }: Walk): string => (held ? 'a JSON value' : 'a JSON value or bytes')
