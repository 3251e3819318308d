/** What a terminal obeys or is misled by: control characters, line ends of every kind, directions of writing. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_C}]/gu

/** Text of anybody in one line that no terminal obeys. Within a text of JSON it still means the same. */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
