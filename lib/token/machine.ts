import { map, type Observable } from 'rxjs'
import { type Backoff, backoff } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import { type Lookup, lookupIn } from '../core/table.js'
import type { Activity, Machine, StepContext, Step } from '../core/machine.js'
import type { Retries } from '../core/retries.js'
import { noToken, overdue, rejected, signedOut } from './error.js'
import type { Config, Input, Output, Reason, State } from './model.js'

export type On<S, I> = (state: S, input: I, at: StepContext) => Step<State, Output>
type Tagged<T extends { readonly _tag: string }, Tag extends T['_tag']> = Extract<T, { readonly _tag: Tag }>
/** A cell for every state and input, checked by type. */
export type Table = {
  readonly [S in State['_tag']]: { readonly [I in Input['_tag']]: On<Tagged<State, S>, Tagged<Input, I>> }
}

/** The shortest delay before a renewal, even if a server reports a shorter lifetime. */
const renewalFloorMs = 1_000

const to = (state: State, ...outputs: Output[]): Step<State, Output> => [state, outputs]
const stay = (state: State): Step<State, Output> => [state, []]

/** The step of each input in each state, one line per arrow. */
export const table = (config: Config, waits: Backoff): Table => {
  const renewAt = (lifetimeMs: number | undefined, at: StepContext): number => {
    if (lifetimeMs === undefined || lifetimeMs === Infinity) return Infinity
    const leewayMs = Math.min(config.leewayMs, lifetimeMs / 10)
    return at.now + Math.max(renewalFloorMs, lifetimeMs - leewayMs - config.spread * lifetimeMs * at.chance)
  }
  const ask = ({ ask }: State, { reason }: { readonly reason: Reason }): Step<State, Output> =>
    to({ _tag: 'Asking', ask: ask + 1, reason })
  const release = ({ ask }: State): Step<State, Output> => to({ _tag: 'None', ask })
  const refuse = ({ ask }: State, because: Tagged<State, 'Refused'>['because']): Step<State, Output> =>
    to({ _tag: 'Refused', ask, because }, { _tag: 'Denied', because })
  const hold = ({ ask }: State, { token, lifetimeMs }: Tagged<Input, 'Answered'>, at: StepContext): State => ({
    _tag: 'Held',
    ask,
    token,
    renewAt: renewAt(lifetimeMs, at),
  })
  const until = (s: Tagged<State, 'Held'>, renewAt: number): Step<State, Output> =>
    renewAt === s.renewAt ? stay(s) : to({ ...s, renewAt })
  const grant: On<State, Tagged<Input, 'Answered'>> = (s, i, at) => to(hold(s, i, at), { _tag: 'Granted' })
  const renew: On<State, Tagged<Input, 'Answered'>> = (s, i, at) =>
    to(hold(s, i, at), { _tag: 'Renewed', token: i.token })
  const again = (s: Tagged<State, 'Held' | 'Pausing'>, reason: Reason, failures: number): Step<State, Output> =>
    to({ _tag: 'Renewing', ask: s.ask + 1, token: s.token, reason, failures })
  const pause = (s: Tagged<State, 'Renewing'>, _: unknown, at: StepContext): Step<State, Output> => {
    const until = at.now + backoff(waits, s.failures, at.chance)
    return to({ _tag: 'Pausing', ask: s.ask, token: s.token, reason: s.reason, failures: s.failures + 1, until })
  }
  const signOut = (s: State): Step<State, Output> => refuse(s, signedOut)

  return {
    None: {
      Ask: ask,
      Release: stay,
      Answered: stay,
      Stale: stay,
      SignedOut: stay,
      Failed: stay,
      Ended: stay,
      Overdue: stay,
      Lifetime: stay,
      RenewalDue: stay,
      Rejected: stay,
      PauseOver: stay,
    },
    Asking: {
      Ask: ask,
      Release: release,
      Answered: grant,
      SignedOut: signOut,
      Stale: (s) => (s.reason === 'rejected' ? stay(s) : to({ ...s, reason: 'rejected' })),
      Failed: (s, { because }) => refuse(s, because),
      Ended: (s) => refuse(s, s.reason === 'rejected' ? rejected : noToken),
      Overdue: (s) => refuse(s, s.reason === 'rejected' ? rejected : overdue(config.deadlineMs)),
      Lifetime: stay,
      RenewalDue: stay,
      Rejected: stay,
      PauseOver: stay,
    },
    Held: {
      Ask: ask,
      Release: release,
      Answered: renew,
      Stale: stay,
      SignedOut: signOut,
      Failed: stay,
      Ended: stay,
      Overdue: stay,
      Lifetime: (s, { token, lifetimeMs }, at) => (token === s.token ? until(s, renewAt(lifetimeMs, at)) : stay(s)),
      RenewalDue: (s) => again(s, 'expiring', 0),
      Rejected: (s, { token }) => (token === s.token ? again(s, 'rejected', 0) : stay(s)),
      PauseOver: stay,
    },
    Renewing: {
      Ask: ask,
      Release: release,
      Answered: renew,
      Stale: stay,
      SignedOut: signOut,
      Failed: pause,
      Ended: pause,
      Overdue: pause,
      Lifetime: stay,
      RenewalDue: stay,
      Rejected: stay,
      PauseOver: stay,
    },
    Pausing: {
      Ask: ask,
      Release: release,
      Answered: renew,
      Stale: stay,
      SignedOut: signOut,
      Failed: stay,
      Ended: stay,
      Overdue: stay,
      Lifetime: stay,
      RenewalDue: stay,
      Rejected: stay,
      PauseOver: (s) => again(s, s.reason, s.failures),
    },
    Refused: {
      Ask: ask,
      Release: release,
      Answered: grant,
      Stale: stay,
      SignedOut: stay,
      Failed: stay,
      Ended: stay,
      Overdue: stay,
      Lifetime: stay,
      RenewalDue: stay,
      Rejected: stay,
      PauseOver: stay,
    },
  }
}

