import { printable } from '../core/printable.js'

/** Formats a value as JSON in one printable line. */
export const jsonLine = (value: unknown): string => printable(JSON.stringify(value))

/** Formats `1 message`, `2 messages`. */
export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
