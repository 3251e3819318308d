import { mismatch, type Mismatch } from './mismatch.js'
import type { IoTs } from './validator.js'

/** The parts of io-ts codecs by tag, where a value can be followed into them. */
type Shape =
  | { readonly _tag: 'InterfaceType' | 'StrictType' | 'PartialType'; readonly props: Readonly<Record<string, IoTs>> }
  | { readonly _tag: 'ExactType' | 'ReadonlyType' | 'RefinementType'; readonly type: IoTs }
  | { readonly _tag: 'ArrayType' | 'ReadonlyArrayType'; readonly type: IoTs }
  | { readonly _tag: 'DictionaryType'; readonly codomain: IoTs }
  | { readonly _tag: 'TupleType' | 'IntersectionType'; readonly types: readonly IoTs[] }

type Part = readonly [key: string | undefined, codec: IoTs, value: unknown]

/**
 * Finds the place where a value does not match a codec. io-ts answers `is` with yes or no only, and decoding a value
 * that was never encoded would blame the wrong place.
 */
export const locate = (codec: IoTs, value: unknown): Mismatch => {
  const path: string[] = []
  let at: Part = [undefined, codec, value]
  for (let next: Part | undefined = at; next; next = parts(at[1], at[2]).find(([, type, part]) => !type.is(part))) {
    at = next
    if (at[0] !== undefined) path.push(at[0])
  }
  return mismatch(path, at[1].name, at[2])
}

const parts = (codec: IoTs, value: unknown): readonly Part[] => {
  const shape = codec as unknown as Shape
  switch (shape._tag) {
    case 'ExactType':
    case 'ReadonlyType':
    case 'RefinementType':
      return [[undefined, shape.type, value]]
    case 'IntersectionType':
      return shape.types.map((type) => [undefined, type, value])
    case 'InterfaceType':
    case 'StrictType':
      return isRecord(value) ? Object.entries(shape.props).map(([key, type]) => [key, type, value[key]]) : []
    case 'PartialType':
      return isRecord(value)
        ? Object.entries(shape.props).flatMap(([key, type]) =>
            value[key] === undefined ? [] : [[key, type, value[key]]],
          )
        : []
    case 'DictionaryType':
      return isRecord(value) ? Object.entries(value).map(([key, part]) => [key, shape.codomain, part]) : []
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return Array.isArray(value) ? value.map((part: unknown, index) => [String(index), shape.type, part]) : []
    case 'TupleType':
      return Array.isArray(value)
        ? shape.types.map((type, index) => [String(index), type, value[index] as unknown])
        : []
    default:
      return []
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
