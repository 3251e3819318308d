import { connectionMachine } from '../../connection/machine.js'
import { given } from '../../core/check.js'
import { filled } from '../../core/filled.js'
import type { Addresses } from '../../kernel/addresses.js'
import { type Plan } from './choice.js'
import { type EndpointList, type EndpointsOptions, listFault, placesOf, timeChecks } from './list.js'
import { endpointSteps } from './steps.js'

const defaults: Omit<Plan, 'places'> = { spreadMs: 250, restMs: 5_000, restCapMs: 300_000 }

/**
 * Makes the address of a client of several servers on one engine: `createClient({ url: endpoints(['wss://a.example',
 * 'wss://b.example']) })`. The client uses the first that is well. After a failure it tries the next one at once, and the
 * failed one after the others, for `restMs` and longer with each failure. If all have failed, it waits as `backoff` says.
 * The states of the connection have the endpoint and the health of all. An invalid list or option closes the client.
 */
export const endpoints = (list: EndpointList, options?: EndpointsOptions | null): Addresses => {
  const { fault, options: checked } = given(options, timeChecks)
  const misfit = listFault(list) ?? fault
  const plan: Plan = { ...filled(defaults, checked), places: misfit ? [] : placesOf(list) }
  return Object.freeze<Addresses>({
    _tag: 'Endpoints',
    fault: misfit,
    first: plan.places[0]?.url ?? '',
    machine: ({ state, open, ...needs }) => {
      // Called when the socket is opened: the state has the endpoint by then.
      const address = (): string => {
        const url = plan.places[state().endpoint?.at ?? 0]?.url ?? ''
        return typeof url === 'function' ? url() : url
      }
      const machine = connectionMachine({ ...needs, socket: (generation) => open(generation, address) })
      return { ...machine, step: endpointSteps(plan, machine.step) }
    },
  })
}
