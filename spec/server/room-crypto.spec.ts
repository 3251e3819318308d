import { createHmac, pbkdf2Sync } from 'node:crypto'
import * as fc from 'fast-check'
import { firstValueFrom, from, of } from 'rxjs'
import { readInvitation, signedInvitation } from '../../lib/server/life/invitation.js'
import { bytesOf, isEqual, type RoomCrypto, textOf, webCrypto } from '../../lib/server/life/room-crypto.js'

const crypto = webCrypto()
const plain: RoomCrypto = {
  hash: (password) => of(password),
  verify: (password, hash) => of(password === hash),
  sign: (secret, text) => of(textOf(Buffer.from(`${secret}${text.length}`))),
}

describe('the cryptography of rooms', () => {
  it('[PW1] hashes passwords with PBKDF2, a random salt and 600 000 rounds', async () => {
    const [one, other] = await Promise.all([
      firstValueFrom(from(crypto.hash('sesame'))),
      firstValueFrom(from(crypto.hash('sesame'))),
    ])
    expect(one).not.toBe(other)
    const [scheme, rounds, salt, hash] = one.split('$') as [string, string, string, string]
    expect([scheme, rounds]).toEqual(['pbkdf2-sha256', '600000'])
    expect(hash).toBe(pbkdf2Sync('sesame', Buffer.from(salt, 'base64url'), 600_000, 32, 'sha256').toString('base64url'))
    expect(await firstValueFrom(from(crypto.verify('sesame', one)))).toBe(true)
    expect(await firstValueFrom(from(crypto.verify('Sesame', one)))).toBe(false)
    // The same word typed on keyboards that compose letters differently.
    const cafe = await firstValueFrom(from(crypto.hash('caf\u00e9')))
    expect(await firstValueFrom(from(crypto.verify('cafe\u0301', cafe)))).toBe(true)
  })

  it.each(['', 'x', 'md5$1$c2FsdA$aGFzaA', 'pbkdf2-sha256$1$!$x', 'pbkdf2-sha256$1'])(
    '[PW1] no password has the hash %p',
    async (hash) => {
      expect(await firstValueFrom(from(crypto.verify('sesame', hash)))).toBe(false)
    },
  )

  it('[IV1] signs with HMAC-SHA-256', async () => {
    const signature = await firstValueFrom(from(crypto.sign('secret', 'text')))
    expect(signature).toBe(createHmac('sha256', 'secret').update('text').digest('base64url'))
  })

  it('[IV1] encodes bytes as base64url', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(textOf(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect(bytesOf(textOf(bytes))).toEqual(bytes)
      }),
    )
  })

  it('[IV1] compares texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(isEqual(one, other)).toBe(one === other)
        expect(isEqual(one, one)).toBe(true)
      }),
    )
  })
})

describe('the text of an invitation', () => {
  const invitations = fc.record(
    {
      room: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      id: fc.string({ minLength: 1, maxLength: 20 }),
      user: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      uses: fc.integer({ min: 1, max: 1_000 }),
      until: fc.integer({ min: 1, max: 2 ** 45 }),
    },
    { requiredKeys: ['room', 'id'] },
  )

  it('[IV2] is read back as it was made, with its signature', () => {
    fc.assert(
      fc.property(invitations, (invitation) => {
        signedInvitation(plain, 'secret', invitation).subscribe((text) => {
          expect(readInvitation(text)).toEqual(invitation)
        })
      }),
    )
  })

  it.each([
    '',
    'rxi1',
    'rxi1..',
    'rxi1.e30.x',
    'rxi1.W10.x',
    'rxi2.W10.x',
    'rxi1.WyJyIiwiaSIsMCwwLDBd.x.y',
    'rxi1.!!.x',
  ])('[IV2] %p is none', (text) => {
    expect(readInvitation(text)).toBeUndefined()
  })

  it('[IV2] any other text is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readInvitation(`rxi1.${text}`)).toBeUndefined()
      }),
    )
  })
})
