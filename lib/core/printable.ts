/** Characters that control or mislead a terminal: control characters, line ends of every kind, writing directions. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_C}]/gu

/** Formats foreign text as one line without terminal control characters. A JSON text keeps its meaning. */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
