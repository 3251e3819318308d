/**
 * Hashes a text to 32 bits: FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo) over its units of UTF-16. Not for cryptography. Equal
 * on all platforms: a room keeps its member over restarts.
 */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}

/** Mixes 32 bits so that each bit depends on all: the finalizer of MurmurHash3 (A. Appleby, public domain). */
const mix = (bits: number): number => {
  let mixed = bits
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** 2³² divided by the golden ratio: spreads small numbers over all bits. */
const golden = 0x9e3779b9

/**
 * Places a name on one of `size` members, 0 to `size - 1`, by rendezvous hashing (D. Thaler, C. Ravishankar 1998): the
 * member with the highest score for the name has it. So one member more takes its share from all others, and no other name
 * moves; without the last member only its names move.
 */
export const rendezvous = (name: string, size: number): number => {
  const hash = mix(hashOf(name))
  let [best, highest] = [0, -1]
  for (let member = 0; member < size; member++) {
    const score = mix(hash ^ Math.imul(member + 1, golden))
    if (score > highest) [best, highest] = [member, score]
  }
  return best
}
