import zlib from 'node:zlib'

/** Computes the checksum of zip and gzip (CRC-32, reflected polynomial 0xedb88320). */
export const crc32 = (bytes: Uint8Array): number => native?.(bytes) ?? portable(bytes)

/** Node's own function, from 20.15 and 22.2 on, is about six times as fast. */
const native = zlib.crc32 as typeof zlib.crc32 | undefined

export const portable = (bytes: Uint8Array): number => {
  let crc = -1
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}

const table = /*#__PURE__*/ Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})
