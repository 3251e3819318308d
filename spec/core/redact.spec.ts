import fc from 'fast-check'
import { maskParts, redact } from '../../lib/core/redact-parts.js'
import { redactor } from '../../lib/core/redact.js'

const canary = 'canary-7f3a/9+Zq=éü.0123456789"abcdefghij~kl!'

/** How programs write a secret into a text. */
const writings: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => `bad ${text}, sorry`],
  ['in a URL', (text) => `GET /?t=1 ${encodeURIComponent(text)} failed`],
  ['in a URL with small letters', (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase())],
  ['in a form', (text) => String(new URLSearchParams([['', text]])).slice(1)],
  ['in JSON', (text) => JSON.stringify({ text })],
  ['in JSON with escaped slashes', (text) => JSON.stringify({ text }).replaceAll('/', '\\/')],
  ['in base64', (text) => Buffer.from(text).toString('base64')],
  ['in base64 after one byte', (text) => Buffer.from(`:${text}`).toString('base64')],
  ['in base64 after two bytes', (text) => Buffer.from(`u:${text}!`).toString('base64')],
  ['in base64 for URLs', (text) => Buffer.from(`user:${text}`).toString('base64url')],
]

describe('a text of somebody else', () => {
  it.each(writings)('[CT14] [SV9] shows no secret %s, nor eight characters of its beginning or end', (_, write) => {
    const written = write(canary)
    expect(redact(written, [canary])).toContain('***')
    // What the writing adds, seven characters of the secret, and what base64 mixes with its neighbours.
    const most = write('').length + 7 + 8
    for (let cut = 0; cut < written.length; cut++) {
      for (const part of [written.slice(0, cut), written.slice(cut)])
        expect(redact(part, [canary]).replaceAll('***', '').length).toBeLessThan(most)
    }
  })

  it('[CT14] [P1] whatever the secret, its encodings and the cut: at most seven characters of a beginning or an end show', () => {
    const secrets = fc.string({ minLength: 8, maxLength: 60 })
    const seams = fc.tuple(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }))
    fc.assert(
      fc.property(secrets, seams, fc.nat(), (secret, [before, after], cut) => {
        const text = before + secret + after
        for (const part of [text.slice(0, before.length + 8 + (cut % (secret.length - 7))), text]) {
          expect(redact(part, [secret])).not.toContain(secret.slice(0, 8).includes('*') ? secret : secret.slice(0, 8))
        }
        const end = text.slice(before.length + (cut % (secret.length - 7)))
        expect(redact(end, [secret])).not.toContain(secret.slice(-8).includes('*') ? secret : secret.slice(-8))
      }),
    )
  })

  it('[CT14] shows short secrets no more than long ones, but a few characters are a word', () => {
    expect(redact('no hunter2, no "hunter2"', ['hunter2'])).toBe('no ***, no "***"')
    expect(redact('no ana: banana, ana', ['ana'])).toBe('no ***: banana, ***')
    expect(redact('an ana is no banana', ['ana'])).toBe('an *** is no banana')
    expect(redact('as it is', [undefined, ''])).toBe('as it is')
  })

  it('[CT14] shows of URLs the names of parameters alone, and no user', () => {
    const text = 'no wss://ana:pw@rooms.example/a?key=k1&sid=s2&x#top nor ?code=c3'
    expect(redact(text, [])).toBe('no wss://***@rooms.example/a?key=***&sid=***&x#top nor ?code=***')
  })

  it('[CT14] shows no eight characters of the middle of a secret', () => {
    expect(redact('between: 7f3a/9+Zq=éü.', [canary])).toBe('between: ***')
    expect(redact('between: 7f3a_9-Z, 7f3a%2F9%2bZq', [canary])).toBe('between: ***, ***')
  })

  it('[CT14] shows none of several secrets that begin alike, lie in each other, or repeat themselves', () => {
    const header = 'eyJhbGciOiJIUzI1NiJ9.'
    expect(redact(`${header}abc ${header}abcdef ${header}x`, [`${header}abc`, `${header}abcdef`])).toBe('*** *** ***x')
    expect(redact('00000000000000012345678', ['000000012345678'])).toBe('00000000***')
    expect(redact(`a${'z'.repeat(30)}b`, ['z'.repeat(20)])).toBe('a***b')
  })

  it('[CT14] is read in linear time, however long it is and however the secret repeats itself', () => {
    const began = performance.now()
    for (const secret of ['a'.repeat(2 ** 20), 'ab'.repeat(2 ** 10), `${'a'.repeat(4_000)}b`])
      expect(redact('a'.repeat(2 ** 20), [secret]).length).toBeLessThan(2 ** 16 + 1)
    expect(redact('?'.repeat(2 ** 20), []).length).toBe(2 ** 16)
    expect(redact('//'.repeat(2 ** 19), []).length).toBe(2 ** 16)
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('a redactor', () => {
  it('[CT14] masks whole secrets by itself, also one in another, and the values of URLs', () => {
    const secrets = redactor()
    for (const secret of ['abcdefgh', 'abcdefgh-ijklmnop', '$&']) secrets.note(secret)
    expect(secrets.hide('no abcdefgh-ijklmnop, abcdefgh, $& nor ?key=k')).toBe('no ***, ***, *** nor ?key=***')
    expect(secrets.hide('x'.repeat(2 ** 20)).length).toBe(2 ** 16)
    secrets.use(maskParts)
    expect(secrets.hide('no h-ijklmnop')).toBe('no ***')
  })

  it('[CT14] remembers the latest of each kind, and those of one kind beside those of another', () => {
    const secrets = redactor(maskParts)
    secrets.note('the-first-token', 'token')
    for (let n = 0; n < 40; n++) secrets.note(`password-${n}-long`, 'password', 20)
    const text = 'the-first-token password-39-long password-20-long password-19-long'
    expect(secrets.hide(text)).toBe('*** *** *** ***19-long')
    for (let n = 0; n < 40; n++) secrets.note(`another: ${n}`, 'token')
    expect(secrets.hide('the-first-token')).toBe('the-first-token')
    secrets.note('')
    expect(secrets.hide('')).toBe('')
  })
})
