import {
  BehaviorSubject,
  combineLatest,
  distinctUntilChanged,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  pairwise,
  ReplaySubject,
  share,
  startWith,
  Subject,
  switchMap,
  withLatestFrom,
} from 'rxjs'
import { lobby } from '../contract.js'
import type { Heard } from './books.js'
import { chatView } from './chat-view.js'
import { doorView } from './door-view.js'
import { doorOf } from './door.js'
import { byId, say } from './dom.js'
import { me } from './me.js'
import { type Here, membersView } from './members-view.js'
import { client } from './room.js'
import { roomsView } from './rooms-view.js'
import { roomsOf } from './rooms.js'
import { toneOf } from './stretches.js'
import { type Visit, visit, type Writing } from './visit.js'

/** The rooms that are there before anybody is. */
const known = new Map([
  [lobby, { isPrivate: false }],
  [byId('secret').dataset['room'] ?? '', { isPrivate: true }],
])

const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')

/** The members of a room as this client knows them: nobody, before it knows. */
const membersOf = ({ room }: Visit): Observable<Here> =>
  room.members$.pipe(
    mergeMap((roster) => (roster._tag === 'Right' && 'members' in roster.right ? [roster.right] : [])),
    startWith({ members: [], isLive: true }),
  )

/** Those who look at this room: the lobby has members who look elsewhere. */
const lookingAt = (name: string, { members, isLive }: Here): Here => ({
  members: members.filter(({ state }) => state?.room === name),
  isLive,
})

/** The rooms that this tab has entered, each once. */
const visiting = (writing: Writing) => {
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
  return { enter, heard$: entered.pipe(mergeMap(({ heard$ }) => heard$)) }
}

/** Shows this tab to the others where it looks, and in the lobby, which counts who looks where. */
const showMe = (home: Visit, current$: Observable<Visit>, typing$: Observable<boolean>): void => {
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

/** The door of the room that is looked at. A try is a password, or nothing. */
const guard = (current$: Observable<Visit>): void => {
  const door = doorView()
  const tried$ = door.tries$.pipe(withLatestFrom(current$))
  tried$.subscribe(([password, { room }]) => room.join({ password }))
  const tried = new Set<string>()
  tried$.subscribe(([, { name }]) => tried.add(name))
  current$
    .pipe(switchMap(({ name, membership$ }) => membership$.pipe(map((now) => doorOf(name, now, tried.has(name))))))
    .subscribe(door.show)
}

/** The rooms to write in: one is looked at, and those that were looked at before are stayed in. Gives what they hear. */
export const talk = (): Observable<Heard> => {
  const [view, list] = [chatView(), roomsView()]
  const writing: Writing = { written$: new Subject(), dismissed$: new Subject() }
  const { enter, heard$ } = visiting(writing)
  const home = enter(lobby)
  const current$ = new BehaviorSubject(enter(sessionStorage.getItem('room') ?? lobby))

  list.chosen$.subscribe((name) => {
    sessionStorage.setItem('room', name)
    if (name !== current$.value.name) current$.next(enter(name))
  })
  guard(current$)
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
  combineLatest([atHome$, current$]).subscribe(([{ members }, { name }]) => list.show(roomsOf(members, known), name))
  current$
    .pipe(switchMap((at) => (at === home ? atHome$ : membersOf(at)).pipe(map((here) => lookingAt(at.name, here)))))
    .subscribe(membersView())
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
