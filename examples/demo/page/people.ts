import {
  combineLatest,
  distinctUntilChanged,
  map,
  mergeMap,
  type Observable,
  of,
  pairwise,
  startWith,
  switchMap,
  withLatestFrom,
} from 'rxjs'
import type { Membership } from '../../../lib/index.js'
import { me } from './me.js'
import { type Here, membersView } from './members-view.js'
import { reasonsFor } from './removal-view.js'
import type { Visit } from './visit.js'

/** The members of a room as this client knows them: nobody, before it knows. */
export const membersOf = ({ room }: Visit): Observable<Here> =>
  room.members$.pipe(
    mergeMap((roster) => (roster._tag === 'Right' && 'members' in roster.right ? [roster.right] : [])),
    startWith({ members: [], isLive: true }),
  )

/** Those who look at this room: the lobby has members who look elsewhere. Before a closed door nobody is seen. */
const lookingAt = (name: string, { members, isLive }: Here, { _tag }: Membership): Here => ({
  members: _tag === 'Refused' ? [] : members.filter(({ state }) => state?.room === name),
  isLive,
})

/** Shows this tab to the others where it looks, and in the lobby, which counts who looks where. */
export const showMe = (home: Visit, current$: Observable<Visit>, typing$: Observable<boolean>): void => {
  // Before a closed door one is still in the lobby.
  const at$ = current$.pipe(
    switchMap((at) => at.membership$.pipe(map(({ _tag }) => (_tag === 'Refused' ? home : at)))),
    distinctUntilChanged(),
  )
  combineLatest({ name: me.name$, typing: typing$, at: at$ }).subscribe(({ name, typing, at }) => {
    const person = { name, typing, room: at.name }
    at.room.me.set(person)
    if (at !== home) home.room.me.set({ ...person, typing: false })
  })
  current$.pipe(pairwise()).subscribe(([before]) => {
    if (before !== home) before.room.me.clear()
  })
}

/** So long nobody comes back who was removed: short, so that it can be seen. */
const kickMs = 15_000

/** The members of the room that is looked at, whom those may remove who created it. Gives what was refused. */
export const showMembers = (
  home: Visit,
  atHome$: Observable<Here>,
  current$: Observable<Visit>,
): Observable<string> => {
  const view = membersView()
  current$
    .pipe(
      switchMap((at) => combineLatest([of(at), at === home ? atHome$ : membersOf(at), at.membership$])),
      map(([{ name }, here, now]) => ({ here: lookingAt(name, here, now), mayRemove: isModerator(now) })),
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

const isModerator = (now: Membership): boolean => now._tag === 'In' && now.permissions.includes('moderate')
