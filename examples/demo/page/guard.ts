import { combineLatest, map, type Observable, switchMap, withLatestFrom } from 'rxjs'
import { doorView } from './door-view.js'
import { doorOf } from './door.js'
import { hintOf, isGone } from './rooms.js'
import type { Visit } from './visit.js'
import { admission } from 'rx-rooms/room-life'

/** The door of the room that is looked at. A try is a password, or nothing. */
export const guard = (current$: Observable<Visit>, now$: Observable<number>): void => {
  const door = doorView()
  door.tries$.pipe(withLatestFrom(current$)).subscribe(([password, { room }]) => room.join(admission({ password })))
  current$
    .pipe(
      switchMap(({ name, membership$ }) =>
        combineLatest([membership$, isGone(name), hintOf(name), now$]).pipe(
          map(([membership, isGoneNow, hint, now]) => ({ door: doorOf(name, membership, isGoneNow, now), hint })),
        ),
      ),
    )
    .subscribe(({ door: shown, hint }) => door.show(shown, hint))
}
