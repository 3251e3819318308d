import * as E from '#fp/Either'
import { map, merge, mergeMap, type Observable, Subscription, take } from 'rxjs'
import { thrownText } from '../../core/guard.js'
import type { Refusal } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Publisher } from '../publisher.js'
import { type Allowed, type Asked, inTurn, reached } from './asked.js'
import { body, replyOf } from './body.js'
import { type Outcome, refused } from './outcome.js'
import type { CallPlace, Held } from './place.js'
import { positioned } from './positioned.js'

/** A call that runs on this server. */
export interface Running {
  readonly asked: Asked
  /** A link waits for the answer. */
  readonly attach: (place: CallPlace) => void
  readonly begin: () => void
  /** The life of its room has changed. */
  readonly recheck?: () => void
  /** The client gives it up. */
  readonly cancel: () => void
  /** Ends the call without an answer to the client. */
  readonly close: () => void
}

/** Reports a call that the application failed, and returns its refusal. */
export const failed = ({ fault }: Context, { frame, caller }: Asked, because: string): Outcome => {
  const { id, name, kind, room } = frame
  fault({
    where: 'call',
    message: `${name}: ${because}`,
    user: caller.user,
    id,
    ...(room !== undefined && { room }),
  })
  return refused('call/failed', kind === 'command' ? unknown : {})
}

/** A command that is refused after it has begun may have run. */
const unknown: Partial<Refusal> = { kind: 'unknown' }

/** Runs the handler of a call with one answer, until its deadline. */
export const run = (context: Context, publisher: Publisher, asked: Allowed): Observable<Outcome> => {
  const { handled, input, caller, frame, payer } = asked
  const answered = body(handled, () => handled.run(input, caller)).pipe(
    inTurn(context, payer),
    map((said): Outcome => {
      return E.isLeft(said) ? failed(context, asked, said.left) : replyOf(1, 'last', said.right)
    }),
    mergeMap((said) => positioned(context, publisher, asked, said)),
  )
  const late = reached(context, asked.until).pipe(
    map(() => refused('call/late', frame.kind === 'command' ? unknown : {})),
  )
  return merge(late, answered).pipe(take(1))
}

export interface RunningNeeds {
  readonly context: Context
  readonly asked: Asked
  /** Makes the outcome. `isFenced`: a newer link speaks for the client, and the call did not come again. */
  readonly outcome: (isFenced: () => boolean) => Observable<Outcome>
  /** The call is over. */
  readonly ended: () => void
  /** Ends a command that goes on without a client. Absent: the call ends with its last client. */
  readonly cancelled?: () => void
}

/** Runs a query or a command: a query ends with its links, a command goes on to its outcome. Answers each link that waits. */
export const runningCall = ({ context, asked, outcome, ended, cancelled }: RunningNeeds): Running => {
  const subscription = new Subscription()
  const places = new Set<CallPlace>()
  let latest: CallPlace | undefined

  const answer = (said: Outcome | undefined): void => {
    const all = [...places]
    places.clear()
    for (const place of all) {
      place.left()
      if (said) place.answer(said)
    }
  }
  const over = (): void => {
    subscription.unsubscribe()
    ended()
  }
  const close = (): void => {
    answer(undefined)
    over()
  }
  const isFenced = (): boolean => latest?.isFenced() ?? false
  return {
    asked,
    attach: (place) => {
      latest = place
      places.add(place)
      place.hold({
        ...idle,
        lose: () => {
          places.delete(place)
          if (places.size === 0 && !cancelled) close()
        },
      })
    },
    begin: () => {
      subscription.add(
        outcome(isFenced).subscribe({
          next: (said) => {
            over()
            answer(said)
          },
          error: (thrown: unknown) => {
            context.fault({ where: 'defect', message: thrownText(thrown) })
            close()
          },
          complete: close,
        }),
      )
    },
    cancel: () => {
      // One of several clients has given it up for all of them. A single one expects no answer.
      answer(places.size > 1 ? refused(cancelled ? 'call/unknown' : 'call/cancelled') : undefined)
      if (cancelled) cancelled()
      else over()
    },
    close,
  }
}

/** A call with one answer has nothing to write before it. */
const idle: Omit<Held, 'lose'> = {
  credit: () => undefined,
  recheck: () => undefined,
  hasWork: () => false,
  step: () => false,
}
