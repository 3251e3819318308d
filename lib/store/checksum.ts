const table = /*#__PURE__*/ Uint32Array.from({ length: 256 }, (_, index) => {
  let sum = index
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  return sum
})

/**
 * Returns the CRC-32 of a text's UTF-8 bytes (ISO 3309, as in gzip) as 8 hexadecimal digits. It detects damage, not
 * forgery.
 */
export const checksum = (text: string): string => {
  let sum = 0xffffffff
  for (const byte of new TextEncoder().encode(text)) sum = (table[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8)
  return ((sum ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0')
}
