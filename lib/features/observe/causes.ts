import type { Parts } from '../../client/parts.js'
import type { ConnectionState, Input } from '../../connection/model.js'
import { causeCounter } from '../../core/causes.js'
import type { WebSocketError } from '../../core/error.js'
import type { ByCause, Metrics } from '../../kernel/counters.js'
import type { Extension } from '../../kernel/extension.js'

/** Counts ends of connections, failed attempts, refusals and undelivered messages by cause. */
export interface CausesExtension extends Extension {
  readonly counts: () => Pick<Metrics, ByCause>
}

export const causes = ({ kernel, outbox }: Parts): CausesExtension => {
  const [losses, failures, refusals, undelivered] = [causeCounter(), causeCounter(), causeCounter(), causeCounter()]
  const refused = ({ code }: { readonly code: string }): void => {
    refusals.add(code)
  }
  const [connections, rests] = [causeCounter(), causeCounter()]
  let before = kernel.state.value()
  /** Counts a connection to an endpoint, and the endpoints that rest from now on. */
  const place = (now: ConnectionState): void => {
    const { endpoint } = now
    if (!endpoint) return
    if (now._tag === 'Online' && (before._tag !== 'Online' || before.generation !== now.generation))
      connections.add(`${endpoint.at}`)
    for (const [at, { restsUntil }] of endpoint.health.entries())
      if (restsUntil > (before.endpoint?.health[at]?.restsUntil ?? 0)) rests.add(`${at}`)
  }
  outbox.totals.lost = ({ code }) => {
    undelivered.add(code)
  }
  return {
    counts: () => ({
      lossCauses: losses.counts(),
      failureCauses: failures.counts(),
      refusalCauses: refusals.counts(),
      undeliveredCauses: undelivered.counts(),
      endpointConnections: connections.counts(),
      endpointFailures: rests.counts(),
    }),
    halt: (_, input) => {
      const now = kernel.state.value()
      place(now)
      const [wasOnline, isOnline] = [before._tag === 'Online', now._tag === 'Online']
      before = now
      if (!input) return
      if (wasOnline && !isOnline) losses.add(causeOf(input))
      else if (input._tag === 'Lost' || input._tag === 'TokenDenied') failures.add(codeOf(input.because))
    },
    frames: { refused, left: refused },
  }
}

const causeOf = (input: Input): string => {
  if ('because' in input) return codeOf(input.because)
  return 'hint' in input ? input.hint : input._tag.toLowerCase()
}

const codeOf = (because: WebSocketError): string =>
  'closeCode' in because ? `${because.code} ${because.closeCode}` : because.code
