import { byId, html, rows, say } from './dom.js'
import type { Entry } from './timeline.js'
import { duration, number, plural, timeOf } from './words.js'

/** How often and how long. */
const tail = ({ isOpen, times, at, totalMs, tries, tone }: Entry, now: number): string => {
  if (times === 0) return ''
  const lasted = duration(totalMs + (isOpen ? now - at : 0))
  const span = isOpen
    ? `for ${lasted} so far`
    : times === 1
      ? `for ${lasted}`
      : `${number(times)} times, ${lasted} in all`
  const tried = tries > 1 && tone === 'bad' ? `, ${number(tries)} tries` : ''
  return `${span}${tried}`
}

const sentences = ({ by, detail, caughtUp }: Entry): string =>
  [
    ...(by === '' ? [] : [`${by}.`]),
    ...(detail === '' ? [] : [detail]),
    ...(caughtUp === 0 ? [] : [`Then ${plural(caughtUp, 'missed message')} caught up.`]),
  ].join(' ')

/** The timeline as a list, the newest first. */
export const timelineView = () => {
  let now = 0
  const show = rows<Entry>(
    byId('timeline'),
    ({ id }) => `${id}`,
    () => {
      const time = html('time')
      const title = html('b')
      const last = html('span', { class: 'last' })
      const detail = html('p')
      const code = html('code')
      const node = html(
        'li',
        {},
        time,
        html('i', { 'aria-hidden': 'true' }),
        html('div', {}, html('div', { class: 'title' }, title, last, code), detail),
      )
      return {
        node,
        update: (entry) => {
          node.dataset['tone'] = entry.tone
          say(time, timeOf(entry.at))
          say(title, entry.title)
          say(last, tail(entry, now))
          say(code, entry.code)
          say(detail, sentences(entry))
          detail.hidden = detail.textContent === ''
          code.hidden = entry.code === ''
        },
      }
    },
  )
  return ([entries, at]: readonly [readonly Entry[], number]): void => {
    now = at
    show(entries)
  }
}
