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

type Span = readonly [from: number, to: number]

const hideForms = (given: string, forms: Iterable<string>): string => {
  const text = given.slice(0, readLength)
  let turned: string | undefined
  const spans: Span[] = []
  for (const form of forms) {
    if (text.includes(form.slice(0, partLength))) spans.push(...beginnings(text, form))
    if (form.length <= partLength || !text.includes(form.slice(-partLength))) continue
    turned ??= reversed(text)
    for (const [from, to] of beginnings(turned, reversed(form))) spans.push([text.length - to, text.length - from])
  }
  let shown = ''
  let at = 0
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from >= at) shown += `${text.slice(at, from)}***`
    at = Math.max(at, to)
  }
  return maskUrls(shown + text.slice(at))
}

const reversed = (text: string): string => text.split('').reverse().join('')

/** Finds the spans of a text that hold a form, or a long enough prefix of it, after Knuth, Morris and Pratt: in linear time. */
const beginnings = (text: string, form: string): readonly Span[] => {
  const spans: [from: number, to: number][] = []
  const least = Math.min(partLength, form.length)
  const shorter = [0]
  const grown = (length: number, next: string | undefined): number => {
    let matched = length
    while (matched > 0 && form[matched] !== next) matched = shorter[matched - 1] ?? 0
    return form[matched] === next ? matched + 1 : 0
  }
  for (let at = 1; at < form.length; at++) shorter.push(grown(shorter[at - 1] ?? 0, form[at]))
  let matched = 0
  for (let at = 0; at < text.length; at++) {
    matched = grown(matched, text[at])
    if (matched < least) continue
    const from = at + 1 - matched
    const last = spans.at(-1)
    if (last && from < last[1]) last[1] = at + 1
    else if (form.length > 3 || !isWordy(text, from, at)) spans.push([from, at + 1])
  }
  return spans
}

/** A text of three characters or fewer may be a part of any word. */
const isWordy = (text: string, from: number, last: number): boolean =>
  /\w/.test(text.charAt(from - 1)) || /\w/.test(text.charAt(last + 1))
