import { concatMap, defer, EMPTY, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import { anything } from '../contract/contract.js'
import { presenceOf, type Roster } from '../features/presence/index.js'
import { connect } from './connect.js'
import { done, exit, type Exit } from './exit.js'
import { changesJson, changesLines } from './format-members.js'
import type { Io } from './io.js'
import { refused } from './refused.js'
import { running } from './running.js'
import { clientToken } from './token.js'

export interface MembersOptions {
  readonly json?: boolean
  readonly once?: boolean
  readonly tokenFile?: string
  readonly wait?: boolean
  readonly quiet?: boolean
}

/**
 * Prints the members of a room, and then each change, until a signal arrives; with `once` only those who are there. Is not
 * seen by others. After every loss of the server it reconnects and prints the difference.
 */
export const members = (url: string, name: string, options: MembersOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const token = clientToken(options.tokenFile, io.environment)
    if (E.isLeft(token)) return of(exit('usage', token.left))
    const { wait = false, quiet = false, once = false, json = false } = options
    const connected = connect({ url, token: token.right, wait, tell: quiet ? 'nothing' : 'all' }, io.notes)
    const room = connected.client.room(name, anything).with(presenceOf({ isHidden: true }))
    const print = printer(name, json ? changesJson : changesLines)
    const ends$ = room.members$.pipe(
      concatMap((result): Observable<Exit> => {
        if (E.isLeft(result)) return refused(result.left, quiet, io)
        for (const line of print(result.right)) io.out.line(line)
        const isAll = 'members' in result.right ? result.right.isComplete : result.right.counts !== undefined
        return once && isAll ? of(done) : EMPTY
      }),
    )
    return running(connected, io, ends$)
  })

/** Formats the first roster as a whole, and then the changes. A roster of several pages is printed when it is complete. */
const printer = (room: string, format: (room: string, roster: Roster, isFirst: boolean) => readonly string[]) => {
  let view: Roster['view'] | undefined
  return (roster: Roster): readonly string[] => {
    if ('members' in roster && !roster.isComplete) return []
    const isFirst = view !== roster.view
    view = roster.view
    return format(room, roster, isFirst)
  }
}
