import { guard } from '../core/guard.js'

/** Errors that say already what happened around them. */
const told = new WeakSet()

/** An error that shows the transcript. */
export const failure = (message: string, transcript: string): Error => {
  const error = new Error(both(message, transcript))
  told.add(error)
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
