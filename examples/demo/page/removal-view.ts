import { filter, fromEvent, map, type Observable, switchMap, take, tap } from 'rxjs'
import { byId, say } from './dom.js'
import type { Removal } from './members-view.js'

/** A removal with the words for whoever is removed. */
export interface Reason extends Removal {
  readonly because: string
}

/** Asks why somebody is to be removed. */
export const reasonsFor = (removal$: Observable<Removal>): Observable<Reason> => {
  const dialog = byId('removal') as HTMLDialogElement
  const because = byId('because') as HTMLInputElement
  const closed$ = fromEvent(dialog, 'close')
  return removal$.pipe(
    tap(({ name }) => {
      say(byId('removal-title'), `Remove ${name}?`)
      because.value = ''
      dialog.returnValue = ''
      dialog.showModal()
    }),
    switchMap((removal) =>
      closed$.pipe(
        take(1),
        filter(() => dialog.returnValue === 'remove'),
        map(() => ({ ...removal, because: because.value.trim() })),
      ),
    ),
  )
}
