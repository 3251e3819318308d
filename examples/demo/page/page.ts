import {
  combineLatest,
  distinctUntilChanged,
  filter,
  fromEvent,
  interval,
  map,
  merge,
  type Observable,
  ReplaySubject,
  scan,
  share,
  startWith,
  switchMap,
  timestamp,
} from 'rxjs'
import type { Message, Result } from '../../../lib/index.js'
import { benchView } from './bench-view.js'
import { condition$ } from './bench.js'
import { booksOf, caughtUpIn, gapsOf, type Heard } from './books.js'
import { countsView } from './counts-view.js'
import { byId } from './dom.js'
import { feeds } from './feeds.js'
import { headlineView } from './headline-view.js'
import { tell, untold } from './headline.js'
import { total } from './ledger.js'
import { machineView } from './machine.js'
import { client } from './room.js'
import { stretches, toneOf } from './stretches.js'
import { talk } from './talk.js'
import { timelineView } from './timeline-view.js'
import { type Entry, type Happening, told } from './timeline.js'

const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
/** Draw again: time has passed. */
const frames$ = interval(isCalm ? 1_000 : 200).pipe(
  filter(() => !document.hidden),
  share(),
)
const now$ = frames$.pipe(
  startWith(0),
  map(() => Date.now()),
)
const { state$, outbox$ } = client
const tone$ = state$.pipe(map(toneOf), distinctUntilChanged())

const figures: Readonly<Record<string, Observable<Result<Message<unknown>>>>> = feeds
const heard$ = merge(
  talk(now$),
  ...Object.entries(figures).map(([name, results$]) => results$.pipe(map((result): Heard => ({ room: name, result })))),
).pipe(share())
const books$ = booksOf(heard$).pipe(share({ connector: () => new ReplaySubject(1) }))

// What the page says of the connection: how it is now, what it came to, and what happened to it.
const waiting$ = outbox$.pipe(map(({ entries }) => entries.length))
const total$ = books$.pipe(map((books) => total([...books.values()])))
const headline$ = combineLatest({ tone: tone$, waiting: waiting$, total: total$, at: now$ }).pipe(
  scan(tell, untold),
  map(({ headline }) => headline),
)
headlineView(client, headline$, now$)
combineLatest([books$, waiting$]).subscribe(countsView())

// What was broken by whom is asked past the broken network, after each click and whenever the connection changes.
const bench = benchView()
merge(bench.bench$, tone$.pipe(switchMap(() => condition$))).subscribe(bench.show)

const happenings$ = merge(
  state$.pipe(
    filter((state) => state._tag !== 'Idle' || state.because !== 'never'),
    map((state): Happening => ({ _tag: 'State', state })),
  ),
  gapsOf(heard$).pipe(map((gaps): Happening => ({ _tag: 'Gaps', gaps }))),
  caughtUpIn(books$).pipe(map((more): Happening => ({ _tag: 'CaughtUp', ...more }))),
  bench.words$.pipe(map((words): Happening => ({ _tag: 'Act', words }))),
)
const timeline$ = happenings$.pipe(
  timestamp(),
  scan((entries: readonly Entry[], { value, timestamp: at }) => told(entries, value, at), []),
)
combineLatest([timeline$, now$]).subscribe(timelineView())

machineView(stretches(state$).pipe(share()), frames$)

// On a narrow screen the code is there for those who want it.
byId('code').toggleAttribute('open', matchMedia('(min-width: 901px)').matches)

// A page that is kept for the back button holds no connection.
const kept = (event: string) => fromEvent<PageTransitionEvent>(window, event).pipe(filter(({ persisted }) => persisted))
kept('pagehide').subscribe(() => client.disconnect())
kept('pageshow').subscribe(() => client.connect())