/** The dependencies of the token's activities. */
export interface Needs {
  readonly config: Config
  readonly backoff: Backoff
  readonly deadlines: Deadlines
  readonly retries: Pick<Retries, 'permitted'>
  /** Calls the user's source. */
  readonly source: (ask: number, reason: Reason) => Observable<Input>
}

/** The token: requested by one path, one call at a time, renewed before its end, never sent again once rejected. */
export const tokenMachine = ({
  config,
  backoff: waits,
  deadlines,
  retries,
  source,
}: Needs): Machine<State, Input, Output> => {
  const cell = lookupIn<Lookup<On<State, Input>, State['_tag'], Input['_tag']>>(table(config, waits))
  const after = (key: string, time$: Observable<unknown>, input: Input): Activity<Input> => ({
    key,
    run: time$.pipe(map(() => input)),
  })
  const asked = (ask: number, reason: Reason): Activity<Input> => ({ key: `source#${ask}`, run: source(ask, reason) })
  return {
    initial: { _tag: 'None', ask: 0 },
    step: (state, input, at) => cell(state._tag, input._tag)(state, input, at),
    activities: (state) => {
      switch (state._tag) {
        case 'None':
          return []
        case 'Asking':
        case 'Renewing':
          return [
            asked(state.ask, state.reason),
            after(`overdue#${state.ask}`, deadlines.elapsed(config.deadlineMs), { _tag: 'Overdue' }),
          ]
        case 'Held':
          return [asked(state.ask, 'first'), ...renewal(state)]
        case 'Pausing':
          return [
            asked(state.ask, state.reason),
            after(`pause#${state.ask}`, retries.permitted(deadlines.reached(state.until)), { _tag: 'PauseOver' }),
          ]
        case 'Refused':
          return state.because === signedOut ? [asked(state.ask, 'first')] : []
      }
    },
  }

  function renewal({ token, renewAt }: Tagged<State, 'Held'>): readonly Activity<Input>[] {
    return renewAt === Infinity
      ? []
      : [after(`renew#${token}@${renewAt}`, deadlines.reached(renewAt), { _tag: 'RenewalDue' })]
  }
}
