/** Secrets that must show nowhere. */
export const canaries = {
  token: 'tok-canary/7f3a+9Zq.eyJhbGciOiJIUzI1NiJ9~of-token',
  password: 'pwd-canary "2b" 8c/1d of-password',
  resume: 'res-canary_4e5f-6a7b-8c9d_of-resume',
  url: 'url-canary-0a1b2c3d4e5f-of-url',
} as const

const encodings: readonly ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  (text) => String(new URLSearchParams([['', text]])).slice(1),
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => Buffer.from(text).toString('base64').replaceAll('=', ''),
  (text) => Buffer.from(text).toString('base64url'),
]

/** What peers and hooks may say of secrets: whole and cut at both ends, encoded in every way, and beyond where texts are cut. */
export const gossip = (secrets: readonly string[]): readonly string[] =>
  secrets.flatMap((secret) =>
    encodings.flatMap((encode) => {
      const text = encode(secret)
      return [
        `no ${text} here`,
        `it begins with ${text.slice(0, 24)}`,
        `${text.slice(-24)} is its end`,
        ...[20, 50, 100, 180, 230, 490].map((before) => `${'x'.repeat(before)} ${text}`),
      ]
    }),
  )

/** Eight characters of the beginning or the end of a secret, in whatever encoding, that a text shows. */
export const shownIn = (text: string, secrets: readonly string[] = Object.values(canaries)): readonly string[] =>
  secrets.flatMap((secret) =>
    encodings
      .flatMap((encode) => [encode(secret).slice(0, 8), encode(secret).slice(-8)])
      .filter((part) => text.includes(part)),
  )
