import { set, svg } from './dom.js'
import { across } from './scale.js'
import type { Stretch, Tone } from './stretches.js'

const tones: readonly Tone[] = ['good', 'warn', 'bad', 'busy', 'quiet']

/** Draws the connection over the last two minutes as one band. */
export const strip = (into: SVGSVGElement) => {
  const bands = tones.map((tone) => [tone, svg('path', { class: `band ${tone}` })] as const)
  const pointer = svg('path', { class: 'pointer' })
  into.append(...bands.map(([, node]) => node), pointer)
  return (stretches: readonly Stretch[], now: number, pointed: number | undefined): void => {
    const width = into.clientWidth
    if (width === 0) return
    const { x } = across(width, now)
    const edge = (at: number) => Math.max(0, x(at)).toFixed(1)
    set(into, { viewBox: `0 0 ${width} 10` })
    for (const [tone, node] of bands)
      set(node, {
        d: stretches
          .filter((stretch) => stretch.tone === tone)
          .map(({ from, until }) => `M${edge(from)},5H${edge(until ?? now)}`)
          .join(''),
      })
    set(pointer, { d: pointed === undefined ? '' : `M${x(pointed).toFixed(1)},0V10` })
  }
}
