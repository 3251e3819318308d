import { byId, html, rows, say } from './dom.js'
import type { Entry } from './timeline.js'
import { duration, plural, timeOf } from './words.js'

const tail = ({ lasts, at, until, tries, tone }: Entry, now: number): string =>
  [
    ...(lasts ? [until === undefined ? `for ${duration(now - at)} so far` : `for ${duration(until - at)}`] : []),
    ...(tries > 0 && tone === 'bad' ? [plural(tries, 'try', 'no').replace(/trys$/, 'tries')] : []),
  ].join(', ')

/** The timeline as a list, the newest first. */
export const timelineView = () => {
  let now = 0
  const show = rows<Entry>(
    byId('timeline'),
    ({ id }) => `${id}`,
    ({ at }) => {
      const title = html('b')
      const last = html('span', { class: 'last' })
      const detail = html('p')
      const code = html('code')
      const node = html(
        'li',
        {},
        html('time', { datetime: new Date(at).toISOString() }, timeOf(at)),
        html('i', { 'aria-hidden': 'true' }),
        html('div', {}, html('div', { class: 'title' }, title, last, code), detail),
      )
      return {
        node,
        update: (entry) => {
          node.dataset['tone'] = entry.tone
          say(title, entry.title)
          say(last, tail(entry, now))
          say(code, entry.code)
          say(detail, entry.detail)
          detail.hidden = entry.detail === ''
          code.hidden = entry.code === ''
        },
      }
    },
  )
  return (entries: readonly Entry[], at: number): void => {
    now = at
    show(entries)
  }
}
