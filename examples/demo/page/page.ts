import {
  combineLatest,
  distinctUntilChanged,
  filter,
  fromEvent,
  interval,
  map,
  merge,
  scan,
  share,
  startWith,
  switchMap,
  timestamp,
} from 'rxjs'
import { benchView } from './bench-view.js'
import { condition$ } from './bench.js'
import { booksOf, caughtUpIn, gapsOf } from './books.js'
import { booksView } from './books-view.js'
import { chatView } from './chat-view.js'
import { chat, type Written } from './chat.js'
import { machineView } from './machine.js'
import { client, lobby, streams } from './rooms.js'
import { statusView } from './status-view.js'
import { stretches, toneOf } from './stretches.js'
import { timelineView } from './timeline-view.js'
import { type Entry, type Happening, told } from './timeline.js'

const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
/** Draw again: time has passed. */
const frames$ = interval(isCalm ? 1_000 : 200).pipe(
  filter(() => !document.hidden),
  share(),
)
const bench = benchView()
const { state$ } = client
const books$ = booksOf(streams)

statusView(client, frames$)
machineView(stretches(state$).pipe(share()), frames$)
books$.subscribe(booksView())

// What was broken by whom is asked past the broken network, after each click and whenever the connection changes.
const tone$ = state$.pipe(map(toneOf), distinctUntilChanged())
merge(bench.bench$, tone$.pipe(switchMap(() => condition$))).subscribe(bench.show)

const happenings$ = merge(
  state$.pipe(
    filter((state) => state._tag !== 'Idle' || state.because !== 'never'),
    map((state): Happening => ({ _tag: 'State', state })),
  ),
  gapsOf(streams).pipe(map((gaps): Happening => ({ _tag: 'Gaps', gaps }))),
  caughtUpIn(books$).pipe(map((more): Happening => ({ _tag: 'CaughtUp', ...more }))),
  bench.words$.pipe(map((words): Happening => ({ _tag: 'Act', words }))),
)
const timeline$ = happenings$.pipe(
  timestamp(),
  scan((entries: readonly Entry[], { value, timestamp: at }) => told(entries, value, at), []),
)
const showTimeline = timelineView()
combineLatest([timeline$, frames$.pipe(startWith(0))]).subscribe(([entries]) => showTimeline(entries, Date.now()))

const talk = chatView(sessionStorage)
const written$ = talk.said$.pipe(
  map(({ name, text }): Written => {
    const said = { key: crypto.getRandomValues(new Uint32Array(4)).join('-'), name, text }
    return { said, receipt$: lobby.post('message', said) }
  }),
)
chat(streams.lobby, written$, talk.dismissed$).subscribe(talk.show)
tone$.subscribe((tone) => talk.hint(tone === 'good' || tone === 'warn'))

fromEvent(window, 'pagehide').subscribe(() => client.disconnect())
fromEvent<PageTransitionEvent>(window, 'pageshow')
  .pipe(filter(({ persisted }) => persisted))
  .subscribe(() => client.connect())
