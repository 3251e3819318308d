import { combineLatest, distinctUntilChanged, filter, map, merge, type Observable, share, startWith } from 'rxjs'
import type { Message, Result } from '../../../lib/index.js'
import type { Said } from '../contract.js'
import { chatView } from './chat-view.js'
import { chat, type Written } from './chat.js'
import { byId } from './dom.js'
import { me } from './me.js'
import { membersView } from './members-view.js'
import { client, type enter } from './room.js'
import { toneOf } from './stretches.js'

const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')

/** A room to write in: its lines, its members, and the field in which this tab's user writes. */
export const talk = (
  name: string,
  { members$, show, write }: ReturnType<typeof enter>,
  messages$: Observable<Result<Message<Said>>>,
): void => {
  const view = chatView()
  const { state$, outbox$, undelivered$ } = client

  const written$ = merge(
    view.submitted$.pipe(map((text): Written => ({ id: newId(), said: { name: me.name, text } }))),
    view.again$,
  ).pipe(share())
  const dismissed$ = view.dismissed$
  chat({ room: name, user: me.user, messages$, outbox$, undelivered$, written$, dismissed$ }).subscribe(view.show)
  // The chat hears of it first: what fails at once is shown too.
  written$.subscribe(({ id, said }) => write(said, id))

  members$.subscribe(membersView())
  combineLatest({ name: me.name$, typing: view.typing$.pipe(startWith(false)) }).subscribe(show)
  view.renamed$.subscribe(me.rename)
  me.name$.subscribe((now) => {
    view.named(now)
    document.title = `${now} · rx-rooms`
  })
  state$
    .pipe(
      map(toneOf),
      filter((tone) => tone !== 'busy'),
      map((tone) => tone === 'good' || tone === 'warn'),
      distinctUntilChanged(),
    )
    .subscribe((isOnline) => {
      view.hint(isOnline)
      byId('talk').classList.toggle('away', !isOnline)
    })
}
