import {
  debounceTime,
  distinctUntilChanged,
  filter,
  fromEvent,
  map,
  merge,
  type Observable,
  share,
  Subject,
  tap,
} from 'rxjs'
import type { Stage } from '../../../lib/features/observe/index.js'
import type { Said } from '../contract.js'
import type { Fate, Line } from './chat.js'
import { byId, html, type Row, rows, say, svg } from './dom.js'
import { timeOf } from './words.js'

type SaidLine = Extract<Line, { readonly _tag: 'Said' }>

interface Mark {
  readonly state: string
  readonly words: string
  readonly path: string
  /** Shown as text too: it is not where it belongs yet. */
  readonly isLoud: boolean
}

const clock = 'M8 3a5 5 0 1 0 .01 0M8 5v3l2 1.5'
const waiting: Readonly<Record<Stage, Mark>> = {
  queued: { state: 'waiting', words: 'waiting', path: clock, isLoud: true },
  stored: { state: 'saved', words: 'saved, waiting', path: clock, isLoud: true },
  inFlight: { state: 'sending', words: 'sending', path: 'M3 8h9M8.5 4.5 12 8l-3.5 3.5', isLoud: false },
}
const sent: Mark = { state: 'sent', words: 'the server has it', path: 'M3 8.5 6.5 12 13 4.5', isLoud: false }
const failed: Mark = { state: 'failed', words: 'not delivered', path: 'M4 4l8 8M12 4l-8 8', isLoud: true }

const mark = (fate: Fate): Mark =>
  fate._tag === 'Waiting' ? waiting[fate.stage] : fate._tag === 'Sent' ? sent : failed

const tick = ({ state, words, path, isLoud }: Mark): Node =>
  html(
    'span',
    { class: 'tick', 'data-fate': state, title: words },
    html('span', isLoud ? {} : { class: 'unseen' }, words),
    svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: path })),
  )

/** After so long without a key, somebody no longer types. */
const pauseMs = 3_000

/** The chat: a list that stays at its end, and a composer that also works offline. */
export const chatView = () => {
  const list = byId('chat')
  const form = byId('composer') as HTMLFormElement
  const text = byId('text') as HTMLInputElement
  const name = byId('name') as HTMLInputElement
  const again = new Subject<SaidLine>()
  const dismissed = new Subject<string>()

  const choice = (words: string, act: () => void): HTMLButtonElement => {
    const button = html('button', { type: 'button' }, words)
    button.addEventListener('click', act)
    return button
  }
  const reason = (line: SaidLine): readonly (Node | string)[] =>
    line.fate?._tag === 'Failed'
      ? [
          `${line.fate.error.message} ${line.fate.error.remedy}`,
          html('br'),
          choice('Send again', () => again.next(line)),
          choice('Dismiss', () => dismissed.next(line.id)),
        ]
      : []
  const saidRow = ({ said }: SaidLine): Row<Line> => {
    const meta = html('span', { class: 'meta' })
    const why = html('p', { class: 'why' })
    const node = html('li', {}, html('b', {}, said.name), html('p', {}, said.text), meta, why)
    let shown = ''
    const update = (now: Line): void => {
      if (now._tag === 'Gap') return
      const { message, fate } = now
      const offset = message ? `${message.position.offset}` : ''
      const marked = fate && mark(fate)
      const key = `${offset} ${marked?.state ?? ''}`
      if (key === shown) return
      shown = key
      node.classList.toggle('own', fate !== undefined)
      node.dataset['state'] = marked?.state ?? 'logged'
      node.dataset['offset'] = offset
      meta.replaceChildren(
        ...(message ? [html('time', { title: `Number ${offset} in this room` }, timeOf(message.at))] : []),
        ...(marked ? [tick(marked)] : []),
      )
      why.replaceChildren(...reason(now))
    }
    return { node, update }
  }
  const gapRow = (): Row<Line> => {
    const node = html('li', { class: 'gap' }, 'The server forgot what was here. What follows is complete.')
    return { node, update: () => undefined }
  }
  const render = rows<Line>(
    list,
    ({ id }) => id,
    (line) => (line._tag === 'Gap' ? gapRow() : saidRow(line)),
  )

  // Whoever scrolled up is left there; everybody else follows the newest line, also when the list shrinks.
  let isAtEnd = true
  const follow = (): void => {
    if (isAtEnd) list.scrollTop = list.scrollHeight
  }
  fromEvent(list, 'scroll').subscribe(() => {
    isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40
  })
  new ResizeObserver(follow).observe(list)

  const submitted$ = fromEvent(form, 'submit').pipe(
    tap((event) => event.preventDefault()),
    map(() => text.value.trim()),
    filter((words) => words !== ''),
    tap(() => {
      text.value = ''
      text.focus()
    }),
    share(),
  )
  const keys$ = fromEvent(text, 'input').pipe(share())
  const typing$ = merge(
    keys$.pipe(map(() => text.value !== '')),
    keys$.pipe(
      debounceTime(pauseMs),
      map(() => false),
    ),
    submitted$.pipe(map(() => false)),
  ).pipe(distinctUntilChanged())
  const renamed$ = fromEvent(name, 'change').pipe(
    map(() => name.value.trim()),
    filter((words) => words !== ''),
  )
  return {
    submitted$,
    typing$,
    renamed$,
    /** Lines that failed and are tried again, under the same id: the server executes it once. */
    again$: again.pipe(map(({ id, said }): { readonly id: string; readonly said: Said } => ({ id, said }))),
    dismissed$: dismissed as Observable<string>,
    /** Another room is shown from now on, from its end. */
    enter: (): void => {
      isAtEnd = true
    },
    named: (now: string): void => {
      name.value = now
    },
    show: (lines: readonly Line[]): void => {
      render(lines)
      byId('quiet').hidden = lines.length > 0
      follow()
    },
    hint: (isOnline: boolean): void => {
      say(byId('hint'), isOnline ? '' : 'Offline: what you write is saved, and sent later.')
    },
  }
}
