import { defer, map, type Observable, of, switchMap } from 'rxjs'
import { overdue } from '../../connection/error.js'
import { connectionMachine } from '../../connection/machine.js'
import type { ConnectionState as State, Input, Output, Successor } from '../../connection/model.js'
import { given } from '../../core/check.js'
import { connectionError } from '../../core/error.js'
import { filled } from '../../core/filled.js'
import { thrownText } from '../../core/guard.js'
import type { Activity, Machine } from '../../core/machine.js'
import type { AddressNeeds } from '../../kernel/addresses.js'
import type { Extension } from '../../kernel/extension.js'
import { fault } from '../../kernel/fault.js'
import { can } from '../../kernel/handshake.js'
import { MOVE } from '../../protocol/frame.js'
import { readLength } from '../../core/redact.js'
import { told } from '#texts'
import type { MovingAddresses } from '../../rooms/early-joins.js'
import { asked, type EndpointCheck } from './check.js'
import { hasFresh, type Plan } from './choice.js'
import { earlyJoins } from './early-joins.js'
import { type EndpointList, type EndpointsOptions, listFault, optionChecks, placesOf } from './list.js'
import { endpointSteps } from './steps.js'

const defaults: Omit<Plan, 'places'> = {
  spreadMs: 250,
  restMs: 5_000,
  restCapMs: 300_000,
  returnMs: 30_000,
  checkWithinMs: 5_000,
  checkEveryMs: 10_000,
}

/**
 * Makes the address of a client of several servers on one engine: `createClient({ url: endpoints(['wss://a.example',
 * 'wss://b.example']) })`. The client uses the first that is well. After a failure it tries the next one at once, and the
 * failed one after the others, for `restMs` and longer with each failure. If all have failed, it waits as `backoff` says.
 * It returns to a better one, and moves where a server asks it to, without a pause: the next connection is there before the
 * client leaves the present one. The states of the connection have the endpoint and the health of all. An invalid list or
 * option closes the client.
 */
export const endpoints = (list: EndpointList, options?: EndpointsOptions | null): MovingAddresses => {
  const { fault: misfitting, options: checked } = given(options, optionChecks)
  const { check, ...times } = checked
  const misfit = listFault(list) ?? misfitting
  const plan: Plan = { ...filled(defaults, times), places: misfit ? [] : placesOf(list) }
  return Object.freeze<MovingAddresses>({
    _tag: 'Endpoints',
    fault: misfit,
    first: plan.places[0]?.url ?? '',
    early: earlyJoins,
    machine: (needs) => {
      needs.add(moving(needs))
      return machineOf(plan, check, needs)
    },
  })
}

/** Lists the capability to move, and takes the goodbye that asks for it. */
const moving = ({ send }: AddressNeeds): Extension => ({
  greet: () => ({ can: [...can, MOVE] }),
  frames: {
    bye: ({ to, reconnect, drainMs }, { generation }) => {
      if (to === undefined || reconnect === 'never') return
      const { afterMs, spreadMs } = reconnect
      // It leaves time to move before the server closes.
      send({ _tag: 'Move', generation, to, afterMs, spreadMs: Math.min(spreadMs, Math.max(0, drainMs / 2 - afterMs)) })
    },
  },
})

const unwell = (generation: number): Input => ({
  _tag: 'Lost',
  generation,
  because: connectionError({ ...told('connection/unwell'), kind: 'retry' }),
})

const machineOf = (
  plan: Plan,
  check: EndpointCheck | undefined,
  needs: AddressNeeds,
): Machine<State, Input, Output> => {
  const { config, deadlines } = needs
  // Called when the socket is opened.
  const addressOf = (at: number) => (): string => {
    const url = plan.places[at]?.url ?? ''
    return typeof url === 'function' ? url() : url
  }
  const threw = (thrown: unknown): void => {
    needs.diagnostics.report(fault('FunctionThrew', `check: ${thrownText(thrown, readLength)}`))
  }
  /** Opens a socket to an endpoint, which is checked first if that helps. */
  const open = (generation: number, place: () => number, isReturn: boolean): Observable<Input> =>
    defer(() => {
      const at = place()
      const url = addressOf(at)
      const { health = [] } = needs.state().endpoint ?? {}
      const isKnownWell = !isReturn && health[at]?.failures === 0
      // Where nothing else is well, the connection itself is the check.
      if (!check || isKnownWell || !(isReturn || hasFresh(health, at, deadlines.now())))
        return needs.open(generation, url)
      const { checkWithinMs } = plan
      return asked({ check, checkWithinMs, deadlines, threw }, () => ({ at, url: url() })).pipe(
        switchMap((isWell) => (isWell ? needs.open(generation, url) : of(unwell(generation)))),
      )
    })
  const plain = connectionMachine({
    ...needs,
    socket: (generation) => open(generation, () => needs.state().endpoint?.at ?? 0, false),
  })
  const limit = (code: Parameters<typeof overdue>[0], ms: number, generation: number): Activity<Input> => ({
    key: `${code}#${generation}`,
    run: deadlines.elapsed(ms).pipe(map(() => ({ _tag: 'Lost', generation, because: overdue(code, ms) }))),
  })
  const ofSuccessor = (successor: Successor): readonly Activity<Input>[] => {
    const { generation } = successor
    if (successor._tag === 'Planned') {
      const { until } = successor
      const run = deadlines.reached(until).pipe(map((): Input => ({ _tag: 'Elapsed' })))
      return until === Infinity ? [] : [{ key: `move#${generation}@${until}`, run }]
    }
    const { connectMs, handshakeMs } = config.deadlines
    return [
      { key: `socket#${generation}`, run: open(generation, () => successor.at, successor.to === undefined) },
      successor._tag === 'Connecting'
        ? limit('connection/open-timeout', connectMs, generation)
        : limit('connection/handshake-timeout', handshakeMs, generation),
    ]
  }
  return {
    ...plain,
    step: endpointSteps({ ...config, plan, waits: config.backoff }, plain.step),
    activities: (state) => [
      ...plain.activities(state),
      ...(state._tag === 'Online' && state.successor ? ofSuccessor(state.successor) : []),
    ],
  }
}
