import type { ConnectionState as State, Endpoint, Input, Output } from '../../connection/model.js'
import type { Machine, StepContext } from '../../core/machine.js'
import { choose, failed, hasFresh, type Plan, recovered, unknownHealth } from './choice.js'

type StepOf = Machine<State, Input, Output>['step']

/** The steps of a connection to several endpoints: those of a plain one, with the endpoint and the health of all. */
export const endpointSteps =
  (plan: Plan, plain: StepOf): StepOf =>
  (state, input, at) => {
    const [next, outputs] = plain(state, input, at)
    return next === state ? [next, outputs] : [withEndpoint(plan, state, next, input, at), outputs]
  }

const withEndpoint = (plan: Plan, state: State, next: State, input: Input, at: StepContext): State => {
  const { endpoint } = state
  const health = endpoint?.health ?? unknownHealth(plan)
  if (next._tag === 'Connecting') return { ...next, endpoint: choose(plan, health, at) }
  if (!endpoint) return next
  if (input._tag === 'Settled') return { ...next, endpoint: { ...endpoint, health: recovered(health, endpoint.at) } }
  return input._tag === 'Lost' ? afterLoss(plan, endpoint, next, at) : { ...next, endpoint }
}

/** The state after a loss: the endpoint rests, and another one that does not is tried soon. */
const afterLoss = (plan: Plan, last: Endpoint, next: State, at: StepContext): State => {
  // The server asks for another token: it is well.
  if (next._tag === 'Authorizing') return { ...next, endpoint: last }
  const endpoint = { ...last, health: failed(plan, last.health, last.at, at) }
  if (next._tag !== 'Waiting' || !hasFresh(endpoint.health, last.at, at.now)) return { ...next, endpoint }
  return { ...next, endpoint, until: Math.min(next.until, at.now + plan.spreadMs * at.chance) }
}
