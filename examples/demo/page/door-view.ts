import { filter, fromEvent, map, merge, type Observable, share, tap } from 'rxjs'
import type { Door } from './door.js'
import { byId, say } from './dom.js'

/** The panel in the place of a room that this tab is not in. */
export const doorView = () => {
  const door = byId('door')
  const form = byId('unlock') as HTMLFormElement
  const password = byId('password') as HTMLInputElement
  const again = byId('again') as HTMLButtonElement
  const secret = byId('secret')
  const passwords$ = fromEvent(form, 'submit').pipe(
    tap((event) => event.preventDefault()),
    map(() => password.value.trim()),
    filter((words) => words !== ''),
    tap(() => {
      password.value = ''
    }),
  )
  const tries$: Observable<string | undefined> = merge(
    passwords$,
    fromEvent(again, 'click').pipe(map(() => undefined)),
  ).pipe(share())
  return {
    /** Each try to come in, with the password if it is one. */
    tries$,
    /** `hint`: what a room with a password tells of it. */
    show: (shown: Door | undefined, hint: string): void => {
      door.hidden = shown === undefined
      byId('lobby').classList.toggle('shut', shown !== undefined)
      if (!shown) return
      say(byId('door-title'), shown.title)
      say(byId('door-words'), shown.words)
      form.hidden = shown.opens !== 'password'
      secret.hidden = shown.opens !== 'password'
      say(secret, hint)
      again.hidden = shown.opens !== 'again' && shown.opens !== 'later'
      again.disabled = shown.opens === 'later'
    },
  }
}
