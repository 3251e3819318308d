import { randomBytes } from './platform.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** An id of 128 random bits as 22 URL-safe characters. */
export const randomId = (): string => token(22)

/** Random bytes are fetched by the page: one costs the platform as much as many. None is used twice. */
const pageBytes = 1_408
let page: Uint8Array = /*#__PURE__*/ new Uint8Array(0)
let used = 0

const next = (): number => {
  if (used === page.length) {
    page = randomBytes(pageBytes)
    used = 0
  }
  return page[used++] ?? 0
}

/** A random text of `length` URL-safe characters, 6 bits each. */
export const token = (length: number): string => {
  let text = ''
  for (let at = 0; at < length; at++) text += alphabet.charAt(next() & 63)
  return text
}
