export type Range = readonly [least: number, most: number]

const hourMs = 3_600_000
const yearMs = 365 * 24 * hourMs
const most = 2 ** 31 - 1

/** The ranges of the numbers that a server announces or asks for: the table of docs/protocol.md. */
export const wait: Range = [0, hourMs]
export const lifetime: Range = [0, yearMs]
export const beat: Range = [100, hourMs]
export const limit: Range = [1, most]
export const unseen: Range = [1_024, most]
export const pages: Range = [0, 65_536]

export const clamp = (value: number, [least, most]: Range): number => Math.min(most, Math.max(least, value))
