import { encode } from './base64.js'

/** The shortest prefix or suffix of a secret that is masked. A shorter secret is masked as a whole. */
const partLength = 8
/** The characters of a text that are searched; fewer are shown. */
export const readLength = 65_536
/** The number of secrets to remember per kind. */
const remembered = 32

/** Remembers secrets, and masks them in foreign texts. */
export interface Redactor {
  /** Adds a secret. Keeps the latest of each kind, by default 32. */
  readonly note: (secret: string, kind?: string, most?: number) => void
  /** Masks the secrets in a foreign text. Cut the text afterwards: a truncated secret may not be recognised. */
  readonly hide: (text: string) => string
}

export const redactor = (): Redactor => {
  const kinds = new Map<string, Map<string, readonly string[]>>()
  let forms: ReadonlySet<string> | undefined
  return {
    note: (secret, kind = '', most = remembered) => {
      if (secret === '') return
      const known = kinds.get(kind) ?? new Map<string, readonly string[]>()
      kinds.set(kind, known)
      const had = known.get(secret)
      known.delete(secret)
      known.set(secret, had ?? formsOf(secret))
      if (had) return
      forms = undefined
      if (known.size > most) known.delete([...known.keys()][0] ?? '')
    },
    hide: (text) =>
      hideForms(text, (forms ??= new Set([...kinds.values()].flatMap((known) => [...known.values()].flat())))),
  }
}

/** Masks these secrets in a foreign text. */
export const redact = (text: string, secrets: readonly (string | undefined)[]): string =>
  hideForms(text, new Set(secrets.flatMap((secret) => (secret ? formsOf(secret) : []))))

/** Masks users and values in URLs; parameter names stay visible. */
export const maskUrls = (text: string): string =>
  text.replace(/\/\/[^\s/?#@]{1,512}@/g, '//***@').replace(/([?&][^\s=?&#]{1,64}=)[^\s&#"'<>)]+/g, '$1***')

/** The encodings of a secret: plain, and as in URLs, forms, JSON and base64. */
const formsOf = (secret: string): readonly string[] => {
  const json = JSON.stringify(secret).slice(1, -1)
  const uri = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\ufffd'))
  const strict = uri.replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const binary = uri.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  // Within another text a secret begins at one of three offsets in a base64 group of four; characters shared with its
  // neighbours are left out.
  const coded = [0, 1, 2]
    .map((skipped) =>
      encode('\0'.repeat(skipped) + binary).slice(
        Math.ceil((skipped * 4) / 3),
        Math.floor(((skipped + binary.length) * 4) / 3),
      ),
    )
    .filter(({ length }) => length >= partLength)
  const inUrls = [uri, strict, strict.replaceAll('%20', '+')]
  const lower = inUrls.map((text) => text.replace(/%../g, (code) => code.toLowerCase()))
  const ofUrls = coded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([secret, json, json.replaceAll('/', '\\/'), ...inUrls, ...lower, ...coded, ...ofUrls])]
}

const hideForms = (given: string, forms: Iterable<string>): string => {
  const text = given.slice(0, readLength)
  const hidden = new Set<number>()
  for (const form of forms) {
    if (text.includes(form.slice(0, partLength))) for (const at of places(text, form)) hidden.add(at)
    if (form.length > partLength && text.includes(form.slice(-partLength)))
      for (const at of places(reversed(text), reversed(form))) hidden.add(text.length - 1 - at)
  }
  let shown = ''
  for (let at = 0; at < text.length; at++)
    if (!hidden.has(at)) shown += text.charAt(at)
    else if (!hidden.has(at - 1)) shown += '***'
  return maskUrls(shown)
}

const reversed = (text: string): string => text.split('').reverse().join('')

/**
 * Finds the places of a text that a form covers, or a long enough prefix of it, after Knuth, Morris and Pratt: in linear
 * time.
 */
const places = (text: string, form: string): readonly number[] => {
  const all = `${form}\uffff${text}`
  /** The length of the longest prefix of the form that ends at each place. */
  const lengths = [0]
  for (let at = 1; at < all.length; at++) {
    let length = lengths[at - 1] ?? 0
    while (length > 0 && all[at] !== all[length]) length = lengths[length - 1] ?? 0
    lengths.push(all[at] === all[length] ? length + 1 : 0)
  }
  const found: number[] = []
  let covered = 0
  for (let at = text.length - 1; at >= 0; at--) {
    const length = lengths.pop() ?? 0
    if (length >= Math.min(partLength, form.length) && (form.length > 3 || !isWordy(text, at + 1 - length, at)))
      covered = Math.max(covered, length)
    if (covered-- > 0) found.push(at)
  }
  return found
}

/** A text of three characters or fewer may be a part of any word. */
const isWordy = (text: string, from: number, last: number): boolean =>
  /\w/.test(text.charAt(from - 1)) || /\w/.test(text.charAt(last + 1))
