/**
 * Bytes of any realm: those of an iframe, a `vm` context or jsdom, and Node's `Buffer`, are no instances of this realm's
 * `Uint8Array`.
 */
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) &&
  (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'Uint8Array'

/** A number of bytes that a platform or a user's code tells; 0 where it tells none, as React Native's sockets do. */
export const byteCount = (told: unknown): number => (typeof told === 'number' && told > 0 ? told : 0)
