const beyondAscii = /[\u0080-\uffff]/

/** Returns the bytes of a text in UTF-8. Most texts are ASCII, which a regular expression detects faster than a loop. */
export const byteLength = (text: string): number => (beyondAscii.test(text) ? counted(text) : text.length)

/** True if a text takes more than `bytes` bytes; a character takes at most three. */
export const isLonger = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && byteLength(text) > bytes)

const counted = (text: string): number => {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) at++
  }
  return bytes
}
