import type { Observable, ObservedValueOf } from 'rxjs'
import type { RunHelpers as MarbleHelpers } from 'rxjs/testing'
import type { Client } from '../client/client.js'
import type { MemoryNetwork } from '../transport/memory.js'
import type { FakeClientOptions, FakeServer, FakeServerOptions } from './fake-server.js'
import type { Mark } from './mark.js'
import type { Projection, Timeline, TimelineExpectation } from './timeline.js'
import type { VirtualTime } from './virtual.js'

/** What `rooms.with` can be told: everything that the server can, and the following. */
export interface RunOptions extends FakeServerOptions {
  /** When the run ends, in ms. Default: a minute after the last moment that the test names, not before the last that it expects. */
  readonly untilMs?: number | undefined
  /** Whether the run fails when something is left at its end: a timer, a subscription, a socket. Default true. */
  readonly checkLeaks?: boolean | undefined
}

/** What is expected of one stream. */
export interface ExpectOptions {
  /** Until then, exclusively, is recorded, and then is unsubscribed. In ms. Default: the end of the run. */
  readonly untilMs?: number | undefined
}

/** What a run gives to its test. Time stands still while the test plans, and passes when it has returned. */
export interface RunHelpers extends Pick<MarbleHelpers, 'cold' | 'hot' | 'expectObservable' | 'expectSubscriptions'> {
  /** The virtual time of everything; `time.advanceBy(1_000)` lets it pass within the test. */
  readonly time: VirtualTime
  readonly server: FakeServer
  readonly network: MemoryNetwork
  /** Makes a client of the server; `client({ as: 'ana' })` signs in. */
  readonly client: (options?: FakeClientOptions) => Client
  /**
   * Does something at a moment, in ms from the beginning, or at each mark of a diagram from now on:
   * `at(5_000, () => server.drop())`, `at('5s x 1m y', (mark) => …)`.
   */
  readonly at: {
    (ms: number, act: () => void): void
    (marbles: string, act: (mark: string) => void): void
  }
  /**
   * What a stream, or a timeline or records of one, is to be: `.toBe([[0, 'a'], [0, 'b'], [12, completed]])`. A stream is
   * subscribed to now, any number of values in one millisecond is told apart, and it is always unsubscribed.
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
    <V>(records: Timeline<V> | readonly Mark<V>[]): TimelineExpectation<V>
  }
  /** The states of a client, or of any stream of states, by their tags: `.toBe([[0, 'Idle'], [0, 'Authorizing']])`. */
  readonly expectStates: <S extends { readonly _tag: string } = StateOf<Client>>(
    of: Client | Observable<S>,
    options?: ExpectOptions,
  ) => TimelineExpectation<S['_tag']>
  /** Fails, at the end of this moment, if a client that is closed still holds a timer, a socket or a subscription. */
  readonly expectNoLeaks: () => void
  /** Runs what is planned and the minute after, and checks what is expected so far. The test goes on from there. */
  readonly flush: () => void
}

type StateOf<C extends Client> = ObservedValueOf<C['state$']>
