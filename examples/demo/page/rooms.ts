import { distinctUntilChanged, filter, map, type Observable, of, startWith, switchMap, timer } from 'rxjs'
import type { ListedRoom } from '../../../lib/features/directory/index.js'
import { rights } from '../../../lib/operators/index.js'
import { lobby } from '../contract.js'
import { rooms$ } from './room.js'

/** The rooms of the server, the lobby before the others; while offline the last known ones. */
export const listed$: Observable<readonly ListedRoom[]> = rooms$.pipe(
  rights(),
  map(({ rooms }) => [...rooms].sort((one, other) => Number(other.name === lobby) - Number(one.name === lobby))),
)

/** A room of the list, while it is there. */
export const listing = (name: string): Observable<ListedRoom | undefined> =>
  listed$.pipe(map((rooms) => rooms.find((room) => room.name === name)))

/** The words that a room gives to those before its door. */
export const hintOf = (name: string): Observable<string> =>
  listing(name).pipe(
    map((room) => {
      const hint = room?.metadata['hint']
      return typeof hint === 'string' ? hint : ''
    }),
    startWith(''),
    distinctUntilChanged(),
  )

/** A room that was created a moment ago may come into the list later than its creator into the room. */
const patienceMs = 1_000

/** True for a room that the server does not have. */
export const isGone = (name: string): Observable<boolean> =>
  rooms$.pipe(
    rights(),
    filter(({ isLive }) => isLive),
    map(({ rooms }) => !rooms.some((room) => room.name === name)),
    distinctUntilChanged(),
    switchMap((isMissing) => (isMissing ? timer(patienceMs).pipe(map(() => true)) : of(false))),
    startWith(false),
  )
