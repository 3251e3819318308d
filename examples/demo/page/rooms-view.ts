import { filter, fromEvent, map, type Observable, tap } from 'rxjs'
import { byId, html, rows, say, set, svg } from './dom.js'
import type { RoomEntry } from './rooms.js'
import { plural } from './words.js'

const lock = (): Node =>
  svg(
    'svg',
    { viewBox: '0 0 16 16', class: 'lock', role: 'img', 'aria-label': 'with a password' },
    svg('path', { d: 'M4 7.5h8v6H4zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2' }),
  )

/** The list of rooms, each with how many are there. */
export const roomsView = () => {
  const list = byId('rooms')
  let current = ''
  const render = rows<RoomEntry>(
    list,
    ({ name }) => name,
    ({ name, isPrivate }) => {
      const count = html('span', { class: 'count' })
      const button = html('button', { type: 'button', 'data-room': name }, html('b', {}, name))
      if (isPrivate) button.append(lock())
      button.append(count)
      return {
        node: html('li', {}, button),
        update: (room) => {
          set(button, {
            'aria-current': room.name === current && 'true',
            title: plural(room.count, 'person', 'nobody'),
          })
          count.classList.toggle('zero', room.count === 0)
          say(count, `${room.count}`)
        },
      }
    },
  )
  const chosen$: Observable<string> = fromEvent(list, 'click').pipe(
    map(({ target }) => (target instanceof Element ? target.closest('button')?.dataset['room'] : undefined)),
    filter((name) => name !== undefined),
  )
  const form = byId('create') as HTMLFormElement
  const name = byId('new-room') as HTMLInputElement
  const why = byId('refused')
  const created$ = fromEvent(form, 'submit').pipe(
    tap((event) => event.preventDefault()),
    map(() => name.value.trim()),
    filter((words) => words !== ''),
  )
  return {
    chosen$,
    /** Names of rooms to create. */
    created$,
    /** Tells why an order was refused, or nothing where it was not. */
    tell: (reason: string): void => {
      if (reason === '') name.value = ''
      say(why, reason)
    },
    show: (entries: readonly RoomEntry[], now: string): void => {
      current = now
      render(entries)
    },
  }
}
