/** Encodes to base64 with the platform, or with own code if it has none, as React Native before 0.74. */
export const encode = (binary: string): string => (typeof btoa === 'function' ? btoa(binary) : encoded(binary))

/** Decodes base64; `undefined` for invalid text. */
export const decode = (text: string): string | undefined => {
  if (typeof atob !== 'function') return decoded(text)
  try {
    return atob(text)
  } catch {
    return undefined
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const encoded = (binary: string): string => {
  let text = ''
  for (let at = 0; at < binary.length; at += 3) {
    const bits = [0, 1, 2].reduce((all, next) => (all << 8) | (binary.charCodeAt(at + next) || 0), 0)
    for (let shift = 18; shift >= 0; shift -= 6) text += digits.charAt((bits >> shift) & 63)
  }
  const missing = (3 - (binary.length % 3)) % 3
  return text.slice(0, text.length - missing) + '='.repeat(missing)
}

const decoded = (text: string): string | undefined => {
  const plain = text.replace(/={1,2}$/, '')
  if (/[^A-Za-z\d+/]/.test(plain) || plain.length % 4 === 1) return undefined
  let [binary, bits] = ['', 0]
  for (let at = 0; at < plain.length; at++) {
    bits = ((bits << 6) | digits.indexOf(plain.charAt(at))) & 0xffffff
    if (at % 4 > 0) binary += String.fromCharCode((bits >> (6 - 2 * (at % 4))) & 255)
  }
  return binary
}
