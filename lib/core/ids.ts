import { randomBytes } from './platform.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Makes an id of 128 random bits as 22 URL-safe characters. */
export const randomId = (): string => token(22)

/** Draws characters a page at a time, as one text: one call of the platform's source costs as much as many bytes of it. */
const pageLength = 1_408
let page = ''
let used = 0

const draw = (length: number): string => {
  const bytes = randomBytes(length)
  for (let at = 0; at < length; at++) bytes[at] = alphabet.charCodeAt((bytes[at] ?? 0) & 63)
  return Reflect.apply(String.fromCharCode, undefined, bytes) as string
}

/** Makes a random text of `length` URL-safe characters, 6 bits each. No character of a page is used twice. */
export const token = (length: number): string => {
  if (used + length > page.length) {
    page = draw(Math.max(length, pageLength))
    used = 0
  }
  used += length
  return page.slice(used - length, used)
}
