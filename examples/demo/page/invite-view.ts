import {
  catchError,
  combineLatest,
  concat,
  from,
  fromEvent,
  map,
  mergeMap,
  type Observable,
  of,
  startWith,
  switchMap,
  timer,
  withLatestFrom,
} from 'rxjs'
import type { Result } from '../../../lib/index.js'
import { byId, say } from './dom.js'
import { linkTo } from './link.js'
import { mayModerate } from './people.js'
import { listing } from './rooms.js'
import type { Visit } from './visit.js'

const words = byId('invite').textContent

/** Copies a link, and says how that went. A page that came over plain HTTP from elsewhere has no clipboard. */
const copied = (name: string, invitation: Result<string>): Observable<string> => {
  if (invitation._tag === 'Left') return of(invitation.left.message)
  return from(navigator.clipboard.writeText(linkTo(name, invitation.right))).pipe(
    map(() => 'The link is copied'),
    catchError(() => of('The browser did not copy it')),
  )
}

/** The way to invite others into the private room that is looked at, for the one who made it. */
export const inviteView = (current$: Observable<Visit>): void => {
  const button = byId('invite')
  const { clipboard } = navigator as { readonly clipboard?: Clipboard }
  current$
    .pipe(
      switchMap(({ name, membership$ }) => combineLatest([listing(name), membership$])),
      map(([room, now]) => room?.hasPassword === true && mayModerate(now)),
    )
    .subscribe((may) => {
      button.hidden = !may || !clipboard
    })
  const clicks$ = fromEvent(button, 'click').pipe(withLatestFrom(current$))
  current$
    .pipe(
      switchMap(() =>
        clicks$.pipe(
          switchMap(([, { name, room }]) =>
            concat(
              room.invite().pipe(mergeMap((invitation) => copied(name, invitation))),
              timer(2_500).pipe(map(() => words)),
            ),
          ),
          startWith(words),
        ),
      ),
    )
    .subscribe((said) => say(button, said))
}
