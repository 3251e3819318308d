import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { SessionRecord } from '../session-record.js'

/**
 * Finds out if a room exists for a session: somebody has created it, or has published in it. `Left` where the engine does
 * not say.
 */
export const roomExists = (
  { shared: { context, lives }, meter }: Pick<SessionRecord, 'shared' | 'meter'>,
  room: string,
  then: (exists: Either<string, boolean>) => void,
): void => {
  const findLog = (): void => {
    context.engine(
      () => context.settings.logs.head(room),
      (head) => {
        then(E.isLeft(head) ? head : E.right(head.right !== undefined))
      },
      meter,
    )
  }
  if (!lives) findLog()
  else
    lives.read(room, (life) => {
      if (life?.record) then(E.right(true))
      else if (life) findLog()
      else then(E.left('the table of the room cannot be read'))
    })
}
