import type { Data } from '../core/ports.js'
import type { Codec } from '../protocol/codec.js'
import { bounds } from '../protocol/frame.js'

/** The pieces of one turn for a connection, in order. Connections with the same pieces share it and its messages. */
export interface Sequence {
  readonly before: Sequence | undefined
  readonly piece: Data
  readonly size: number
  /** The bytes of all pieces, each with a comma. */
  readonly bytes: number
  /** The latest continuation. */
  next: Sequence | undefined
  packed: Packed | undefined
}

interface Packed {
  readonly codec: Codec
  readonly most: number
  readonly messages: readonly Data[]
}

/** The sequences of the present turn. */
export interface Sequences {
  /** Continues a sequence with a piece, or starts one. */
  readonly after: (before: Sequence | undefined, piece: Data, size: number) => Sequence
  /** Ends the turn: drops all. */
  readonly clear: () => void
}

export const sequences = (): Sequences => {
  let first: Sequence | undefined
  return {
    after: (before, piece, size) => {
      const known = before ? before.next : first
      if (known?.piece === piece) return known
      const bytes = (before?.bytes ?? 0) + size + 1
      const fresh: Sequence = { before, piece, size, bytes, next: undefined, packed: undefined }
      if (before) before.next = fresh
      else first = fresh
      return fresh
    },
    clear: () => {
      first = undefined
    },
  }
}

/** Packs the pieces of sequences, one after the other, into messages of at most 64 pieces and `most` bytes; a larger piece goes alone. */
export const messagesOf = (
  codec: Codec,
  most: number,
  first: Sequence | undefined,
  second: Sequence | undefined,
): readonly Data[] => {
  if (first && second) return pack(codec, most, [...listed(first), ...listed(second)])
  const only = first ?? second
  if (!only) return []
  const { packed } = only
  if (packed?.codec === codec && packed.most === most) return packed.messages
  const messages = only.before ? pack(codec, most, listed(only)) : [codec.pack([only.piece])]
  only.packed = { codec, most, messages }
  return messages
}

const listed = (last: Sequence): readonly Sequence[] => {
  const all: Sequence[] = []
  for (let each: Sequence | undefined = last; each; each = each.before) all.push(each)
  return all.reverse()
}

const pack = (codec: Codec, most: number, all: readonly Sequence[]): readonly Data[] => {
  const messages: Data[] = []
  let pieces: Data[] = []
  let bytes = 2
  for (const { piece, size } of all) {
    if (pieces.length > 0 && (pieces.length === bounds.batchPieces || bytes + size + 1 > most)) {
      messages.push(codec.pack(pieces))
      pieces = []
      bytes = 2
    }
    pieces.push(piece)
    bytes += size + 1
  }
  messages.push(codec.pack(pieces))
  return messages
}
