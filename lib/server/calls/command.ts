import * as E from '#fp/Either'
import {
  catchError,
  defer,
  filter,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  type Subscriber,
  Subscription,
  switchMap,
  take,
} from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { thrownText } from '../../core/guard.js'
import type { Context } from '../context.js'
import { type Asked, engineAnswer, inTurn, reached } from './asked.js'
import type { CallLease } from './call-lease.js'
import type { CallKey, CallLedger, CallState } from './ledger.js'
import { type Outcome, outcomeIn, outcomeText, refused } from './outcome.js'
import type { RefusalCode } from '../refusal.js'

/** The memory of commands, with the lease of this server. */
export interface Commands {
  readonly context: Context
  readonly ledger: CallLedger
  readonly lease: CallLease
}

const keyOf = ({ frame: { id }, holder }: Asked): CallKey => ({ user: holder, id })

/** True where this memory would know an earlier claim of the command. */
const isRemembered = ({ frame }: Asked, { name }: CallLedger): boolean =>
  frame.again !== true || frame.commands === name

/** The refusal where the memory cannot be asked: it may have run before. */
const unavailable = ({ frame }: Asked): Outcome => refused('call/unavailable', frame.again ? { kind: 'unknown' } : {})

/** Notes the outcome of a claimed command, then emits what its client gets. */
const settled = (
  { context, ledger }: Commands,
  asked: Asked,
  outcome: Outcome,
  told: Outcome = outcome,
): Observable<Outcome> =>
  new Observable((to) =>
    context.engine(
      () => ledger.settle(keyOf(asked), outcomeText(asked.frame, outcome)),
      (noted) => {
        if (E.isLeft(noted)) context.fault({ where: 'engine', message: noted.left, user: asked.caller.user })
        to.next(told)
        to.complete()
      },
      asked.payer,
    ),
  )

/** Emits the outcome of a command that runs elsewhere. */
const watched = (commands: Commands, asked: Asked): Observable<Outcome> => {
  const { context, ledger } = commands
  const down = (message: string): Outcome => {
    context.fault({ where: 'engine', message, user: asked.caller.user })
    return refused('call/unavailable', { kind: 'unknown' })
  }
  const found = defer(() => ledger.watch(keyOf(asked))).pipe(
    filter((state) => E.isLeft(state) || state.right._tag !== 'Running'),
    catchError((thrown: unknown) => of(E.left({ message: thrownText(thrown) }))),
    take(1),
    inTurn(context, asked.payer),
    mergeMap((state) => (E.isLeft(state) ? of(down(state.left.message)) : stated(commands, asked, state.right))),
  )
  const late = reached(context, asked.until).pipe(map(() => refused('call/late', { kind: 'unknown' })))
  return merge(late, found).pipe(take(1))
}

/** Emits the outcome of a command that this server does not run. */
const stated = (commands: Commands, asked: Asked, state: CallState): Observable<Outcome> => {
  const refuse = (code: RefusalCode): Observable<Outcome> => of(refused(code))
  switch (state._tag) {
    case 'Done':
      return state.outcome === undefined ? refuse('call/forgotten') : of(outcomeIn(asked.frame, state.outcome))
    case 'Cancelled':
      return refuse(isRemembered(asked, commands.ledger) ? 'call/cancelled' : 'call/unknown')
    case 'Full':
      return asked.frame.again ? refuse('call/unknown') : refuse('call/rate')
    case 'Running':
      return watched(commands, asked)
    case 'Lost':
    case 'First':
    case 'Unclaimed':
      return refuse('call/unknown')
  }
}

/** A command of a client. */
export interface Command {
  /** Runs it at most once: emits its outcome, whichever server has run it. `isFenced`: a newer link has replaced that of the client. */
  readonly outcome: (isFenced: () => boolean) => Observable<Outcome>
  /** The client gives it up. */
  readonly cancel: () => void
}

/** `run$` runs the handler. */
export const command = (commands: Commands, asked: Asked, run$: Observable<Outcome>): Command =>
  new ClientCommand(commands, asked, run$)

