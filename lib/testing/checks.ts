import { callable, type Check, type Checks, group, optionFault } from '../core/check.js'
import { isPlain } from '../core/plain.js'
import { memoryChecks, roomServerChecks } from '../server/checks.js'
import type { FakeServerOptions } from './fake-server.js'

const latency: Check = {
  expected: 'a number of milliseconds, 0 or more, or a function that gives one',
  is: (value) => callable.is(value) || (typeof value === 'number' && value >= 0),
}
const bandwidth: Check = {
  expected: 'a number of bytes above 0',
  is: (value) => typeof value === 'number' && value > 0,
}
const users: Check = {
  expected: 'a list of names, or an object with a user under each name',
  is: (value) => Array.isArray(value) || isPlain(value),
}
const rooms: Check = { expected: 'object', is: isPlain }

/** Checks of the options that `testServer` and `fakeServer` share. */
export const sharedChecks = {
  ...roomServerChecks,
  memory: /*#__PURE__*/ group(memoryChecks),
  latencyMs: latency,
  bytesPerSecond: bandwidth,
}

export const fakeServerChecks: Checks<keyof FakeServerOptions> = {
  ...sharedChecks,
  between: callable,
  users,
  rooms,
  seed: { expected: 'a whole number', is: Number.isInteger },
}

/** Returns an error that describes an invalid option, or `undefined` if all options are valid. */
export const mistakeIn = (options: unknown, checks: Checks): Error | undefined => {
  const fault = optionFault(options, checks)
  return fault && new Error(`${fault.message} ${fault.remedy}`)
}
