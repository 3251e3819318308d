import type { ConnectionState as State, Endpoint, Input, Output } from '../../connection/model.js'
import type { WebSocketError } from '../../core/error.js'
import type { Machine, StepContext } from '../../core/machine.js'
import { choose, failed, hasFresh, type Plan, recovered, unknownHealth } from './choice.js'
import { ending, isOfToken, returning, successorStep, type TableNeeds } from './successor.js'

type StepOf = Machine<State, Input, Output>['step']

/**
 * The steps of a connection to several endpoints: those of its successor, and else those of a plain one, with the endpoint
 * and the health of all.
 */
export const endpointSteps = (needs: TableNeeds, plain: StepOf): StepOf => {
  const successor = successorStep(needs)
  return (state, input, at) => {
    const moved = successor(state, input, at)
    if (moved) return moved
    const [next, outputs] = plain(state, input, at)
    if (next === state) return [next, outputs]
    const shown = withEndpoint(needs, state, next, input, at)
    if (state._tag !== 'Online' || next._tag === 'Online') return [shown, outputs]
    // The numbers of its successors are used.
    const generation = Math.max(next.generation, state.successor?.generation ?? 0)
    return [{ ...shown, generation }, [...ending(state), ...outputs]]
  }
}

const withEndpoint = (needs: TableNeeds, state: State, next: State, input: Input, at: StepContext): State => {
  const { plan } = needs
  const { endpoint } = state
  const health = endpoint?.health ?? unknownHealth(plan)
  if (next._tag === 'Connecting') return { ...next, endpoint: choose(plan, health, at) }
  if (!endpoint) return next
  if (input._tag === 'Settled') return { ...next, endpoint: { ...endpoint, health: recovered(health, endpoint.at) } }
  if (input._tag === 'Welcomed' && next._tag === 'Online') return returning(needs, { ...next, endpoint }, at)
  return input._tag === 'Lost' && !isOfToken(needs, input.because)
    ? afterLoss(plan, endpoint, next, input.because, at)
    : { ...next, endpoint }
}

/** The state after a loss: the endpoint rests, and another one that does not is tried soon. */
const afterLoss = (plan: Plan, last: Endpoint, next: State, because: WebSocketError, at: StepContext): State => {
  const endpoint = { ...last, health: failed(plan, last.health, last.at, because, at) }
  if (next._tag !== 'Waiting' || !hasFresh(endpoint.health, last.at, at.now)) return { ...next, endpoint }
  return { ...next, endpoint, until: Math.min(next.until, at.now + plan.spreadMs * at.chance) }
}