/**
 * The way of a command. `Unclaimed`: the engine has not answered the claim. `GivenUp`: cancelled before that. `Running`: its
 * handler runs. `Settling`: its outcome is noted.
 */
type Stage =
  | { readonly _tag: 'Unclaimed' | 'GivenUp' | 'Settling' }
  | { readonly _tag: 'Running'; readonly settle: (outcome: Outcome) => void }

/** A class, because each command has one. A step calls the next one: as operators they took twice as long. */
class ClientCommand implements Command {
  readonly #commands: Commands
  readonly #asked: Asked
  readonly #run$: Observable<Outcome>
  #stage: Stage = { _tag: 'Unclaimed' }

  constructor(commands: Commands, asked: Asked, run$: Observable<Outcome>) {
    this.#commands = commands
    this.#asked = asked
    this.#run$ = run$
  }

  outcome(isFenced: () => boolean): Observable<Outcome> {
    return new Observable((to) => {
      const claim = (lease: string): void => {
        if (isFenced()) to.complete()
        else this.#claim(lease, to)
      }
      const { name, held$ } = this.#commands.lease
      const lease = name()
      if (lease !== undefined) claim(lease)
      else
        to.add(
          held$.subscribe({
            next: (held) => {
              if (E.isRight(held)) claim(held.right)
              else {
                this.#report(held.left)
                to.next(unavailable(this.#asked))
                to.complete()
              }
            },
            error: (thrown: unknown) => {
              to.error(thrown)
            },
          }),
        )
    })
  }

  cancel(): void {
    if (this.#stage._tag === 'Unclaimed') this.#stage = { _tag: 'GivenUp' }
    else if (this.#stage._tag === 'Running') this.#stage.settle(refused('call/unknown'))
  }

  #claim(lease: string, to: Subscriber<Outcome>): void {
    const { context, ledger } = this.#commands
    const asked = this.#asked
    const claimed = (state: Either<string, CallState>): void => {
      if (E.isLeft(state)) {
        this.#report(state.left)
        // The claim may have been made, although the answer is lost: nobody is going to run it.
        settled(this.#commands, asked, refused('call/unknown'), unavailable(asked)).subscribe(to)
      } else if (state.right._tag !== 'First') stated(this.#commands, asked, state.right).subscribe(to)
      else if (isRemembered(asked, ledger)) this.#run(to)
      else this.#settle(refused('call/unknown'), to)
    }
    to.add(context.engine(() => ledger.claim({ ...keyOf(asked), lease }), claimed, asked.payer))
  }

  #run(to: Subscriber<Outcome>): void {
    if (this.#stage._tag === 'GivenUp') this.#settle(refused('call/cancelled'), to)
    else if (this.#commands.context.now() >= this.#asked.until) this.#settle(refused('call/late'), to)
    else {
      const handler = new Subscription()
      const settle = (outcome: Outcome): void => {
        handler.unsubscribe()
        this.#settle(outcome, to)
      }
      this.#stage = { _tag: 'Running', settle }
      to.add(handler)
      handler.add(
        this.#run$.subscribe({
          next: settle,
          error: (thrown: unknown) => {
            to.error(thrown)
          },
        }),
      )
    }
  }

  #settle(outcome: Outcome, to: Subscriber<Outcome>): void {
    this.#stage = { _tag: 'Settling' }
    settled(this.#commands, this.#asked, outcome).subscribe(to)
  }

  #report(message: string): void {
    this.#commands.context.fault({ where: 'engine', message, user: this.#asked.caller.user })
  }
}

/** Forbids a repetition that is refused for good: emits the refusal, or the outcome if the command has run before. */
export const forbidden = (commands: Commands, asked: Asked, because: Outcome): Observable<Outcome> =>
  engineAnswer(commands.context, asked.payer, () => commands.ledger.cancel(keyOf(asked))).pipe(
    switchMap((state) => {
      if (E.isLeft(state)) {
        commands.context.fault({ where: 'engine', message: state.left, user: asked.caller.user })
        return of(unavailable(asked))
      }
      return state.right._tag === 'Cancelled' && isRemembered(asked, commands.ledger)
        ? of(because)
        : stated(commands, asked, state.right)
    }),
  )
