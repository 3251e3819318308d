import * as t from 'io-ts'
import { defer, interval, map, type SchedulerLike, take, timer } from 'rxjs'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import { command, query, stream } from '../../lib/contract/call-type.js'
import { type Answers, answers } from '../../lib/server/calls/answers.js'
import type { Write } from '../history/write.js'

const text = { input: t.string, output: t.string }

/** What servers answer: the id of the call. */
export const Trade = contract({
  calls: {
    act: command(text),
    look: query(text),
    count: stream({ input: t.string, output: t.strict({ of: t.string, n: t.number }) }),
  },
})

/** What members answer, in the same way. */
export const Panel = contract({ calls: { order: command(text), poll: query(text) } })

/** The pause between two values of a stream, their number, and the time that a slow handler takes. */
export const [pauseMs, values, slowMs] = [100, 8, 1_500] as const

/** Writes down each command that runs. Some take long. */
export const trades = (
  write: Write,
  now: () => number,
  random: () => number,
  scheduler?: SchedulerLike,
): readonly [Answers] => [
  answers(Trade, {
    act: (id) =>
      defer(() => {
        write(['ran', now(), id])
        write.flush()
        return timer(random() < 0.2 ? slowMs * random() : 5, scheduler).pipe(map(() => E.right(id)))
      }),
    look: (id) => timer(200 * random(), scheduler).pipe(map(() => E.right(id))),
    count: (id) =>
      interval(pauseMs, scheduler).pipe(
        take(values),
        map((n) => E.right({ of: id, n: n + 1 })),
      ),
  }),
]
