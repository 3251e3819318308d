import { filter, fromEvent, map, type Observable, tap } from 'rxjs'
import type { ListedRoom } from '../../../lib/features/directory/index.js'
import { byId, html, rows, say, set, svg } from './dom.js'
import { plural } from './words.js'

const lock = (): Node =>
  svg(
    'svg',
    { viewBox: '0 0 16 16', class: 'lock', role: 'img', 'aria-label': 'with a password' },
    svg('path', { d: 'M4 7.5h8v6H4zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2' }),
  )

/** So many pixels of its neighbours are in sight beside a room that the list scrolls to. */
const peek = 24

/** The list of rooms, each with how many are there. */
export const roomsView = () => {
  const list = byId('rooms')
  let current = ''
  let inSight = ''
  const render = rows<ListedRoom>(
    list,
    ({ name, hasPassword = false }) => `${name} ${hasPassword}`,
    ({ name, hasPassword }) => {
      const count = html('span', { class: 'count' })
      const button = html('button', { type: 'button', 'data-room': name }, html('b', {}, name))
      if (hasPassword) button.append(lock())
      button.append(count)
      return {
        node: html('li', {}, button),
        update: (room) => {
          set(button, {
            'aria-current': room.name === current && 'true',
            title: `${plural(room.members, 'tab')} in it`,
          })
          count.classList.toggle('zero', room.members === 0)
          say(count, `${room.members}`)
        },
      }
    },
  )
  /** Scrolls the list, once for each room that is looked at, so that the room is in sight. */
  const reveal = (): void => {
    const button = list.querySelector('[aria-current]')
    if (!button || inSight === current) return
    inSight = current
    const [box, all] = [button.getBoundingClientRect(), list.getBoundingClientRect()]
    list.scrollBy(
      Math.min(box.left - all.left - peek, 0) + Math.max(box.right - all.right + peek, 0),
      Math.min(box.top - all.top - peek, 0) + Math.max(box.bottom - all.bottom + peek, 0),
    )
  }
  const chosen$: Observable<string> = fromEvent(list, 'click').pipe(
    map(({ target }) => (target instanceof Element ? target.closest('button')?.dataset['room'] : undefined)),
    filter((name) => name !== undefined),
  )
  const form = byId('create') as HTMLFormElement
  const name = byId('new-room') as HTMLInputElement
  const why = byId('refused')
  const password = byId('new-password') as HTMLInputElement
  const created$ = fromEvent(form, 'submit').pipe(
    tap((event) => event.preventDefault()),
    map(() => ({ name: name.value.trim(), password: password.value || undefined })),
    filter((wanted) => wanted.name !== ''),
  )
  return {
    chosen$,
    /** Rooms to create. */
    created$,
    /** Tells why an order was refused, or nothing where it was not. */
    tell: (reason: string): void => say(why, reason),
    /** The wanted room is there: asks for another. */
    created: () => form.reset(),
    show: (entries: readonly ListedRoom[], now: string): void => {
      current = now
      render(entries)
      reveal()
    },
  }
}
