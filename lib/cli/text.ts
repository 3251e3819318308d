/** Control characters, which a terminal would obey, and what ends a line for some readers. */
// eslint is told by the class itself: these are the characters that are looked for.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** Text of anybody as one line that no terminal obeys. Inside of JSON it still means the same. */
export const printable = (text: string): string => text.replace(unprintable, escaped)

/** A value as JSON in one printable line. */
export const jsonLine = (value: unknown): string => printable(JSON.stringify(value))

/** A number of things: `1 message`, `2 messages`. */
export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
