import { guard } from '../core/guard.js'

/** Errors that show the transcript already. */
const told = new WeakSet()

/** Errors made here, each with the stack of its place in the test. */
const located = new WeakMap<object, string>()

/**
 * Returns the stack above a call of one of the library's functions: it begins with the line of the test. Returns `''` if
 * the platform cannot provide it.
 */
export const callersOf = (called: (...given: never[]) => unknown): string => {
  const place: { readonly stack?: string } = {}
  const { captureStackTrace } = Error as { captureStackTrace?: (of: object, above: unknown) => void }
  captureStackTrace?.(place, called)
  return (place.stack ?? '').split('\n').slice(1).join('\n')
}

/** Gives an error that was made here the stack of its own place in the test, or `otherwise` if that is unknown. */
export const locate = (thrown: unknown, otherwise: string): void => {
  if (!isError(thrown)) return
  const place = located.get(thrown)
  if (place === undefined) return
  const stack = place === '' ? otherwise : place
  if (stack !== '') thrown.stack = `${thrown.name}: ${thrown.message}\n${stack}`
}

/** Makes an error that shows the transcript and has the stack of a place in the test. */
export const failure = (message: string, transcript: string, place = ''): Error => {
  const error = new Error(both(message, transcript))
  told.add(error)
  located.set(error, place)
  return error
}

/** Adds the transcript to an error of the test or of its assertion library. All else about the error stays unchanged. */
export const explain = (thrown: unknown, transcript: () => string): void => {
  if (!isError(thrown) || told.has(thrown)) return
  const { message, stack } = thrown
  const more = both(message, transcript())
  // A frozen error stays as it is.
  guard(() => Object.assign(thrown, { message: more, ...(stack ? { stack: stack.replace(message, () => more) } : {}) }))
  told.add(thrown)
}

const both = (message: string, transcript: string): string =>
  transcript === '' ? message : `${message}\n\n${transcript}`

/** True for errors of other realms too: test runners have an `Error` class of their own. */
const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string'
