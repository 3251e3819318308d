import { map, type Observable } from 'rxjs'
import type { Backoff } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { Activity, Machine } from '../core/machine.js'
import type { Hint } from '../core/ports.js'
import { type Lookup, lookupIn } from '../core/table.js'
import { handshakeTimeout, connectTimeout } from './error.js'
import type { Classify, Config, Input, Output, ConnectionState as State } from './model.js'
import { table } from './table.js'
import type { On } from './transitions.js'

/** The dependencies of the connection's activities. */
export interface Needs {
  readonly config: Config
  readonly backoff: Backoff
  readonly classify: Classify
  readonly deadlines: Deadlines
  /** Opens socket number `generation`; emits `Opened` and `Lost`. */
  readonly socket: (generation: number) => Observable<Input>
  /** Watches an online link; emits `Quality` and `Lost`. */
  readonly liveness: (generation: number) => Observable<Input>
  /** Subscribed only while a connection is wanted. */
  readonly hints$: Observable<Hint>
}

/** The connection: the table, and the activities of each state. */
export const connectionMachine = (needs: Needs): Machine<State, Input, Output> => {
  const { config, deadlines, socket, liveness, hints$ } = needs
  const cell = lookupIn<Lookup<On<State, Input>, State['_tag'], Input['_tag']>>(
    table(config, needs.backoff, needs.classify),
  )
  const hints: Activity<Input> = { key: 'hints', run: hints$.pipe(map((hint) => ({ _tag: 'Hinted', hint }))) }
  const after = (key: string, ms: number, input: Input): Activity<Input> => ({
    key,
    run: deadlines.elapsed(ms).pipe(map(() => input)),
  })

  return {
    initial: { _tag: 'Idle', because: 'never', generation: 0 },
    step: (state, input, at) => cell(state._tag, input._tag)(state, input, at),
    activities: (state) => {
      const { generation } = state
      const link: Activity<Input> = { key: `socket#${generation}`, run: socket(generation) }
      switch (state._tag) {
        case 'Idle':
        case 'Stopped':
        case 'Closed':
          return []
        case 'Authorizing':
        case 'Suspended':
          return [hints]
        case 'Connecting': {
          const because = connectTimeout(config.connectMs)
          return [hints, link, after(`open#${generation}`, config.connectMs, { _tag: 'Lost', generation, because })]
        }
        case 'Handshaking': {
          const because = handshakeTimeout(config.handshakeMs)
          return [hints, link, after(`greet#${generation}`, config.handshakeMs, { _tag: 'Lost', generation, because })]
        }
        case 'Online':
          return [
            hints,
            link,
            after(`settle#${generation}`, config.settleMs, { _tag: 'Settled', generation }),
            { key: `liveness#${generation}`, run: liveness(generation) },
          ]
        case 'Waiting': {
          const elapsed: Input = { _tag: 'Elapsed' }
          const run = deadlines.reached(state.until).pipe(map(() => elapsed))
          return [hints, { key: `wait#${generation}@${state.until}`, run }]
        }
      }
    },
  }
}
