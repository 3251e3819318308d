import { of } from 'rxjs'
import type { RoomCrypto } from '../server/life/room-crypto.js'
import { checksum } from '../store/checksum.js'

/**
 * The cryptography of rooms in virtual time, where no promise settles: it answers at once, keeps passwords as they are, and
 * signs by a checksum. For tests only.
 */
export const plainCrypto: RoomCrypto = {
  hash: (password) => of(`plain$${password}`),
  verify: (password, hash) => of(hash === `plain$${password}`),
  sign: (secret, text) => of(checksum(`${secret} ${text}`)),
}
