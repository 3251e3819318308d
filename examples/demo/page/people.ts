import {
  combineLatest,
  distinctUntilChanged,
  map,
  mergeMap,
  type Observable,
  of,
  startWith,
  switchMap,
  withLatestFrom,
} from 'rxjs'
import type { Membership } from '../../../lib/index.js'
import { me } from './me.js'
import { type Here, membersView } from './members-view.js'
import { reasonsFor } from './removal-view.js'
import { isGone } from './rooms.js'
import type { Visit } from './visit.js'

const nobody: Here = { members: [], isLive: true }

/** The members of a room as this client knows them: nobody, before it knows. Behind a closed door nobody is seen. */
const membersOf = ({ name, room }: Visit): Observable<Here> => {
  const known$ = room.members$.pipe(
    mergeMap((roster) => (roster._tag === 'Right' && 'members' in roster.right ? [roster.right] : [])),
    startWith(nobody),
  )
  return combineLatest([known$, room.membership$, isGone(name)]).pipe(
    map(([here, { _tag }, isGoneNow]) => (_tag === 'Refused' || isGoneNow ? nobody : here)),
  )
}

/** Shows this tab to the others in each room that it has entered. It types in the one that it looks at. */
export const showMe = (
  entered$: Observable<Visit>,
  current$: Observable<Visit>,
  typing$: Observable<boolean>,
): void => {
  entered$
    .pipe(
      mergeMap((visit) => {
        const isTyping$ = combineLatest([typing$, current$]).pipe(
          map(([typing, at]) => typing && at === visit),
          distinctUntilChanged(),
        )
        return combineLatest({ room: of(visit.room), name: me.name$, typing: isTyping$ })
      }),
    )
    .subscribe(({ room, name, typing }) => room.me.set({ name, typing }))
}

/** So long nobody comes back who was removed: short, so that it can be seen. */
const kickMs = 15_000

/** The members of the room that is looked at, whom those may remove who created it. Gives what was refused. */
export const showMembers = (current$: Observable<Visit>): Observable<string> => {
  const view = membersView()
  current$
    .pipe(
      switchMap((at) => combineLatest([membersOf(at), at.membership$])),
      map(([here, now]) => ({ here, mayRemove: mayModerate(now) })),
    )
    .subscribe(view.show)
  return reasonsFor(view.removal$).pipe(
    withLatestFrom(current$),
    // The one who is removed is told who did it, and why.
    mergeMap(([{ user, because }, { room }]) =>
      room.kick(user, { because: `By ${me.name}${because && `: “${because}”`}`, forMs: kickMs }),
    ),
    map((result) => (result._tag === 'Left' ? result.left.message : '')),
  )
}

/** True for the one who made the room, while it is in. */
export const mayModerate = (now: Membership): boolean => now._tag === 'In' && now.permissions.includes('moderate')
