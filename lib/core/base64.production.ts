/** Encodes to base64 with the platform. */
export const encode = (binary: string): string => btoa(binary)

/** Decodes base64; `undefined` for invalid text. */
export const decode = (text: string): string | undefined => {
  try {
    return atob(text)
  } catch {
    return undefined
  }
}
