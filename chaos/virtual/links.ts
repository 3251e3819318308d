import type { Links } from './cluster.js'
import type { Act } from './plan.js'

/** Does what lasts; the result ends it. */
export const lasting = (host: Links, { _tag, way }: Extract<Act, { readonly way: unknown }>): (() => void) => {
  const direction = way === 'both' ? undefined : way
  switch (_tag) {
    case 'freeze':
      host.freeze(direction)
      return () => {
        host.thaw(direction)
      }
    case 'blackhole':
      host.blackhole(true, direction)
      return () => {
        // TCP does not go on after a loss: whatever has lost something is over.
        host.blackhole(false, direction)
        host.cut()
      }
    case 'hang':
    case 'refuse':
      host[_tag](true)
      host.cut()
      return () => {
        host[_tag](false)
      }
    case 'slow':
      host.latency(way === 'down' ? 1 : 300, way === 'up' ? 1 : 300)
      return () => {
        host.latency(1)
      }
    case 'throttle':
      host.bandwidth(way === 'down' ? Infinity : 2_000, way === 'up' ? Infinity : 2_000)
      return () => {
        host.bandwidth(Infinity)
      }
  }
}

/** Ends what was done to the speed of links. */
export const heal = (host: Links): void => {
  host.latency(1)
  host.bandwidth(Infinity)
}
