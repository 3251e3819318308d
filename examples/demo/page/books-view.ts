import type { Books } from './books.js'
import { byId, html, rows, say } from './dom.js'
import { type Account, total } from './ledger.js'
import { number, plural } from './words.js'

const columns = ['received', 'expected', 'gaps', 'duplicates', 'lost'] as const

interface Verdict {
  readonly tone: 'good' | 'gap' | 'bad'
  readonly words: string
}

/** What the books come to. */
export const verdict = (books: Books): Verdict => {
  const { received, gaps, lost, duplicates } = total(Object.values(books))
  if (lost > 0 || duplicates > 0)
    return { tone: 'bad', words: `${number(lost)} lost, ${number(duplicates)} doubled. That is a bug.` }
  if (received === 0) return { tone: 'good', words: 'Nothing received yet.' }
  return gaps > 0
    ? { tone: 'gap', words: `None doubled. ${plural(gaps, 'gap')}, each told in its place.` }
    : { tone: 'good', words: 'None lost, none doubled.' }
}

/** The account of each room, and what they come to. */
export const booksView = () => {
  const show = rows<readonly [string, Account]>(
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
  const count = byId('count')
  const outcome = byId('outcome')
  return (books: Books): void => {
    const { tone, words } = verdict(books)
    show(Object.entries(books))
    say(count, number(total(Object.values(books)).received))
    say(outcome, words)
    byId('verdict').dataset['tone'] = tone
  }
}
