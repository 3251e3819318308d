import { guard } from '../core/guard.js'

/** Errors that show the transcript. */
const told = new WeakSet()

/** Errors made here, with the lines of the test where they belong. */
const located = new WeakMap<object, string>()

/**
 * The stack above a call of one of the library's functions: it begins with the line of the test. `''` where the platform
 * cannot tell.
 */
export const callersOf = (called: (...given: never[]) => unknown): string => {
  const place: { readonly stack?: string } = {}
  const { captureStackTrace } = Error as { captureStackTrace?: (of: object, above: unknown) => void }
  captureStackTrace?.(place, called)
  return (place.stack ?? '').split('\n').slice(1).join('\n')
}

/** Gives an error that was made here the stack of its own place in the test, else of `otherwise`. */
export const locate = (thrown: unknown, otherwise: string): void => {
  if (!isError(thrown)) return
  const place = located.get(thrown)
  if (place === undefined) return
  const stack = place === '' ? otherwise : place
  if (stack !== '') thrown.stack = `${thrown.name}: ${thrown.message}\n${stack}`
}

/** An error that shows the transcript, of a place in the test. */
export const failure = (message: string, transcript: string, place = ''): Error => {
  const error = new Error(both(message, transcript))
  told.add(error)
  located.set(error, place)
  return error
}

/** Adds the transcript to what the test, or its assertion library, has thrown. It stays what it was otherwise. */
export const explain = (thrown: unknown, transcript: () => string): void => {
  if (!isError(thrown) || told.has(thrown)) return
  const { message, stack } = thrown
  const more = both(message, transcript())
  // What is frozen stays as it is.
  guard(() => Object.assign(thrown, { message: more, ...(stack ? { stack: stack.replace(message, () => more) } : {}) }))
  told.add(thrown)
}

const both = (message: string, transcript: string): string =>
  transcript === '' ? message : `${message}\n\n${transcript}`

/** Test runners have an `Error` of their own. */
const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string'
