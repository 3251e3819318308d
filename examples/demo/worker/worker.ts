import { parentPort, workerData } from 'node:worker_threads'
import { combineLatest, distinctUntilChanged, fromEvent, map, merge, mergeMap, scan, skip, startWith } from 'rxjs'
import { createClient, tokens } from '../../../lib/index.js'
import { Load, Memory, Network } from '../contract.js'
import { load$, memory$, network$ } from './figures.js'
import { terminal } from './terminal.js'
import { line, nothing, posted, settled, stateWords, type Tally } from './words.js'

const { url, isTTY } = workerData as { readonly url: string; readonly isTTY: boolean }

/** A client like any other: what it posts while its line is down waits, and arrives once, in order. */
const client = createClient({
  url,
  token: tokens(() => 'worker'),
  backoff: { firstMs: 500, capMs: 4_000 },
  deadlines: { connectMs: 4_000 },
})

const load = client.room('load', Load)
const memory = client.room('memory', Memory)
const network = client.room('network', Network)

const receipts$ = merge(
  load$.pipe(map((data) => load.post('sample', data))),
  memory$.pipe(map((data) => memory.post('sample', data))),
  network$.pipe(
    map((it) => (it.event === 'sample' ? network.post('sample', it.data) : network.post('absent', it.data))),
  ),
)

const tally$ = receipts$.pipe(
  mergeMap((receipt$) =>
    receipt$.pipe(
      map((result) => (tally: Tally) => settled(tally, result)),
      startWith(posted),
    ),
  ),
  scan((tally, next) => next(tally), nothing),
)

const figures$ = combineLatest({
  load: load$,
  memory: memory$,
  network: network$.pipe(
    map((it) => (it.event === 'sample' ? it.data : undefined)),
    startWith(undefined),
  ),
})

if (isTTY) {
  const screen = terminal(process.stdout)
  const time = () => new Date().toTimeString().slice(0, 8)
  if (parentPort)
    fromEvent<MessageEvent<{ readonly columns: number }>>(parentPort, 'message').subscribe(({ data }) =>
      screen.resize(data.columns),
    )
  client.state$
    .pipe(map(stateWords), distinctUntilChanged(), skip(1))
    .subscribe((words) => screen.stay(`${time()}  worker ${words}`))
  combineLatest([figures$, tally$, client.state$])
    .pipe(
      map(([figures, tally, state]) => line(figures, tally, state)),
      distinctUntilChanged(),
    )
    .subscribe(screen.live)
} else tally$.subscribe()
