import { filter, fromEvent, map, merge, type Observable, Subject, tap } from 'rxjs'
import type { Line, Post, Said } from './chat.js'
import { byId, html, type Row, rows, say, svg } from './dom.js'
import { timeOf } from './words.js'

const marks: Readonly<Record<Post['fate']['_tag'], { readonly words: string; readonly path: string }>> = {
  Pending: { words: 'waiting', path: 'M8 3a5 5 0 1 0 .01 0M8 5v3l2 1.5' },
  Acknowledged: { words: 'acknowledged', path: 'M3 8.5 6.5 12 13 4.5' },
  Failed: { words: 'not delivered', path: 'M4 4l8 8M12 4l-8 8' },
}

const tick = (fate: Post['fate']['_tag']): Node =>
  html(
    'span',
    { class: 'tick', 'data-fate': fate.toLowerCase(), title: marks[fate].words },
    svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: marks[fate].path })),
    html('span', { class: 'unseen' }, marks[fate].words),
  )

const failure = (post: Post): string =>
  post.fate._tag === 'Failed' ? `${post.fate.error.message} ${post.fate.error.remedy}` : ''

/** Who somebody is who has not said yet. */
const names = ['Avocet', 'Finch', 'Heron', 'Lark', 'Plover', 'Robin', 'Swift', 'Wren']

/** The chat: a list that stays at its end, and a composer that also works offline. */
export const chatView = (storage: Storage) => {
  const list = byId('chat')
  const form = byId('composer') as HTMLFormElement
  const text = byId('text') as HTMLInputElement
  const name = byId('name') as HTMLInputElement
  const again = new Subject<Post>()
  const dismissed = new Subject<string>()

  const saidRow = (line: Exclude<Line, { readonly _tag: 'Gap' }>): Row<Line> => {
    const said = line._tag === 'Post' ? line.post : line.message.data
    const meta = html('span', { class: 'meta' })
    const why = html('p', { class: 'why' })
    const node = html('li', {}, html('b', {}, said.name), html('p', {}, said.text), meta, why)
    let shown = ''
    const update = (now: Line): void => {
      if (now._tag === 'Gap') return
      const { post } = now
      const place = now._tag === 'Message' ? `#${now.message.position.offset}` : ''
      const key = `${place} ${post?.fate._tag ?? ''}`
      if (key === shown) return
      shown = key
      node.classList.toggle('own', post !== undefined || (now._tag === 'Message' && now.message.own))
      node.dataset['state'] = post?.fate._tag.toLowerCase() ?? 'logged'
      node.dataset['offset'] = now._tag === 'Message' ? `${now.message.position.offset}` : ''
      meta.replaceChildren(
        ...(now._tag === 'Message' ? [html('time', { title: `Offset ${place}` }, timeOf(now.message.at))] : []),
        ...(post ? [tick(post.fate._tag)] : []),
      )
      why.replaceChildren()
      if (post?.fate._tag === 'Failed') why.append(failure(post), html('br'), ...choices(post))
    }
    return { node, update }
  }
  const choices = (post: Post): readonly Node[] => {
    const choice = (words: string, act: () => void): HTMLButtonElement => {
      const button = html('button', { type: 'button' }, words)
      button.addEventListener('click', act)
      return button
    }
    return [
      choice('Send again', () => {
        dismissed.next(post.key)
        again.next(post)
      }),
      choice('Dismiss', () => dismissed.next(post.key)),
    ]
  }
  const gapRow = (): Row<Line> => {
    const node = html('li', { class: 'gap' }, 'The server forgot what was here. What follows is complete.')
    return { node, update: () => undefined }
  }
  const render = rows<Line>(
    list,
    ({ key }) => key,
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

  name.value = storage.getItem('name') ?? names[Math.floor(Math.random() * names.length)] ?? 'Wren'
  storage.setItem('name', name.value)
  fromEvent(name, 'change').subscribe(() => storage.setItem('name', name.value))

  const submitted$: Observable<Pick<Said, 'name' | 'text'>> = fromEvent(form, 'submit').pipe(
    tap((event) => event.preventDefault()),
    map(() => ({ name: name.value.trim() || 'Somebody', text: text.value.trim() })),
    filter((said) => said.text !== ''),
    tap(() => {
      text.value = ''
      text.focus()
    }),
  )
  return {
    /** What is to be sent: what was written, and what failed and is tried again. */
    said$: merge(submitted$, again),
    dismissed$: dismissed.asObservable(),
    show: (lines: readonly Line[]): void => {
      render(lines)
      byId('quiet').hidden = lines.length > 0
      follow()
    },
    hint: (isOnline: boolean): void => {
      say(
        byId('hint'),
        isOnline
          ? ''
          : 'Offline. What you write now waits in this page and is sent when the line is back; a reload drops it.',
      )
    },
  }
}
