import * as E from '#fp/Either'
import { catchError, defer, EMPTY, filter, map, merge, mergeMap, type Observable, of, switchMap, take } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { thrownText } from '../../core/guard.js'
import type { Context } from '../context.js'
import { type Asked, engineAnswer, inTurn, reached } from './asked.js'
import type { CallKey, CallLedger, CallState } from './ledger.js'
import { type Outcome, outcomeIn, outcomeText, refused } from './outcome.js'
import type { RefusalCode } from '../refusal.js'

/** The memory of commands, with the lease of this server. */
export interface Commands {
  readonly context: Context
  readonly ledger: CallLedger
  /** Emits the name of the lease once it is in force, or the reason why it is not. */
  readonly lease$: Observable<Either<string, string>>
}

/** A command of a client. */
export interface Command {
  /** Runs the command. */
  readonly run$: Observable<Outcome>
  /** Emits once the client gives it up, also to later subscribers. */
  readonly cancelled$: Observable<unknown>
  /** A newer link has replaced that of the client. */
  readonly isFenced: () => boolean
}

const keyOf = ({ frame: { id }, holder }: Asked): CallKey => ({ user: holder, id })

/** True where this memory would know an earlier claim of the command. */
const isRemembered = ({ frame }: Asked, { name }: CallLedger): boolean =>
  frame.again !== true || frame.commands === name

/** The refusal where the memory cannot be asked: it may have run before. */
const unavailable = ({ frame }: Asked): Outcome => refused('call/unavailable', frame.again ? { kind: 'unknown' } : {})

/** Notes the outcome of a claimed command, then emits it. */
const settled = ({ context, ledger }: Commands, asked: Asked, outcome: Outcome): Observable<Outcome> =>
  engineAnswer(context, asked.payer, () => ledger.settle(keyOf(asked), outcomeText(asked.frame, outcome))).pipe(
    map((noted) => {
      if (E.isLeft(noted)) context.fault({ where: 'engine', message: noted.left, user: asked.caller.user })
      return outcome
    }),
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

/** Runs a claimed command, and notes its outcome. */
const claimed = (commands: Commands, asked: Asked, { run$, cancelled$ }: Command): Observable<Outcome> => {
  let hasBegun = false
  const given$ = cancelled$.pipe(map(() => refused(hasBegun ? 'call/unknown' : 'call/cancelled')))
  const begun$ = defer(() => {
    if (commands.context.now() >= asked.until) return of(refused('call/late'))
    hasBegun = true
    return run$
  })
  return merge(given$, begun$).pipe(
    take(1),
    switchMap((outcome) => settled(commands, asked, outcome)),
  )
}

/** Runs a command at most once: emits its outcome, whichever server has run it. */
export const command = (commands: Commands, asked: Asked, how: Command): Observable<Outcome> => {
  const { context, ledger, lease$ } = commands
  const down = (message: string): void => {
    context.fault({ where: 'engine', message, user: asked.caller.user })
  }
  /** The claim may have been made, although the answer is lost: nobody is going to run it. */
  const unclaimed = (message: string): Observable<Outcome> => {
    down(message)
    return settled(commands, asked, refused('call/unknown')).pipe(map(() => unavailable(asked)))
  }
  return lease$.pipe(
    switchMap((lease) => {
      if (E.isLeft(lease)) {
        down(lease.left)
        return of(unavailable(asked))
      }
      if (how.isFenced()) return EMPTY
      return engineAnswer(context, asked.payer, () => ledger.claim({ ...keyOf(asked), lease: lease.right })).pipe(
        switchMap((state) => {
          if (E.isLeft(state)) return unclaimed(state.left)
          if (state.right._tag !== 'First') return stated(commands, asked, state.right)
          return isRemembered(asked, ledger)
            ? claimed(commands, asked, how)
            : settled(commands, asked, refused('call/unknown'))
        }),
      )
    }),
  )
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
