/** The characters of a text that are searched; fewer are shown. */
export const readLength = 65_536
/** The number of secrets to remember per kind. */
const remembered = 32

/** Masks secrets in a text. */
export type Mask = (text: string, secrets: readonly string[]) => string

/** Remembers secrets, and masks them in foreign texts. */
export interface Redactor {
  /** Adds a secret. Keeps the latest of each kind, by default 32. */
  readonly note: (secret: string, kind?: string, most?: number) => void
  /** Masks the secrets in a foreign text. Cut the text afterwards: a truncated secret may not be recognised. */
  readonly hide: (text: string) => string
  /** Masks in this way from now on. */
  readonly use: (mask: Mask) => void
}

/** Makes a redactor, which masks whole secrets until it gets another mask: `maskParts` comes with what needs it. */
export const redactor = (mask: Mask = maskWholes): Redactor => {
  const kinds = new Map<string, readonly string[]>()
  let masked = mask
  let secrets: readonly string[] | undefined
  return {
    note: (secret, kind = '', most = remembered) => {
      const known = kinds.get(kind) ?? []
      if (secret === '' || known[0] === secret) return
      kinds.set(kind, [secret, ...known.filter((other) => other !== secret)].slice(0, most))
      secrets = undefined
    },
    hide: (text) => maskUrls(masked(text.slice(0, readLength), (secrets ??= [...kinds.values()].flat()))),
    use: (other) => {
      masked = other
    },
  }
}

/** Masks secrets as they are. A secret may be a part of a longer one. */
const maskWholes: Mask = (text, secrets) =>
  [...secrets]
    .sort((one, other) => other.length - one.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text)

/** Masks users and values in URLs; parameter names stay visible. */
export const maskUrls = (text: string): string =>
  text.replace(/\/\/[^\s/?#@]{1,512}@/g, '//***@').replace(/([?&][^\s=?&#]{1,64}=)[^\s&#"'<>)]+/g, '$1***')
