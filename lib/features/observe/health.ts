import type { Observable } from 'rxjs'
import type { Client } from '../../client/client.js'
import { partsOf } from '../../client/port.js'
import { type Checks, given, whole } from '../../core/check.js'
import { longestTimerMs } from '../../core/deadlines.js'
import { stream } from '../../core/stream.js'
import { fault } from '../../kernel/fault.js'
import type { Health } from './health-state.js'
import { monitor } from './monitor.js'

/** Options of `healthOf`. All are optional. */
export interface HealthOptions {
  /** The time between two pings while somebody is subscribed, in ms: at least 100. Default 10 000. */
  readonly intervalMs?: number | undefined
}

/** The member that the feature `health` adds to a client. */
export interface HealthView {
  /**
   * The health of the connection: at once, then each change of the state and each measurement. Pings the server while
   * subscribed, in the shortest interval of all subscribers; decides nothing about the connection. While offline it
   * keeps the last figures; those of the round trip begin anew with each connection. Completes when the client closes.
   * Never errors.
   */
  readonly health$: Observable<Health>
}

const checks: Checks<keyof HealthOptions> = { intervalMs: /*#__PURE__*/ whole(100, longestTimerMs) }

/**
 * Makes a feature that adds `health$` with another interval: `client.with(healthOf({ intervalMs: 2_000 }))`. An invalid
 * option is a fault of kind `Misuse`, and the default applies.
 */
export const healthOf =
  (raw?: HealthOptions | null) =>
  (client: Client): HealthView => {
    const { kernel, get } = partsOf(client)
    const { fault: invalid, options } = given(raw, checks)
    const { report, threw } = kernel.diagnostics
    if (invalid) report(fault('Misuse', `${invalid.message} ${invalid.remedy}`))
    return { health$: stream(threw, get(monitor).watch(options.intervalMs ?? 10_000)) }
  }

/** Adds `health$` to a client: the health of its connection. */
export const health: (client: Client) => HealthView = /*#__PURE__*/ healthOf()
