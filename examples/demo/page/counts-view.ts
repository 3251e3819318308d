import type { Books } from './books.js'
import { byId, html, rows, say } from './dom.js'
import { type Account, type Total, total } from './ledger.js'
import { number } from './words.js'

const columns = ['received', 'expected', 'gaps', 'duplicates', 'lost'] as const

interface Count {
  readonly id: 'received' | 'caughtUp' | 'waiting' | 'gaps' | 'duplicates' | 'lost'
  readonly words: string
  readonly title: string
}

const counts: readonly Count[] = [
  { id: 'received', words: 'received', title: 'Messages that came here, in all rooms' },
  { id: 'caughtUp', words: 'caught up', title: 'Missed while offline, and received afterwards' },
  { id: 'waiting', words: 'waiting', title: 'Written in this tab, and not confirmed by the server yet' },
  { id: 'gaps', words: 'gaps', title: 'Places where messages are gone for good, each shown as such' },
  { id: 'duplicates', words: 'doubled', title: 'Messages that came twice: always 0' },
  { id: 'lost', words: 'lost', title: 'Messages that are missing without a gap that says so: always 0' },
]

/** What all rooms come to, and the account of each. */
export const countsView = () => {
  const faces = counts.map(({ id, words, title }) => {
    const value = html('b', {}, '0')
    const node = html('li', { 'data-count': id, title }, value, html('span', {}, words))
    return { id, node, value }
  })
  byId('counts').append(...faces.map(({ node }) => node))

  const showRooms = rows<readonly [string, Account]>(
    byId('books'),
    ([name]) => name,
    ([name]) => {
      const cells = columns.map((column) => html('td', { 'data-of': column }))
      const node = html('tr', { 'data-room': name }, html('th', { scope: 'row' }, name), ...cells)
      return {
        node,
        update: ([, account]) => {
          for (const [nth, column] of columns.entries()) {
            const cell = cells[nth]
            if (!cell) continue
            say(cell, number(account[column]))
            cell.classList.toggle('zero', account[column] === 0)
          }
        },
      }
    },
  )
  return ([books, waiting]: readonly [Books, number]): void => {
    const now: Total & { readonly waiting: number } = { ...total([...books.values()]), waiting }
    for (const { id, node, value } of faces) {
      say(value, number(now[id]))
      node.classList.toggle('zero', now[id] === 0)
    }
    showRooms([...books])
  }
}
