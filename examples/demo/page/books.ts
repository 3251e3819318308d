import {
  buffer,
  debounceTime,
  EMPTY,
  filter,
  map,
  mergeMap,
  type Observable,
  of,
  pairwise,
  scan,
  startWith,
} from 'rxjs'
import type { Gap, Message, Result } from '../../../lib/index.js'
import { figures, lobby } from '../contract.js'
import { type Account, accountant, blankAccount } from './ledger.js'

/** The account of each room, by name. */
export type Books = ReadonlyMap<string, Account>

/** What the stream of a room has shown. */
export interface Heard {
  readonly room: string
  readonly result: Result<Message<unknown>>
}

const blankBooks: Books = new Map([lobby, ...figures].map((name) => [name, blankAccount]))

/** The accounts of all rooms, after each thing that their streams show. */
export const booksOf = (heard$: Observable<Heard>): Observable<Books> => {
  const accountants = new Map<string, ReturnType<typeof accountant>>()
  const accountantOf = (room: string) => {
    const known = accountants.get(room) ?? accountant()
    accountants.set(room, known)
    return known
  }
  return heard$.pipe(
    scan((books: Books, { room, result }) => new Map(books).set(room, accountantOf(room)(result)), blankBooks),
    startWith(blankBooks),
  )
}

/** What is told to be missing, in any room; what is told at once comes together. */
export const gapsOf = (heard$: Observable<Heard>): Observable<readonly Gap[]> => {
  const gaps$ = heard$.pipe(
    mergeMap(({ result }) =>
      result._tag === 'Left' && result.left._tag === 'RoomError' && result.left.gap ? of(result.left.gap) : EMPTY,
    ),
  )
  return gaps$.pipe(buffer(gaps$.pipe(debounceTime(300))))
}

/** What came after an outage, once it has all come. */
export const caughtUpIn = (books$: Observable<Books>) =>
  books$.pipe(
    debounceTime(300),
    startWith(blankBooks),
    pairwise(),
    map(([before, after]) =>
      [...after].map(([name, { caughtUp }]) => caughtUp - (before.get(name)?.caughtUp ?? 0)).filter((more) => more > 0),
    ),
    filter((more) => more.length > 0),
    map((more) => ({ rooms: more.length, count: more.reduce((all, each) => all + each, 0) })),
  )
