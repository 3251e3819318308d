import {
  BehaviorSubject,
  combineLatest,
  distinctUntilChanged,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  ReplaySubject,
  scan,
  share,
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
import { me } from './me.js'
import { membersOf, showMe, showMembers } from './people.js'
import { client } from './room.js'
import { roomsView } from './rooms-view.js'
import { roomsOf } from './rooms.js'
import { toneOf } from './stretches.js'
import { visiting, type Writing } from './visit.js'

const open = { isPrivate: false }
/** The rooms that are there before anybody is. */
const known = new Map([
  [lobby, open],
  [byId('secret').dataset['room'] ?? '', { isPrivate: true }],
])

const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')

/** Creates rooms, and gives the name of each that is there then. One that is used already is entered. */
const creating = (list: ReturnType<typeof roomsView>): Observable<string> =>
  list.created$.pipe(
    mergeMap((name) => client.create({ name }).pipe(map((result) => ({ name, result })))),
    filter(({ result }) => {
      const isThere = result._tag === 'Right' || result.left.code === 'room/exists'
      list.tell(isThere ? '' : result.left.message)
      return isThere
    }),
    map(({ name }) => name),
  )

/** The rooms to write in: one is looked at, and those that were looked at before are stayed in. Gives what they hear. */
export const talk = (now$: Observable<number>): Observable<Heard> => {
  const [view, list] = [chatView(), roomsView()]
  const writing: Writing = { written$: new Subject(), dismissed$: new Subject() }
  const { enter, entered$, heard$ } = visiting(writing)
  const home = enter(lobby)
  const current$ = new BehaviorSubject(enter(sessionStorage.getItem('room') ?? lobby))

  merge(list.chosen$, creating(list)).subscribe((name) => {
    sessionStorage.setItem('room', name)
    if (name !== current$.value.name) current$.next(enter(name))
  })
  guard(current$, now$)
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

  const atHome$ = membersOf(home).pipe(share({ connector: () => new ReplaySubject(1) }))
  const known$ = entered$.pipe(scan((all, { name }) => (all.has(name) ? all : new Map(all).set(name, open)), known))
  combineLatest([atHome$, known$, current$]).subscribe(([{ members }, rooms, { name }]) =>
    list.show(roomsOf(members, rooms), name),
  )
  showMembers(home, atHome$, current$).subscribe(list.tell)
  showMe(home, current$, view.typing$.pipe(startWith(false)))

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
