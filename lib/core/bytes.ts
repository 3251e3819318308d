/**
 * True for a `Uint8Array` of any realm: those of an iframe, a `vm` context or jsdom, and Node's `Buffer`, are not
 * instances of this realm's `Uint8Array`.
 */
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) &&
  (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'Uint8Array'

/** Reads a byte count from a platform or user code; 0 for anything else, as from React Native's sockets. */
export const byteCount = (told: unknown): number => (typeof told === 'number' && told > 0 ? told : 0)
