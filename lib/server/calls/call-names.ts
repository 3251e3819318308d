import { invalid } from '../../core/check.js'
import type { ConfigError } from '../../core/error.js'
import { isObject } from '../../core/shape.js'
import type { CallFrame } from '../../protocol/frame.js'
import type { Answers } from './answers.js'
import type { Handled } from './handled.js'

/** The calls of a server, by name. */
export interface CallNames {
  readonly find: (frame: Pick<CallFrame, 'room' | 'name'>) => Handled | undefined
}

export const callNames = (all: readonly Answers[]): CallNames => {
  const named = (scope: Answers['of']): ReadonlyMap<string, Handled> =>
    new Map(all.filter(({ of }) => of === scope).flatMap(({ handled }) => handled.map((each) => [each.name, each])))
  const [rooms, server] = [named('room'), named('server')]
  return { find: ({ room, name }) => (room === undefined ? server : rooms).get(name) }
}

/** True for a value that `answers` made. */
export const isAnswers = (value: unknown): value is Answers =>
  isObject(value) && ['room', 'server'].includes((value as Answers).of) && Array.isArray((value as Answers).handled)

/** Returns the fault of the answers: one of its own, or a name that is answered twice. */
export const answersFault = (all: readonly Answers[]): ConfigError | undefined => {
  const own = all.find(({ fault }) => fault)?.fault
  if (own) return own
  const names = all.flatMap(({ of, handled }) => handled.map(({ name }) => `${of} ${name}`))
  const twice = names.find((name, at) => names.indexOf(name) < at)
  return twice === undefined
    ? undefined
    : invalid('calls', 'value', { actual: `ambiguous: ${twice} is answered twice`, expected: 'each name once' })
}
