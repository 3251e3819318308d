import { Observable } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { CallFrame } from '../../protocol/frame.js'
import type { Answer } from '../answer.js'
import type { Context } from '../context.js'
import type { Payer } from '../owner.js'
import type { UserAccount } from '../treasury.js'
import type { Caller, Handled } from './handled.js'

/** A call of a client. */
export interface Asked {
  readonly frame: CallFrame
  readonly caller: Caller
  /** The user for whom the id is unique: without authentication, the client itself. */
  readonly holder: string
  /** Pays for the turns of the answers. */
  readonly payer: Payer
  readonly account: UserAccount
  /** The time at which an answer, of a stream the first one, is late. */
  readonly until: number
}

/** A call that a client may make, with its checked input. */
export interface Allowed extends Asked {
  readonly handled: Handled
  readonly input: unknown
}

/** Emits at a time, in a turn. */
export const reached = ({ time }: Context, at: number): Observable<void> =>
  new Observable((to) => {
    const deadline = time.at(at, () => {
      to.next()
      to.complete()
    })
    return deadline.cancel
  })

/** Asks the engine: emits its answer in a turn that bills the payer. */
export const engineAnswer = <T>(
  { engine }: Context,
  payer: Payer,
  call: () => Answer<T>,
): Observable<Either<string, T>> =>
  new Observable((to) =>
    engine(
      call,
      (answer) => {
        to.next(answer)
        to.complete()
      },
      payer,
    ),
  )

/** Emits the only value of a source in a turn that bills the payer. */
export const inTurn =
  <T>({ box, bill }: Context, payer: Payer) =>
  (source: Observable<T>): Observable<T> =>
    new Observable((to) =>
      source.subscribe({
        next: (value) => {
          box.enter(() => {
            bill(payer.owner())
            to.next(value)
            to.complete()
          })
        },
        error: (thrown: unknown) => {
          to.error(thrown)
        },
      }),
    )
