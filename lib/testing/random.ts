/**
 * Makes a generator of numbers in [0, 1) that are the same for the same seed: `random` for repeatable simulations.
 *
 * The algorithm is sfc32 by Chris Doty-Humphrey (PractRand, public domain), seeded as there.
 */
export const seeded = (seed: number): (() => number) => {
  let a = 0
  let b = seed | 0
  let c = Math.floor(seed / 2 ** 32) | 0
  let counter = 1

  const next = (): number => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let round = 0; round < 12; round++) next()
  return next
}

/** Chance by a seed. Without one every random value is 0.5, so that retry delays can be computed. */
export const chanceOf = (seed: number | undefined): (() => number) => (seed === undefined ? () => 0.5 : seeded(seed))

/** Makes ids: the prefix and a count from 1. */
export const counted = (prefix: string): (() => string) => {
  let count = 0
  return () => `${prefix}-${++count}`
}
