import { byId, html, say, svg } from './dom.js'
import { type Look, plot, pointAt, type Drawing } from './plot.js'
import { timeOf, type Measured } from './words.js'

export interface Figure extends Look {
  readonly id: string
  readonly title: string
  /** The keys of its lines, where there are two. */
  readonly keys: readonly [] | readonly [string, string]
  readonly measured: (value: number) => Measured
}

/** A figure: its title and value, and the drawing of its last two minutes. */
export const figureView = ({ id, title, keys, measured, ...look }: Figure) => {
  const drawing = svg('svg', { class: 'plot', role: 'img' })
  const values = (keys.length === 0 ? [''] : keys).map((key, nth) => {
    const value = html('b')
    const unit = html('span')
    const node = html(
      'span',
      { class: `value ${nth === 0 ? 'first' : 'second'}` },
      ...(key ? [html('i', {}, key)] : []),
      value,
      unit,
    )
    return { node, value, unit }
  })
  const note = html('span', { class: 'note' }, 'Waiting for the first figure')
  byId(id).append(
    html(
      'figcaption',
      {},
      html('h3', {}, title),
      html('span', { class: 'values' }, ...values.map(({ node }) => node)),
      note,
    ),
    drawing,
  )
  const draw = plot(drawing, look)

  return {
    drawing,
    show: (now: Drawing, words: string): void => {
      draw(now)
      const point = now.pointed === undefined ? now.points.at(-1) : pointAt(now.points, now.pointed)
      for (const [nth, { value, unit }] of values.entries()) {
        const at = point?.values[nth]
        const shown = at === undefined ? { value: '–', unit: '' } : measured(at)
        say(value, shown.value)
        say(unit, shown.unit)
      }
      say(note, now.pointed === undefined ? words : point ? `at ${timeOf(point.at)}` : 'nothing there')
      drawing.setAttribute(
        'aria-label',
        `${title} over the last two minutes: ${values.map(({ node }) => node.textContent).join(', ')}`,
      )
    },
  }
}
