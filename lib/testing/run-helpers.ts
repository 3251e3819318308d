import type { Observable, ObservedValueOf } from 'rxjs'
import type { RunHelpers as MarbleHelpers } from 'rxjs/testing'
import type { Client } from '../client/client.js'
import type { MemoryNetwork } from '../transport/memory.js'
import type { FakeClientOptions, FakeServer, FakeServerOptions } from './fake-server.js'
import type { Marble } from './marble.js'
import type { Projection, Timeline, TimelineExpectation } from './timeline.js'
import type { VirtualTime } from './virtual.js'

/** Options for `rooms.with`: those of a fake server, and the following. */
export interface RunOptions extends FakeServerOptions {
  /** End of the run, in ms. Default: a minute after the last moment that the test names, at least the last that it expects. */
  readonly untilMs?: number | undefined
  /** Fails the run if a timer, a subscription or a socket is left at its end. Default true. */
  readonly checkLeaks?: boolean | undefined
}

/** Options for an expectation about one stream. */
export interface ExpectOptions {
  /** End of the recording, exclusive, in ms; the run unsubscribes then. Default: the end of the run. */
  readonly untilMs?: number | undefined
}

/** The helpers of a test. Time stands still while the test plans, and passes when it has returned. */
export interface RunHelpers extends Pick<MarbleHelpers, 'cold' | 'hot' | 'expectObservable' | 'expectSubscriptions'> {
  /** The virtual time of the whole run; `time.advanceBy(1_000)` advances it within the test. */
  readonly time: VirtualTime
  readonly server: FakeServer
  readonly network: MemoryNetwork
  /** Makes a client of the server; `client({ as: 'ana' })` signs in. */
  readonly client: (options?: FakeClientOptions) => Client
  /**
   * Calls a function at a moment, in ms from the beginning, or at each mark of a diagram from now on: `at(5_000, () =>
   * server.drop())`, `at('5s x 1m y', (mark) => …)`.
   */
  readonly at: {
    (ms: number, act: () => void): void
    (marbles: string, act: (mark: string) => void): void
  }
  /**
   * Makes an expectation about a stream, a timeline or records: `.toBe([[0, 'a'], [0, 'b'], [12, completed]])`. It
   * subscribes to a stream now, distinguishes any number of values in one millisecond, and always unsubscribes.
   */
  readonly expectTimeline: {
    <S extends Observable<unknown>>(
      source: S,
      options?: ExpectOptions & { readonly project?: never },
    ): TimelineExpectation<ObservedValueOf<S>>
    <S extends Observable<unknown>, V>(
      source: S,
      options: ExpectOptions & Projection<ObservedValueOf<S>, V>,
    ): TimelineExpectation<V>
    <V>(records: Timeline<V> | readonly Marble<V>[]): TimelineExpectation<V>
  }
  /** Expects the states of a client, or of any stream of states, by their tags: `.toBe([[0, 'Idle'], [0, 'Authorizing']])`. */
  readonly expectStates: <S extends { readonly _tag: string } = StateOf<Client>>(
    of: Client | Observable<S>,
    options?: ExpectOptions,
  ) => TimelineExpectation<S['_tag']>
  /** Fails, at the end of this moment, if a closed client still holds a timer, a socket or a subscription. */
  readonly expectNoLeaks: () => void
  /** Runs the planned actions and the minute after, and checks the expectations so far. The test continues from there. */
  readonly flush: () => void
}

type StateOf<C extends Client> = ObservedValueOf<C['state$']>
