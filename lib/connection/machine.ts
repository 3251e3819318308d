import { map, type Observable } from 'rxjs'
import type { Deadlines } from '../core/deadlines.js'
import type { Activity, Machine } from '../core/machine.js'
import type { Retries } from '../core/retries.js'
import { overdue } from './error.js'
import type { Config, Input, Output, ConnectionState as State } from './model.js'
import { connectionStep } from './table.js'

/** The dependencies of the connection's activities. */
export interface Needs {
  readonly config: Config
  readonly deadlines: Deadlines
  readonly retries: Pick<Retries, 'permitted'>
  /** Opens socket number `generation`; emits `Opened` and `Lost`. */
  readonly socket: (generation: number) => Observable<Input>
  /** Watches an online link; emits `Quality` and `Lost`. */
  readonly liveness: () => Observable<Input>
}

/** The connection: the table, and the activities of each state. */
export const connectionMachine = (needs: Needs): Machine<State, Input, Output> => {
  const { config, deadlines, retries } = needs
  const { connectMs, handshakeMs } = config.deadlines
  const hints: Activity<Input> = { key: 'hints', run: config.hints$.pipe(map((hint) => ({ _tag: 'Hinted', hint }))) }
  const after = (key: string, time$: Observable<void>, input: Input): Activity<Input> => ({
    key,
    run: time$.pipe(map(() => input)),
  })
  const limit = (code: Parameters<typeof overdue>[0], ms: number, generation: number): Activity<Input> =>
    after(`${code}#${generation}`, deadlines.elapsed(ms), { _tag: 'Lost', generation, because: overdue(code, ms) })

  return {
    initial: { _tag: 'Idle', because: 'never', generation: 0 },
    step: connectionStep(config),
    activities: (state) => {
      const { generation } = state
      const link: Activity<Input> = { key: `socket#${generation}`, run: needs.socket(generation) }
      switch (state._tag) {
        case 'Authorizing':
        case 'Suspended':
          return [hints]
        case 'Connecting':
          return [hints, link, limit('connection/open-timeout', connectMs, generation)]
        case 'Handshaking':
          return [hints, link, limit('connection/handshake-timeout', handshakeMs, generation)]
        case 'Online':
          return [
            hints,
            link,
            after(`settle#${generation}`, deadlines.elapsed(config.settleMs), { _tag: 'Settled', generation }),
            { key: `liveness#${generation}`, run: needs.liveness() },
          ]
        case 'Waiting': {
          const due$ = deadlines.reached(state.until)
          // The first retry needs no permit: as a rule it is the reconnect of a link that was well.
          const permitted$ = state.attempt > 0 ? retries.permitted(due$, held) : due$
          return [
            hints,
            {
              key: `wait#${generation}@${state.until}`,
              run: permitted$.pipe(map((said): Input => (said === held ? held : { _tag: 'Elapsed' }))),
            },
          ]
        }
        default:
          return []
      }
    },
  }
}

const held: Input = { _tag: 'Held' }
