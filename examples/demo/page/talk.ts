import {
  BehaviorSubject,
  combineLatest,
  distinctUntilChanged,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  startWith,
  Subject,
  switchMap,
  withLatestFrom,
} from 'rxjs'
import { lobby } from '../contract.js'
import type { Heard } from './books.js'
import { chatView } from './chat-view.js'
import { guard } from './guard.js'
import { byId, say } from './dom.js'
import { inviteView } from './invite-view.js'
import { followLink } from './link.js'
import { me } from './me.js'
import { showMe, showMembers } from './people.js'
import { client } from './room.js'
import { roomsView } from './rooms-view.js'
import { listed$ } from './rooms.js'
import { toneOf } from './stretches.js'
import { visiting, type Writing } from './visit.js'

const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')

/** Creates rooms, and gives the name of each that is there then. One that is used already is entered. */
const creating = (list: ReturnType<typeof roomsView>): Observable<string> =>
  list.created$.pipe(
    mergeMap((wanted) => client.create(wanted).pipe(map((result) => ({ ...wanted, result })))),
    withLatestFrom(listed$),
    filter(([{ name, result }, rooms]) => {
      const isThere = result._tag === 'Right' || rooms.some((room) => room.name === name)
      list.tell(isThere ? '' : result.left.message)
      if (isThere) list.created()
      return isThere
    }),
    map(([{ name }]) => name),
  )

/** The rooms to write in: one is looked at, and those that were looked at before are stayed in. Gives what they hear. */
export const talk = (now$: Observable<number>): Observable<Heard> => {
  const [view, list] = [chatView(), roomsView()]
  const writing: Writing = { written$: new Subject(), dismissed$: new Subject() }
  const { enter, entered$, heard$ } = visiting(writing)
  followLink()
  enter(lobby)
  const current$ = new BehaviorSubject(enter(sessionStorage.getItem('room') ?? lobby))

  merge(list.chosen$, creating(list)).subscribe((name) => {
    sessionStorage.setItem('room', name)
    if (name !== current$.value.name) current$.next(enter(name))
  })
  guard(current$, now$)
  inviteView(current$)
  current$.subscribe(({ name }) => {
    view.enter()
    say(byId('talk-title'), name)
  })
  current$.pipe(switchMap(({ lines$ }) => lines$)).subscribe(view.show)

  merge(view.submitted$.pipe(map((text) => ({ id: newId(), said: { name: me.name, text } }))), view.again$)
    .pipe(
      withLatestFrom(current$),
      map(([written, at]) => ({ ...written, at })),
    )
    .subscribe(({ id, said, at }) => {
      // The chat hears of it first: what fails at once is shown too.
      writing.written$.next({ id, said, room: at.name })
      at.say(said, id)
    })
  view.dismissed$.subscribe(writing.dismissed$)
  view.renamed$.subscribe(me.rename)
  me.name$.subscribe((name) => {
    view.named(name)
    document.title = `${name} · rx-rooms`
  })

  combineLatest([listed$, current$]).subscribe(([rooms, { name }]) => list.show(rooms, name))
  showMembers(current$).subscribe(list.tell)
  showMe(entered$, current$, view.typing$.pipe(startWith(false)))

  client.state$
    .pipe(
      map(toneOf),
      filter((tone) => tone !== 'busy'),
      map((tone) => tone === 'good' || tone === 'warn'),
      distinctUntilChanged(),
    )
    .subscribe(view.hint)
  return heard$
}
