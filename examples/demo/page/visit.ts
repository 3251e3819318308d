import { filter, map, mergeMap, type Observable, ReplaySubject, share, type Subject } from 'rxjs'
import type { Membership } from '../../../lib/index.js'
import type { Heard } from './books.js'
import { chat, type Line, type Written } from './chat.js'
import { invitationTo } from './link.js'
import { me } from './me.js'
import { client, enter } from './room.js'
import { admission } from 'rx-rooms/room-life'

/** What is written and dismissed in the page, in any room. */
export interface Writing {
  readonly written$: Subject<Written & { readonly room: string }>
  readonly dismissed$: Subject<string>
}

/** A room that this tab has entered. It stays in it, so it has all of it when it looks at it again. */
export interface Visit extends Pick<ReturnType<typeof enter>, 'room' | 'say'> {
  readonly name: string
  /** The lines at once, then after each change. */
  readonly lines$: Observable<readonly Line[]>
  readonly membership$: Observable<Membership>
  readonly heard$: Observable<Heard>
}

/** Enters a room and stays there. */
const visit = (name: string, { written$, dismissed$ }: Writing): Visit => {
  const { room, messages$: all$, say } = enter(name)
  const invitation = invitationTo(name)
  if (invitation !== undefined) room.join(admission({ invitation }))
  const messages$ = all$.pipe(share())
  const { outbox$, undelivered$ } = client
  const sources = { room: name, user: me.user, messages$, outbox$, undelivered$, dismissed$ }
  const lines$ = chat({ ...sources, written$: written$.pipe(filter((one) => one.room === name)) }).pipe(
    share({ connector: () => new ReplaySubject(1), resetOnRefCountZero: false }),
  )
  lines$.subscribe()
  return {
    name,
    room,
    say,
    lines$,
    membership$: room.membership$,
    heard$: messages$.pipe(map((result) => ({ room: name, result }))),
  }
}

/** The rooms that this tab has entered, each once. */
export const visiting = (writing: Writing) => {
  const visits = new Map<string, Visit>()
  const entered = new ReplaySubject<Visit>(Infinity)
  const enter = (name: string): Visit => {
    const known = visits.get(name)
    if (known) return known
    const fresh = visit(name, writing)
    visits.set(name, fresh)
    entered.next(fresh)
    return fresh
  }
  return { enter, entered$: entered.asObservable(), heard$: entered.pipe(mergeMap(({ heard$ }) => heard$)) }
}
