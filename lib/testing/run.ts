import { from, isObservable, type Observable } from 'rxjs'
import { guard } from '../core/guard.js'
import { expectations } from './expectations.js'
import { explain, failure, locate } from './failure.js'
import { fakeWith } from './fake.js'
import { marblesOf } from './marble.js'
import { MarbleScheduler } from './marbles.js'
import { moments, type Plan } from './moments.js'
import { isThenable } from './promises.js'
import type { RunHelpers, RunOptions } from './run-helpers.js'
import { transcript as transcriptOf } from './transcript.js'
import { virtualTime } from './virtual.js'

/** Time that a run continues after the last moment of its test, in ms: longer than any default timeout of a client. */
const restMs = 60_000

/** Time that closed clients have to release everything, in ms: longer than the server waits for a peer. */
const partingMs = 60_000

const several = (count: number, what: string, of: string): readonly string[] =>
  count > 0 ? [`${count} ${what}${count === 1 ? '' : 's'} ${of}`] : []

/** Throws an `Error` if a test returned a promise. */
const refusePromise = (result: unknown): void => {
  if (!isThenable(result)) return
  // Otherwise the runner would report its rejection under another test.
  from(result).subscribe({ error: () => undefined })
  throw new Error(
    'the test gave a promise: rooms.run takes a function that is not async. ' +
      'To await in a test, use fakeServer(virtualTime()) and time.advanceBy(ms).',
  )
}

/** Runs a test in virtual time. Throws a failure with a transcript and the line at `place`. */
export const run = <T>(
  { untilMs, checkLeaks = true, ...options }: RunOptions,
  work: (helpers: RunHelpers) => T,
  place: string,
): T => {
  const time = virtualTime()
  let latest = 0
  const name = (ms: number): void => {
    latest = Math.max(latest, ms)
  }
  let least = 0
  const reach = (ms: number): void => {
    least = Math.max(least, ms)
  }
  const plan: Plan = (ms, act) => {
    if (!(ms >= time.now())) throw new Error(`a test plans what is to come: it is ${time.now()} ms, not ${ms} ms`)
    scheduler.plan(ms, act)
  }
  const transcript = transcriptOf(time)
  const expected = expectations({ scheduler: time, transcript, plan, reach })
  const scheduler = new MarbleScheduler({
    time,
    name,
    advance: () => {
      name(time.now())
      const end = (): number => untilMs ?? Math.max(latest + restMs, least)
      while (time.now() < end()) time.advanceTo(end())
    },
    compare: (actual, wanted) => {
      expected.judge(marblesOf(actual), marblesOf(wanted))
    },
    sees: expected.sees,
  })
  const fake = fakeWith(time, options, { plan, transcript })
  const { server, clients } = fake

  const fail = (ms: number, leaks: readonly string[]): void => {
    if (leaks.length === 0) return
    throw failure([`left at ${ms} ms:`, ...leaks.map((leak) => `- ${leak}`)].join('\n'), transcript.show())
  }
  const flush = (): void => {
    scheduler.flush()
    expected.check()
  }
  /** Closes everything. Returns the leaks. */
  const end = (): readonly string[] => {
    scheduler.end()
    expected.end()
    fake.calm()
    clients.close()
    time.advanceBy(0)
    const leaks = [
      ...clients.leaks(),
      ...scheduler.leaks(),
      ...several(fake.ownSockets(), 'socket', 'of server.transport'),
    ]
    const known = clients.timers()
    fake.end()
    time.advanceBy(partingMs)
    return [...leaks, ...several(time.pending() - known, 'timer', 'that neither a client nor the server has set')]
  }
  const expectTimeline = (of: Observable<unknown> | never[], more = {}): unknown =>
    isObservable(of) ? expected.ofStream(of, more, true) : expected.ofRecords(of)

  const helpers: RunHelpers = {
    time,
    server,
    network: server.network,
    client: server.client,
    at: (when: number | string, act: (mark: string) => void) => {
      if (typeof when === 'number') plan(when, act as () => void)
      else for (const { ms, mark } of moments(when)) plan(time.now() + ms, () => act(mark))
    },
    cold: scheduler.createColdObservable.bind(scheduler),
    hot: scheduler.createHotObservable.bind(scheduler),
    expectObservable: scheduler.expectObservable.bind(scheduler),
    expectSubscriptions: scheduler.expectSubscriptions.bind(scheduler),
    expectTimeline: expectTimeline as RunHelpers['expectTimeline'],
    expectStates: (of, more = {}) => {
      const states$ = 'state$' in of ? (of.state$ as Observable<{ readonly _tag: string }>) : of
      return expected.ofStream(states$, { ...more, project: ({ _tag }) => _tag }, false)
    },
    expectNoLeaks: () => {
      const now = time.now()
      plan(now, () => {
        // By now the client has scheduled its remaining work of this moment.
        plan(now, () => {
          fail(now, clients.leaks())
        })
      })
    },
    flush,
  }

  const attempt = (): T => {
    const result = work(helpers)
    refusePromise(result)
    flush()
    expected.insist()
    const ms = time.now()
    const left = end()
    if (checkLeaks) fail(ms, left)
    return result
  }
  return scheduler.run(() => {
    try {
      return attempt()
    } catch (thrown) {
      explain(thrown, transcript.show)
      locate(thrown, place)
      guard(end)
      throw thrown
    }
  })
}
