import type { Flaw } from './flaw.js'

/** Tells the place of a fault, and the name of the expected kind. */
export const wrong = (where: string, { place, expected }: Flaw): string => `${where}${place}: expected ${expected}`
