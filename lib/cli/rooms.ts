import { concatMap, defer, EMPTY, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Where } from '../protocol/listed-room.js'
import { directory } from '../features/directory/index.js'
import { connect } from './connect.js'
import { done, exit, type Exit } from './exit.js'
import { directoryPrinter, roomJson, roomLine } from './format-rooms.js'
import type { Io } from './io.js'
import { refused } from './refused.js'
import { running } from './running.js'
import { clientToken } from './token.js'

export interface RoomsOptions {
  readonly prefix?: string
  readonly where?: Where
  readonly limit?: number
  readonly json?: boolean
  readonly once?: boolean
  readonly tokenFile?: string
  readonly wait?: boolean
  readonly quiet?: boolean
}

/**
 * Prints the listed rooms, and then each change, until a signal arrives; with `once` only those that are there. After every
 * loss of the server it reconnects and prints the difference.
 */
export const rooms = (url: string, options: RoomsOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const token = clientToken(options.tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    const { wait = false, quiet = false, once = false, json = false, prefix, where, limit } = options
    const connected = connect({ url, token: token.right, wait, tell: quiet ? 'nothing' : 'all' }, io.notes)
    const print = directoryPrinter(json ? roomJson : roomLine)
    const ends$ = connected.client
      .with(directory)
      .rooms$({ prefix, where, limit })
      .pipe(
        concatMap((result): Observable<Exit> => {
          if (E.isLeft(result)) return refused(result.left, quiet, io)
          for (const line of print(result.right)) io.out.line(line)
          return once ? of(done) : EMPTY
        }),
      )
    return running(connected, io, ends$)
  })
