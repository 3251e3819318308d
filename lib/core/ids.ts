import { randomBytes } from './platform.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** An id of 128 random bits as 22 URL-safe characters. */
export const randomId = (): string => token(22)

/** A random text of `length` URL-safe characters, 6 bits each. */
export const token = (length: number): string => {
  let text = ''
  for (const byte of randomBytes(length)) text += alphabet.charAt(byte & 63)
  return text
}
