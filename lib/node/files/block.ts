import { crc32 } from './crc32.js'

/**
 * One atomic unit of a journal: it exists as a whole or not at all.
 *
 * | bytes | |
 * |---|---|
 * | 4 | ff `RXJ`, which no text in UTF-8 holds |
 * | 4 | CRC-32 of everything after it |
 * | 4 | bytes of text |
 * | 6 | its own position in the file |
 * | 6 | the position up to which the file was synced to the disk at this write |
 * | 6 | the number of the last mark before it |
 * | … | the text, an array of records in JSON |
 *
 * Numbers are big-endian.
 */
export interface Block {
  readonly position: number
  /** The position after it. */
  readonly end: number
  readonly synced: number
  /** The number of the last mark before it. */
  readonly mark: number
  /** Its CRC-32. */
  readonly check: number
  readonly text: string
}

/** The fields of a block's head that the writer chooses. */
export type BlockHead = Pick<Block, 'position' | 'synced' | 'mark'>

const magic = Buffer.from([0xff, 0x52, 0x58, 0x4a])
const headBytes = 30

/** Encodes a block for a position. */
export const blockOf = (text: string, { position, synced, mark }: BlockHead): Buffer => {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(headBytes + length)
  magic.copy(bytes)
  bytes.writeUInt32BE(length, 8)
  bytes.writeUIntBE(position, 12, 6)
  bytes.writeUIntBE(synced, 18, 6)
  bytes.writeUIntBE(mark, 24, 6)
  bytes.write(text, headBytes)
  bytes.writeUInt32BE(crc32(bytes.subarray(8)), 4)
  return bytes
}

/** Returns the CRC-32 of an encoded block. */
export const checkOf = (block: Buffer): number => block.readUInt32BE(4)

/** Yields the intact blocks of a file in order. Bytes between the end of one and the position of the next are damaged. */
export function* blocksOf(bytes: Buffer): Generator<Block> {
  for (let position = 0; position >= 0;) {
    const block = blockAt(bytes, position)
    if (block) yield block
    position = bytes.indexOf(magic, block ? block.end : position + 1)
  }
}

/** Returns the block at a position, if it is intact. */
export const blockAt = (bytes: Buffer, position: number): Block | undefined => {
  if (position + headBytes > bytes.length || bytes.compare(magic, 0, 4, position, position + 4) !== 0) return undefined
  const end = position + headBytes + bytes.readUInt32BE(position + 8)
  if (end > bytes.length || bytes.readUIntBE(position + 12, 6) !== position) return undefined
  if (crc32(bytes.subarray(position + 8, end)) !== bytes.readUInt32BE(position + 4)) return undefined
  return {
    position,
    end,
    synced: bytes.readUIntBE(position + 18, 6),
    mark: bytes.readUIntBE(position + 24, 6),
    check: bytes.readUInt32BE(position + 4),
    text: bytes.toString('utf8', position + headBytes, end),
  }
}
