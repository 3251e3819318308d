import {
  buffer,
  debounceTime,
  EMPTY,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  pairwise,
  scan,
  share,
  startWith,
} from 'rxjs'
import type { Gap, Message, Result } from '../../../lib/index.js'
import { lefts } from '../../../lib/operators/index.js'
import { names, type RoomName } from '../contract.js'
import { type Account, accountant, blankAccount } from './ledger.js'

export type Books = Readonly<Record<RoomName, Account>>
export type Streams = Readonly<Record<RoomName, Observable<Result<Message<unknown>>>>>

const blank = Object.fromEntries(names.map((name) => [name, blankAccount])) as Books

/** The accounts of all rooms, after each thing that their streams show. */
export const booksOf = (streams: Streams): Observable<Books> =>
  merge(
    ...names.map((name) =>
      streams[name].pipe(
        map(accountant()),
        map((account) => ({ [name]: account })),
      ),
    ),
  ).pipe(
    scan((books, changed): Books => ({ ...books, ...changed }), blank),
    startWith(blank),
    share(),
  )

/** What is told to be missing, in any room; what is told at once comes together. */
export const gapsOf = (streams: Streams): Observable<readonly Gap[]> => {
  const gaps$ = merge(...names.map((name) => streams[name])).pipe(
    lefts(),
    mergeMap((left) => (left._tag === 'RoomError' && left.gap ? of(left.gap) : EMPTY)),
    share(),
  )
  return gaps$.pipe(buffer(gaps$.pipe(debounceTime(300))))
}

/** What came after an outage, once it has all come. */
export const caughtUpIn = (books$: Observable<Books>) =>
  books$.pipe(
    debounceTime(300),
    startWith(blank),
    pairwise(),
    map(([before, after]) =>
      names.map((name) => after[name].caughtUp - before[name].caughtUp).filter((more) => more > 0),
    ),
    filter((more) => more.length > 0),
    map((more) => ({ rooms: more.length, count: more.reduce((all, each) => all + each, 0) })),
  )
