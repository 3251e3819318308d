import { combineLatest, fromEvent, map, merge, type Observable, startWith } from 'rxjs'
import { rights } from '../../../lib/operators/index.js'
import { byId, svg } from './dom.js'
import { type Figure, figureView } from './figures.js'
import { feeds } from './feeds.js'
import { across, around, fixed, fromZero } from './scale.js'
import { type Point, series } from './series.js'
import type { Stretch } from './stretches.js'
import { strip } from './strip.js'
import { joined, memory, percent, rate } from './words.js'

const MiB = 1024 ** 2

const figures: Readonly<Record<'load' | 'memory' | 'network', Figure>> = {
  load: {
    id: 'load',
    title: 'Processor',
    keys: [],
    measured: percent,
    domain: fixed(0, 1),
    bound: (share) => joined(percent(share)),
    isFilled: true,
  },
  memory: {
    id: 'memory',
    title: 'Memory in use',
    keys: [],
    measured: memory,
    domain: around(64 * MiB),
    bound: (bytes) => joined(memory(bytes)),
    isFilled: false,
  },
  network: {
    id: 'network',
    title: 'Network',
    keys: ['loopback', 'outside'],
    measured: rate,
    domain: fromZero(10_000),
    bound: (bytes) => (bytes === 0 ? '0' : joined(rate(bytes))),
    isFilled: true,
  },
}

const points = {
  load: feeds.load.pipe(series(({ data }) => ({ at: data.at, values: [data.busy] }))),
  memory: feeds.memory.pipe(series(({ data }) => ({ at: data.at, values: [data.used] }))),
  network: feeds.network.pipe(
    series(({ event, data }) =>
      event === 'sample' ? { at: data.at, values: [data.loopback, data.received + data.sent] } : undefined,
    ),
  ),
}

/** What stands beside a figure. */
const notes = {
  load: feeds.load.pipe(
    rights(),
    map(({ data }) => `load average ${data.average.map((each) => each.toFixed(2)).join(' ')}, ${data.cores} cores`),
  ),
  memory: feeds.memory.pipe(
    rights(),
    map(({ data }) => `of ${joined(memory(data.total))}`),
  ),
  network: feeds.network.pipe(
    rights(),
    map(({ event, data }) =>
      event === 'sample' ? `${joined(rate(data.received))} in, ${joined(rate(data.sent))} out` : data.because,
    ),
  ),
}

/** The pixel that the mouse points at, in any of the drawings. */
const pointed = (area: HTMLElement): Observable<number | undefined> =>
  merge<(number | undefined)[]>(
    fromEvent<PointerEvent>(area, 'pointermove').pipe(
      map(({ target, clientX }) => {
        const drawing = target instanceof Element ? target.closest('svg.plot') : null
        return drawing ? clientX - drawing.getBoundingClientRect().left : undefined
      }),
    ),
    fromEvent(area, 'pointerleave').pipe(map(() => undefined)),
  ).pipe(startWith<number | undefined>(undefined))

/** Draws the figures and the connection over the same two minutes. */
export const machineView = (stretches$: Observable<readonly Stretch[]>, frames$: Observable<unknown>): void => {
  const area = byId('machine')
  const pointed$ = pointed(area)
  const clock$ = frames$.pipe(startWith(0))
  for (const name of ['load', 'memory', 'network'] as const) {
    const view = figureView(figures[name])
    const points$: Observable<readonly Point[]> = points[name]
    combineLatest([
      points$,
      notes[name].pipe(startWith('waiting for the first figure')),
      stretches$,
      pointed$,
      clock$,
    ]).subscribe(([points, note, stretches, x]) => {
      const now = Date.now()
      const at = x === undefined ? undefined : across(view.drawing.clientWidth, now).at(x)
      view.show({ points, stretches, now, pointed: at }, note)
    })
  }
  const band = svg('svg', { class: 'plot band', 'aria-hidden': 'true' })
  byId('connection').append(band)
  const draw = strip(band)
  combineLatest([stretches$, pointed$, clock$]).subscribe(([stretches, x]) => {
    const now = Date.now()
    draw(stretches, now, x === undefined ? undefined : across(band.clientWidth, now).at(x))
  })
}
