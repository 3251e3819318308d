import { filter, finalize, fromEvent, map, merge, mergeMap, type Observable, share } from 'rxjs'
import { act, type Act, type Bench } from './bench.js'
import { byId, html, say, set } from './dom.js'

interface Offer {
  readonly act: Act
  readonly title: string
  readonly detail: string
}

/** What a button offers depends on what is broken: the one that cut the network plugs it in again. */
const offers = (bench: Bench): Readonly<Record<string, Offer>> => ({
  cut:
    bench === 'cut'
      ? { act: 'mend', title: 'Plug it back in', detail: 'What waited arrives in order.' }
      : { act: 'cut', title: 'Cut the connection', detail: 'Closed at once, and no new one opens.' },
  freeze:
    bench === 'frozen'
      ? { act: 'mend', title: 'Let it flow again', detail: 'What waited arrives in order.' }
      : { act: 'freeze', title: 'Freeze the connection', detail: 'It stays open, and nothing passes.' },
  restart: { act: 'restart', title: 'Restart the server', detail: 'It keeps its rooms: nothing is lost.' },
  kill: { act: 'kill', title: 'Kill the server', detail: 'Its memory is gone: one gap per room.' },
})

/** Told in the timeline; mending shows as the end of the outage. */
const done: Readonly<Record<Exclude<Act, 'mend'>, string>> = {
  cut: 'You cut the connection',
  freeze: 'You froze the connection',
  restart: 'You restarted the server',
  kill: 'You killed the server',
}

const reaches = (act: Act, everyone: boolean): string =>
  act === 'cut' || act === 'freeze' ? (everyone ? ' of every tab' : ' of this tab') : ''

/** The buttons: each says what it does and does what it says. */
export const benchView = () => {
  const scope = byId('everyone') as HTMLInputElement
  const reload = byId('reload')
  const faces = Object.keys(offers('up')).map((id) => {
    const title = html('b')
    const detail = html('span')
    const button = byId(id)
    button.append(title, detail)
    return { id, button, title, detail }
  })
  const show = (bench: Bench): void => {
    const offered = offers(bench)
    for (const { id, button, title, detail } of faces) {
      const offer = offered[id]
      if (!offer) continue
      button.dataset['act'] = offer.act
      button.classList.toggle('on', offer.act === 'mend')
      say(title, offer.title)
      say(detail, offer.detail)
    }
    byId('gone').hidden = bench !== undefined
    // Without the demo there is no page to load.
    set(reload, { disabled: bench === undefined })
  }
  const clicks$ = merge(
    ...faces.map(({ button }) =>
      fromEvent(button, 'click').pipe(
        filter(() => !button.hasAttribute('aria-busy')),
        map(() => ({ button, act: button.dataset['act'] as Act, everyone: scope.checked })),
      ),
    ),
  ).pipe(share())

  /** How the line is after what was asked for. A button whose act is under way takes no other. */
  const bench$: Observable<Bench> = clicks$.pipe(
    mergeMap(({ button, act: wanted, everyone }) => {
      set(button, { 'aria-busy': 'true' })
      return act(wanted, everyone).pipe(finalize(() => set(button, { 'aria-busy': undefined })))
    }),
    share(),
  )
  const words$ = clicks$.pipe(
    mergeMap(({ act: wanted, everyone }) => (wanted === 'mend' ? [] : [`${done[wanted]}${reaches(wanted, everyone)}`])),
  )
  fromEvent(reload, 'click').subscribe(() => location.reload())
  return { show, bench$, words$ }
}
