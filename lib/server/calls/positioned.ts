import * as E from '#fp/Either'
import { map, type Observable, of } from 'rxjs'
import type { Context } from '../context.js'
import { type Asked, engineAnswer } from './asked.js'
import type { Outcome } from './outcome.js'

/** Adds the position of the room's log to an answer, if the client wants it: it is after every effect of the handler. */
export const positioned = (context: Context, { frame, payer }: Asked, outcome: Outcome): Observable<Outcome> => {
  const { room, seen } = frame
  if (!seen || room === undefined || outcome.t !== 'reply') return of(outcome)
  return engineAnswer(context, payer, () => context.settings.engine.head(room)).pipe(
    map((head) => {
      if (E.isLeft(head)) context.fault({ where: 'engine', message: head.left, room })
      const at = E.isRight(head) ? head.right : undefined
      return at ? { ...outcome, at: { epoch: at.epoch, offset: at.head } } : outcome
    }),
  )
}
