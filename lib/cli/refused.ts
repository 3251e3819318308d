import { EMPTY, type Observable, of } from 'rxjs'
import type { WebSocketError } from '../core/error.js'
import { exit, type Exit, inWords } from './exit.js'
import type { Io } from './io.js'

/** Ends the command for a refusal that is final; reports any other error. */
export const refused = (error: WebSocketError, quiet: boolean, { notes }: Io): Observable<Exit> => {
  if (error._tag === 'RoomError' && error.kind === 'terminal') return of(exit('refused', inWords(error)))
  if (!quiet) notes.warn(inWords(error))
  return EMPTY
}
