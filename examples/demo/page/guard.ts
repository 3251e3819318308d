import { combineLatest, map, type Observable, switchMap, withLatestFrom } from 'rxjs'
import { doorView } from './door-view.js'
import { doorOf } from './door.js'
import type { Visit } from './visit.js'

/** The door of the room that is looked at. A try is a password, or nothing. */
export const guard = (current$: Observable<Visit>, now$: Observable<number>): void => {
  const door = doorView()
  const tried$ = door.tries$.pipe(withLatestFrom(current$))
  tried$.subscribe(([password, { room }]) => room.join({ password }))
  const tried = new Set<string>()
  tried$.subscribe(([, { name }]) => tried.add(name))
  current$
    .pipe(
      switchMap(({ name, membership$ }) =>
        combineLatest([membership$, now$]).pipe(
          map(([membership, now]) => doorOf(name, membership, tried.has(name), now)),
        ),
      ),
    )
    .subscribe(door.show)
}
