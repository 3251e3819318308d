import type { Endpoint, EndpointHealth } from '../../connection/model.js'
import type { WebSocketError } from '../../core/error.js'
import type { StepContext } from '../../core/machine.js'
import type { EndpointTimes, Place } from './list.js'

/** The endpoints of a client, and their times. */
export interface Plan extends Required<{ readonly [K in keyof EndpointTimes]: number }> {
  readonly places: readonly Place[]
}

export type Health = readonly EndpointHealth[]

const well: EndpointHealth = Object.freeze({ failures: 0, restsUntil: 0 })

/** The health of endpoints of which nothing is known. */
export const unknownHealth = ({ places }: Plan): Health => places.map(() => well)

const isFresh = (health: EndpointHealth | undefined, now: number): boolean => (health?.restsUntil ?? 0) <= now

/** True if an endpoint other than this one is not resting. */
export const hasFresh = (health: Health, besides: number, now: number): boolean =>
  health.some((each, at) => at !== besides && isFresh(each, now))

/**
 * Chooses an endpoint: of those that do not rest the ones with the lowest priority, among them at random by weight; if all
 * rest, the one whose rest ends first.
 */
export const choose = ({ places }: Plan, health: Health, { now, chance }: StepContext): Endpoint => {
  const all = places.map((place, at) => ({ ...place, at, ...(health[at] ?? well) }))
  const fresh = all.filter((each) => isFresh(each, now))
  const best = Math.min(...fresh.map(({ priority }) => priority))
  const equals =
    fresh.length > 0
      ? fresh.filter(({ priority }) => priority === best)
      : [...all].sort((a, b) => a.restsUntil - b.restsUntil).slice(0, 1)
  let left = chance * equals.reduce((sum, { weight }) => sum + weight, 0)
  const chosen = equals.find(({ weight }) => (left -= weight) < 0) ?? equals.at(-1)
  return { at: chosen?.at ?? 0, url: chosen?.shown ?? '', health }
}

/** True for the end of an attempt whose endpoint is not well, as its check says. */
const isUnwell = ({ code }: WebSocketError): boolean => code === 'connection/unwell'

/** The health after a failure of an endpoint: it rests, longer with each; until the next check, if one has found it unwell. */
export const failed = (
  { restMs, restCapMs, checkEveryMs }: Plan,
  health: Health,
  at: number,
  because: WebSocketError,
  { now, chance }: StepContext,
): Health =>
  health.map((each, place) => {
    if (place !== at) return each
    if (isUnwell(because))
      return { failures: Math.max(1, each.failures), restsUntil: now + checkEveryMs * (0.5 + chance) }
    const failures = each.failures + 1
    return { failures, restsUntil: now + Math.min(restCapMs, restMs * 2 ** each.failures) * (1 + chance) }
  })

/** The health after a connection to an endpoint has lasted. */
export const recovered = (health: Health, at: number): Health => {
  const { failures } = health[at] ?? well
  return failures === 0 ? health : health.map((each, place) => (place === at ? well : each))
}
