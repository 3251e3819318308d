import { classify } from '../../lib/connection/classify.js'
import type { ConnectionState as State, Input, Output } from '../../lib/connection/model.js'
import { defaultBackoff } from '../../lib/core/backoff.js'
import { connectionError } from '../../lib/core/error.js'
import type { Machine } from '../../lib/core/machine.js'
import { type Plan, unknownHealth } from '../../lib/features/endpoints/choice.js'
import { placesOf } from '../../lib/features/endpoints/list.js'
import { type Online, successorStep } from '../../lib/features/endpoints/successor.js'
import { anytime, type Model } from '../../lib/testing/model/model.js'
import { failure } from './connection.js'

export const plan: Plan = {
  places: placesOf(['ws://a', 'ws://b']),
  spreadMs: 250,
  restMs: 5_000,
  restCapMs: 300_000,
  returnMs: 30_000,
  checkWithinMs: 5_000,
  checkEveryMs: 10_000,
}

/** A connection to the first of two endpoints, without a successor. */
export const online: Online = {
  _tag: 'Online',
  attempt: 0,
  generation: 3,
  quality: 'good',
  endpoint: { at: 0, url: 'ws://a', health: unknownHealth(plan) },
}

const successor = successorStep({ plan, waits: defaultBackoff, settleMs: 5_000, classify })
export const step: Machine<State, Input, Output>['step'] = (state, input, at) =>
  successor(state, input, at) ?? [state, []]

/** The last number that a successor used, or that the connection has. */
const latest = (state: State): number =>
  state._tag === 'Online' ? (state.successor?.generation ?? state.generation) : 0

/** The refusal of a link whose successor speaks. */
export const superseded = connectionError({
  code: 'session/superseded',
  message: 'superseded',
  remedy: 'none',
  kind: 'terminal',
})

const place = (state: State): string => {
  if (state._tag !== 'Online') return `First${state._tag}`
  if (state.generation !== online.generation) return 'Moved'
  const { successor: of } = state
  return !of ? 'None' : of._tag === 'Handshaking' && of.ended ? 'Alone' : of._tag
}

/** The successor of a connection, from the goodbye that asks to move. */
export const successorModel = (): Model<State, Input, Output> => ({
  name: 'successor',
  initial: online,
  step,
  inputs: (state) => {
    if (place(state) === 'Moved' || state._tag !== 'Online') return []
    const generation = latest(state)
    const both = [
      { _tag: 'Move', generation: online.generation, to: '*', afterMs: 0, spreadMs: 0 },
      { _tag: 'Elapsed' },
    ] as const
    const own = [
      { _tag: 'Opened', generation },
      { _tag: 'Welcomed', generation },
      { _tag: 'Lost', generation, because: failure() },
    ] as const
    const present = [
      { _tag: 'Lost', generation: online.generation, because: failure() },
      { _tag: 'Lost', generation: online.generation, because: superseded },
    ] as const
    const all: readonly Input[] =
      generation === online.generation ? [...both, ...present] : [...both, ...own, ...present]
    return all.map(anytime)
  },
  words: place,
  place,
  say: ({ _tag }) => _tag,
  arrow: (input, state) => {
    if (input._tag !== 'Lost') return input._tag
    if (input.generation === latest(state)) return 'Lost'
    return input.because.code === 'session/superseded' ? 'PresentLost superseded' : 'PresentLost'
  },
  isFinal: (state) => place(state) === 'Moved' || state._tag !== 'Online',
  invariants: [],
})
