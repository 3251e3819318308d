import type { Frame } from '../../lib/protocol/frame.js'

type Random = () => number
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const hostile: readonly Json[] = [
  null, true, false, 0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, '', 'x', '\u0000', '\ud800', '__proto__', '@all', 'x'.repeat(300),
  [], [[]], [[[[[[[[]]]]]]]], {}, { t: 'hello' }, { constructor: null }, ['p'], ['m'], ['a', 'E', 0], [1, 2, 3],
] // prettier-ignore
const names = ['t', 'ch', 'ref', 'room', 'epoch', 'offset', 'constructor', 'toString', 'length', 'x']

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)] as T

/** A value with one place of it changed: replaced, left out, added to, or given the value of another place. */
const changed = (value: Json, random: Random): Json => {
  if (random() < 0.2 || value === null || typeof value !== 'object') return pick(hostile, random)
  if (isList(value)) {
    const at = Math.floor(random() * (value.length + 1))
    const way = random()
    if (way < 0.15) return value.slice(0, at)
    if (way < 0.3) return [...value, pick(hostile, random)]
    if (way < 0.4) return [...value.slice(0, at), ...value.slice(at + 1)]
    return value.map((item, place) => (place === at ? changed(item, random) : item))
  }
  const entries = Object.entries(value)
  const at = Math.floor(random() * entries.length)
  const way = random()
  if (way < 0.15) return Object.fromEntries(entries.filter((_, place) => place !== at))
  if (way < 0.3) return Object.fromEntries([...entries, [pick(names, random), pick(hostile, random)]])
  return Object.fromEntries(
    entries.map(([name, item], place) => [name, place === at ? changed(item, random) : item] as const),
  )
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

/** A text with a part of it cut out, doubled or overwritten. */
const garbled = (text: string, random: Random): string => {
  const at = Math.floor(random() * text.length)
  const end = at + Math.floor(random() * 8)
  const way = random()
  if (way < 0.3) return text.slice(0, at)
  if (way < 0.6) return text.slice(0, end) + text.slice(at)
  return (
    text.slice(0, at) +
    pick(['{', '}', '[', ']', '"', ',', ':', '\\', '\u0000', '1e999', '€'], random) +
    text.slice(end)
  )
}

/** A WebSocket message that is like one of these frames, but for some changes; now and then one without any. */
export const mutant = (frames: readonly Frame[], random: Random): string => {
  const frame = JSON.parse(JSON.stringify(pick(frames, random))) as Json
  const way = random()
  if (way < 0.15) return JSON.stringify(frame)
  const once = changed(frame, random)
  const text = JSON.stringify(way < 0.35 ? changed(once, random) : once)
  if (way < 0.45) return garbled(text, random)
  return way < 0.55 ? `[${text},${JSON.stringify(pick(frames, random))}]` : text
}
