import { callersOf } from './failure.js'
import { run } from './run.js'
import type { RunHelpers, RunOptions } from './run-helpers.js'

/** Tests in virtual time. */
export interface RoomsTests {
  /**
   * Runs a test at once: a server, its network, any number of clients, and a week in some milliseconds.
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
   * Throws what fails, with both sides' view of it, and what is left at the end; answers what the test answers. In it
   * rxjs' own schedulers are virtual too, as in `TestScheduler.run`.
   */
  readonly run: <T>(test: (helpers: RunHelpers) => T) => T
  /** The same with other options; those given before stay. */
  readonly with: (options: RunOptions) => RoomsTests
}

const roomsWith = (options: RunOptions): RoomsTests => ({
  run: function called(test) {
    return run(options, test, callersOf(called))
  },
  with: (more) => roomsWith({ ...options, ...more }),
})

/** Tests in virtual time: a server, its network and any number of clients in each run. */
export const rooms: RoomsTests = /*#__PURE__*/ roomsWith({})
