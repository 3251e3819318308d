import type { Data } from '../core/ports.js'

const text = 0x81
const binary = 0x82

/** Encodes data as one unmasked WebSocket frame. */
export const frameOf = (data: Data): Buffer => {
  const length = typeof data === 'string' ? Buffer.byteLength(data) : data.length
  const at = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(at + length)
  frame[0] = typeof data === 'string' ? text : binary
  if (at === 2) frame[1] = length
  else if (at === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  if (typeof data === 'string') frame.write(data, at)
  else frame.set(data, at)
  return frame
}
