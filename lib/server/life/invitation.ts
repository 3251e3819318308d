import { map, type Observable, from } from 'rxjs'
import { guard } from '../../core/guard.js'
import * as E from '#fp/Either'
import { isCount, isName } from '../../protocol/field.js'
import { bounds } from '../../protocol/frame.js'
import { bytesOf, type RoomCrypto, textOf } from './room-crypto.js'

/** An invitation to a room, as its holder shows it to the server. */
export interface Invitation {
  readonly room: string
  /** Tells invitations apart. */
  readonly id: string
  /** The only user that it lets in. Absent: any. */
  readonly user?: string
  /** The most users that it lets in. Absent: no limit. */
  readonly uses?: number
  /** Its end, by the wall clock in ms. Absent: none. */
  readonly until?: number
}

/** An invitation with its signature, which is not checked yet. */
export interface SignedInvitation {
  readonly invitation: Invitation
  readonly signed: string
  readonly signature: string
}

const scheme = 'rxi1'

/** Signs an invitation: `rxi1.`, the invitation, `.`, the signature. */
export const signedInvitation = (crypto: RoomCrypto, secret: string, invitation: Invitation): Observable<string> => {
  const { room, id, user, uses, until } = invitation
  const signed = `${scheme}.${textOf(new TextEncoder().encode(JSON.stringify([room, id, user ?? 0, uses ?? 0, until ?? 0])))}`
  return from(crypto.sign(secret, signed)).pipe(map((signature) => `${signed}.${signature}`))
}

/** Reads an invitation without checking its signature; `undefined` for any other text. */
export const readInvitation = (text: string): SignedInvitation | undefined => {
  const [name, coded = '', signature = '', ...others] = text.split('.')
  const bytes = name === scheme && others.length === 0 ? bytesOf(coded) : undefined
  if (!bytes) return undefined
  const parsed = guard(() => JSON.parse(new TextDecoder().decode(bytes)) as unknown)
  const invitation = E.isRight(parsed) ? invitationIn(parsed.right) : undefined
  return invitation && { invitation, signed: `${scheme}.${coded}`, signature }
}

const invitationIn = (value: unknown): Invitation | undefined => {
  if (!Array.isArray(value)) return undefined
  const [room, id, user, uses, until] = value as readonly unknown[]
  if (!isName(room, bounds.roomBytes) || !isName(id, bounds.idBytes)) return undefined
  if (user !== 0 && !isName(user, bounds.userBytes)) return undefined
  if (!isCount(uses) || !isCount(until)) return undefined
  return { room, id, ...(user !== 0 && { user }), ...(uses > 0 && { uses }), ...(until > 0 && { until }) }
}
