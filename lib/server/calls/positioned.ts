import * as E from '#fp/Either'
import { map, Observable, of, switchMap } from 'rxjs'
import type { Context } from '../context.js'
import { type Asked, engineAnswer } from './asked.js'
import type { Publisher } from '../publisher.js'
import type { Outcome } from './outcome.js'

/** Adds the position of the room's log to an answer, if the client wants it: it is after every effect of the handler. */
export const positioned = (
  context: Context,
  publisher: Publisher,
  { frame, payer }: Asked,
  outcome: Outcome,
): Observable<Outcome> => {
  const { room, seen } = frame
  if (!seen || room === undefined || outcome.t !== 'reply') return of(outcome)
  /** The handler may not have waited for what it has published. */
  const published = new Observable<void>((to) => {
    publisher.after(room, () => {
      to.next()
      to.complete()
    })
  })
  return published.pipe(
    switchMap(() => engineAnswer(context, payer, () => context.settings.logs.head(room))),
    map((head) => {
      if (E.isLeft(head)) context.fault({ where: 'engine', message: head.left, room })
      const at = E.isRight(head) ? head.right : undefined
      return at ? { ...outcome, at: { epoch: at.epoch, offset: at.head } } : outcome
    }),
  )
}
