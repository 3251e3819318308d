import * as E from '#fp/Either'
import { map, merge, type Observable, Subscription, take } from 'rxjs'
import type { CallFrame, Refusal } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { MembershipEnd } from '../tables/member-row.js'
import { type Allowed, type Asked, inTurn, reached } from './asked.js'
import { body } from './body.js'
import { type Outcome, refused } from './outcome.js'
import { answer, type CallPlace } from './place.js'

/** A call that runs on this server. */
export interface Running {
  readonly asked: Asked
  readonly begin: () => void
  /** Goes on with another link, which gets the answer. */
  readonly attach: (place: CallPlace, frame: CallFrame) => void
  /** The link has ended. */
  readonly lose: (how: MembershipEnd) => void
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
export const run = (context: Context, asked: Allowed): Observable<Outcome> => {
  const { handled, input, caller, frame, payer } = asked
  const answered = body(handled, input, caller).pipe(
    inTurn(context, payer),
    map((said): Outcome => {
      if (E.isLeft(said)) return failed(context, asked, said.left)
      const { data } = said.right
      const withData = data === undefined ? {} : { data }
      return said.right._tag === 'Value'
        ? { t: 'reply', n: 1, is: 'last', ...withData }
        : { t: 'reply', n: 1, is: 'error', error: said.right.error, ...withData }
    }),
  )
  const late = reached(context, asked.until).pipe(
    map(() => refused('call/late', frame.kind === 'command' ? unknown : {})),
  )
  return merge(late, answered).pipe(take(1))
}

/** The ways in which a call ends without its answer. */
export interface RunningNeeds {
  readonly asked: Asked
  readonly place: CallPlace
  /** Makes the outcome. `isFenced`: a newer link speaks for the client, which has not repeated the call. */
  readonly outcome: (isFenced: () => boolean) => Observable<Outcome>
  /** The call is over. */
  readonly ended: () => void
  /** Ends a command that goes on without a client. Absent: the call ends with its client. */
  readonly cancelled?: () => void
}

/** Runs a query or a command: a query ends with its link, a command goes on to its outcome. */
export const runningCall = ({ asked, place: first, outcome, ended, cancelled }: RunningNeeds): Running => {
  const subscription = new Subscription()
  let place: CallPlace | undefined = first
  let latest = first

  const release = (): CallPlace | undefined => {
    const before = place
    place = undefined
    before?.left()
    return before
  }
  const over = (): void => {
    subscription.unsubscribe()
    ended()
  }
  const close = (): void => {
    release()
    over()
  }
  return {
    asked,
    begin: () => {
      subscription.add(
        outcome(() => latest.session.connection.isFenced).subscribe({
          next: (said) => {
            const to = release()
            over()
            if (to) answer(to, said)
          },
          complete: close,
        }),
      )
    },
    attach: (next) => {
      release()
      place = latest = next
    },
    lose: () => {
      if (cancelled) release()
      else close()
    },
    cancel: () => {
      if (cancelled) {
        release()
        cancelled()
      } else close()
    },
    close,
  }
}
