import { encode } from './base64.js'
import { type Mask, maskUrls, readLength } from './redact.js'

/** The shortest part of a secret that is masked. A shorter secret is masked as a whole. */
const partLength = 8

/** Masks these secrets in a foreign text. */
export const redact = (text: string, secrets: readonly (string | undefined)[]): string =>
  maskUrls(
    maskParts(
      text.slice(0, readLength),
      secrets.flatMap((secret) => (secret ? [secret] : [])),
    ),
  )

/** The encodings of secrets: plain, and as in URLs, forms, JSON and base64. */
const formsOf = (secrets: readonly string[]): ReadonlySet<string> =>
  new Set(
    secrets.flatMap((secret) => {
      const json = JSON.stringify(secret).slice(1, -1)
      const uri = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\ufffd'))
      const strict = uri.replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
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
      return [secret, json, json.replaceAll('/', '\\/'), uri, strict, strict.replaceAll('%20', '+'), ...coded].map(
        alike,
      )
    }),
  )

/** Writes the letters, and the alphabets of base64, in one way, each for itself: a text may end anywhere. */
const alike = (text: string): string =>
  text
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll('-', '+')
    .replaceAll('_', '/')

const forms = /*#__PURE__*/ new WeakMap<readonly string[], ReadonlySet<string>>()

/** Masks each eight characters in a row that a text shares with an encoding of a secret, and each shorter encoding, in linear time. */
export const maskParts: Mask = (said, secrets) => {
  const known = forms.get(secrets) ?? formsOf(secrets)
  forms.set(secrets, known)
  const text = alike(said)
  const parts = new Set<string>()
  const found = new Set<string>()
  eachPart(text, (part) => parts.add(part))
  for (const form of known) {
    if (form.length < partLength) found.add(form)
    eachPart(form, (part) => parts.has(part) && found.add(part))
  }
  let shown = ''
  /** The characters to hide from here on. */
  let hidden = 0
  for (let at = 0; at < text.length; at++) {
    let length = Math.min(partLength, text.length - at)
    while (length > hidden && !(found.has(text.slice(at, at + length)) && (length > 3 || isWord(text, at, length))))
      length--
    length = Math.max(hidden, length)
    if (hidden === 0) shown += length > 0 ? '***' : said.charAt(at)
    hidden = length > 0 ? length - 1 : 0
  }
  return shown
}

/** Calls back for each eight characters in a row of a text. */
const eachPart = (text: string, take: (part: string) => void): void => {
  for (let at = partLength; at <= text.length; at++) take(text.slice(at - partLength, at))
}

/** A text of three characters or fewer may be a part of any word. */
const isWord = (text: string, at: number, length: number): boolean =>
  !/\w/.test(text.charAt(at - 1) + text.charAt(at + length))
