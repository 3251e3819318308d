import * as E from '#fp/Either'
import { Observable, Subscription } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { thrownText } from '../../core/guard.js'
import type { Refusal } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Publisher } from '../publisher.js'
import type { MembershipEnd } from '../tables/member-row.js'
import type { Allowed, Asked } from './asked.js'
import { body, type Body, replyOf } from './body.js'
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
export const run = (context: Context, publisher: Publisher, asked: Allowed): Observable<Outcome> =>
  new Observable((to) => {
    const { handled, input, caller, frame, payer, until } = asked
    const end = (outcome: Outcome): void => {
      to.next(outcome)
      to.complete()
    }
    const take = (said: Either<string, Body>): void => {
      if (to.closed) return
      context.bill(payer.owner())
      const outcome = E.isLeft(said) ? failed(context, asked, said.left) : replyOf(1, 'last', said.right)
      // The publishes of the handler come first.
      if (frame.seen)
        context.box.enter(() => {
          if (!to.closed) positioned(context, publisher, asked, outcome).subscribe(to)
        })
      else end(outcome)
    }
    const answered = (said: Either<string, Body>): void => {
      if (context.box.busy()) take(said)
      else
        context.gather(() => {
          take(said)
        })
    }
    to.add(body(handled, () => handled.run(input, caller), answered))
    if (!to.closed)
      to.add(
        context.time.at(until, () => {
          end(refused('call/late', frame.kind === 'command' ? unknown : {}))
        }).cancel,
      )
  })

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
export const runningCall = (needs: RunningNeeds): Running => new RunningCall(needs)

/** A class, because each call has one: its instances share their methods. */
class RunningCall implements Running, Held {
  readonly asked: Asked
  readonly #needs: RunningNeeds
  readonly #running = new Subscription()
  #places: readonly CallPlace[] = []
  #latest: CallPlace | undefined

  constructor(needs: RunningNeeds) {
    this.asked = needs.asked
    this.#needs = needs
  }

  attach(place: CallPlace): void {
    this.#latest = place
    this.#places = [...this.#places, place]
    place.hold(this)
  }

  begin(): void {
    const { outcome, context } = this.#needs
    const isFenced = (): boolean => this.#latest?.isFenced() ?? false
    this.#running.add(
      outcome(isFenced).subscribe({
        next: (said) => {
          this.#over()
          this.#answer(said)
        },
        error: (thrown: unknown) => {
          context.fault({ where: 'defect', message: thrownText(thrown) })
          this.close()
        },
        complete: () => {
          this.close()
        },
      }),
    )
  }

  cancel(): void {
    const { cancelled } = this.#needs
    // One of several clients has given it up for all of them. A single one expects no answer.
    this.#answer(this.#places.length > 1 ? refused(cancelled ? 'call/unknown' : 'call/cancelled') : undefined)
    if (cancelled) cancelled()
    else this.#over()
  }

  close(): void {
    this.#answer(undefined)
    this.#over()
  }

  lose(_: MembershipEnd, lost: CallPlace): void {
    this.#places = this.#places.filter((place) => place !== lost)
    if (this.#places.length === 0 && !this.#needs.cancelled) this.close()
  }

  // It has nothing to write before its answer.
  credit(): void {}

  recheck(): void {}

  hasWork(): boolean {
    return false
  }

  step(): boolean {
    return false
  }

  #answer(said: Outcome | undefined): void {
    const all = this.#places
    this.#places = []
    for (const place of all) {
      place.left()
      if (said) place.answer(said)
    }
  }

  #over(): void {
    this.#running.unsubscribe()
    this.#needs.ended()
  }
}
