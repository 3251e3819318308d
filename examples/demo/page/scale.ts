/** How far back the drawings reach, in ms. */
export const windowMs = 120_000

export interface Domain {
  readonly least: number
  readonly most: number
}

/** The next of 1, 2 and 5 with their powers of ten. */
const nice = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5].find((step) => step * power >= value) ?? 10) * power
}

/** From 0 to a round number above everything, at least `least`. */
export const fromZero =
  (least: number) =>
  (values: readonly number[]): Domain => ({ least: 0, most: nice(Math.max(least, ...values)) })

/** Powers of two around everything, at least `span` apart. For sizes that never come near 0. */
export const around =
  (span: number) =>
  (values: readonly number[]): Domain => {
    const low = values.length === 0 ? 0 : Math.min(...values)
    const high = Math.max(low, ...values)
    const step = 2 ** Math.ceil(Math.log2(Math.max(span, high - low) / 2))
    const least = Math.max(0, Math.floor(low / step) * step)
    return { least, most: Math.max(least + step, Math.ceil(high / step) * step) }
  }

export const fixed = (least: number, most: number) => (): Domain => ({ least, most })

/** Where a time is drawn, and which time is drawn there. */
export const across = (width: number, now: number) => ({
  x: (at: number): number => width * (1 + (at - now) / windowMs),
  at: (x: number): number => now + (x / width - 1) * windowMs,
})
