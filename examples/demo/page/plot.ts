import { set, say, svg } from './dom.js'
import { across, type Domain, windowMs } from './scale.js'
import type { Point } from './series.js'
import type { Stretch } from './stretches.js'

const height = 76
const top = 8
const bottom = 68

export interface Drawing {
  readonly points: readonly Point[]
  /** How the connection was meanwhile. */
  readonly stretches: readonly Stretch[]
  readonly now: number
  /** A time that is pointed at. */
  readonly pointed: number | undefined
}

export interface Look {
  readonly domain: (values: readonly number[]) => Domain
  /** A bound of the scale in words. */
  readonly bound: (value: number) => string
  /** Fill what lies below the first line: for scales that begin at 0. */
  readonly isFilled: boolean
}

/** The point to read at a time: the last one that was not after it. */
export const pointAt = (points: readonly Point[], at: number): Point | undefined => {
  const found = points.filter((point) => point.at <= at).at(-1)
  return found && at - found.at < 2_500 ? found : undefined
}

const rounded = (value: number): string => value.toFixed(1)

/** Draws figures over the last two minutes into an `svg`, in its real pixels. */
export const plot = (into: SVGSVGElement, { domain, bound, isFilled }: Look) => {
  const away = svg('path', { class: 'away' })
  const grid = svg('path', { class: 'grid' })
  const area = svg('path', { class: 'area' })
  const lines = [svg('path', { class: 'figure second' }), svg('path', { class: 'figure first' })] as const
  const late = svg('path', { class: 'late' })
  const missing = svg('path', { class: 'missing' })
  const pointer = svg('path', { class: 'pointer' })
  const heads = [svg('circle', { class: 'head second', r: 3 }), svg('circle', { class: 'head first', r: 3 })] as const
  const most = svg('text', { x: 0, y: top + 11 })
  const least = svg('text', { x: 0, y: bottom - 4 })
  into.append(away, grid, area, ...lines, late, missing, pointer, ...heads, most, least)

  return ({ points: all, stretches, now, pointed }: Drawing): void => {
    const width = into.clientWidth
    if (width === 0) return
    const { x } = across(width, now)
    // A little more to the left, so that lines come from outside.
    const points = all.filter(({ at }) => at >= now - windowMs - 5_000)
    const last = points.at(-1)
    const scale = domain(points.flatMap(({ values }) => values))
    const y = (value: number) => bottom - ((value - scale.least) / (scale.most - scale.least)) * (bottom - top)
    const place = ({ at, values }: Point, index = 0) => `${rounded(x(at))},${rounded(y(values[index] ?? 0))}`
    const pieces = unbroken(points)
    const path = (index: number) =>
      last?.values[index] === undefined
        ? ''
        : pieces.map((piece) => `M${piece.map((point) => place(point, index)).join('L')}`).join('')

    set(into, { viewBox: `0 0 ${width} ${height}` })
    set(grid, { d: `M0,${top}H${width}M0,${bottom}H${width}` })
    set(away, {
      d: stretches
        .filter(({ tone }) => tone === 'bad' || tone === 'busy')
        .map(
          ({ from: start, until }) =>
            `M${rounded(x(start))},${top}H${rounded(x(until ?? now))}V${bottom}H${rounded(x(start))}Z`,
        )
        .join(''),
    })
    for (const [nth, node] of lines.entries()) set(node, { d: path(1 - nth) })
    set(late, { d: points.flatMap((point) => (point.isLate ? [`M${place(point)}h0`] : [])).join('') })
    set(missing, {
      d: between(pieces)
        .map(([before, after]) => `M${place(before)}L${place(after)}`)
        .join(''),
    })
    set(area, {
      d: isFilled
        ? ends(pieces)
            .map(([first, last, piece]) => {
              const above = piece.map((point) => place(point)).join('L')
              return `M${rounded(x(first.at))},${bottom}L${above}L${rounded(x(last.at))},${bottom}Z`
            })
            .join('')
        : '',
    })
    for (const [nth, node] of heads.entries()) {
      const value = last?.values[1 - nth]
      set(node, {
        cx: last ? rounded(x(last.at)) : 0,
        cy: value === undefined ? 0 : rounded(y(value)),
        visibility: value === undefined ? 'hidden' : 'visible',
      })
    }
    set(pointer, { d: pointed === undefined ? '' : `M${rounded(x(pointed))},${top}V${bottom}` })
    say(most, bound(scale.most))
    say(least, bound(scale.least))
  }
}

type Piece = readonly Point[]

/** The points in pieces that are drawn as one line. */
const unbroken = (points: readonly Point[]): readonly Piece[] =>
  points.reduce<readonly Piece[]>((pieces, point) => {
    const open = pieces.at(-1)
    return open && !point.isBroken ? [...pieces.slice(0, -1), [...open, point]] : [...pieces, [point]]
  }, [])

const ends = (pieces: readonly Piece[]): readonly (readonly [Point, Point, Piece])[] =>
  pieces.flatMap((piece) => {
    const [first] = piece
    const last = piece.at(-1)
    return first && last ? [[first, last, piece] as const] : []
  })

/** Where a line ends and the next begins. */
const between = (pieces: readonly Piece[]): readonly (readonly [Point, Point])[] => {
  const all = ends(pieces)
  return all.slice(1).flatMap(([after], nth) => {
    const before = all[nth]
    return before ? [[before[1], after] as const] : []
  })
}
