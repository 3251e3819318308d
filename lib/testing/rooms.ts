import { callersOf } from './failure.js'
import { run } from './run.js'
import type { RunHelpers, RunOptions } from './run-helpers.js'

/** Runs tests in virtual time. */
export interface RoomsTests {
  /**
   * Runs a test at once, with a server, its network and any number of clients; a week takes some milliseconds.
   *
   * ```ts
   * rooms.run(({ client, server, at, expectTimeline }) => {
   *   const texts$ = client().room('lobby', Chat).on('message').pipe(map(E.map(({ data }) => data.text)))
   *   at(5_000, () => server.drop())
   *   server.member('ana').at(5_500).join('lobby').say('message', { text: 'missed' })
   *   expectTimeline(texts$).toBe([[6_132, E.right('missed')]])
   * })
   * ```
   *
   * Returns the result of the test. Throws the first failure, with a transcript of both sides, and throws if a timer, a
   * subscription or a socket is left at the end. In the test rxjs' own schedulers are virtual too, as in
   * `TestScheduler.run`.
   */
  readonly run: <T>(test: (helpers: RunHelpers) => T) => T
  /** Returns the same with other options; earlier options stay unless these replace them. */
  readonly with: (options: RunOptions) => RoomsTests
}

const roomsWith = (options: RunOptions): RoomsTests => ({
  run: function called(test) {
    return run(options, test, callersOf(called))
  },
  with: (more) => roomsWith({ ...options, ...more }),
})

/** Runs tests in virtual time, each with a server, its network and any number of clients. */
export const rooms: RoomsTests = /*#__PURE__*/ roomsWith({})
