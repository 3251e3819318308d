import type { Codec } from '../protocol/codec.js'
import type { Hello } from '../protocol/frame.js'
import { enlist, type Connection, type Session, type Shared, speak, type Speaker } from './connections.js'
import { type Guest, welcome } from './handshake.js'
import { heartbeat, type Heartbeat, type Mortal } from './heartbeat.js'
import type { Fatal } from './inbound.js'
import type { Meter } from './meter.js'
import { closeCodes } from './refusal.js'
import { session } from './session.js'
import { makeRoom } from './session-limit.js'
import type { SessionConnection } from './session-record.js'
import type { Writer } from './writer.js'

/** A connection whose client is admitted. */
export interface Admitted extends Connection, Mortal, SessionConnection {
  readonly shared: Shared
  readonly codec: Codec
  readonly writer: Writer
  readonly meter: Meter
  readonly fatal: Fatal
}

/** The session of a welcomed client, which speaks for its instance. */
export interface Opened {
  readonly session: Session
  readonly pulse: Heartbeat
  readonly speaker: Speaker
}

/** Opens the session of an admitted client. Returns `undefined` after a refusal. */
export const openSession = (connection: Admitted, guest: Guest, { session: claim, can }: Hello): Opened | undefined => {
  const { shared, codec, writer, meter } = connection
  const { identity, granted, since } = guest
  const { settings } = shared.context
  if (!meter.identify(settings.authenticate && identity.user)) {
    connection.fatal('server/connections', closeCodes.busy, settings.busy)
    return undefined
  }
  const { instance } = claim
  if (!makeRoom(shared, { user: identity.user, instance, since })) {
    connection.endSession('session/replaced')
    return undefined
  }
  const speaker = speak(shared, connection, identity.user, claim)
  if (!speaker) {
    connection.fatal('session/superseded', closeCodes.superseded)
    return undefined
  }
  const opened = session({ shared, connection, granted, since, claim, identity, can, codec, writer, meter })
  enlist(shared, opened)
  return { session: opened, pulse: heartbeat(shared.context, writer, connection), speaker }
}

/** Sends the welcome, then joins the rooms of the hello. */
export const begin = (
  { shared, writer }: Admitted,
  { session: opened }: Opened,
  guest: Guest,
  { messageBytes, rooms }: Hello,
): void => {
  if (messageBytes !== undefined) writer.limitMessage(messageBytes)
  writer.control(welcome(guest, shared.context.settings))
  opened.joinAll(rooms)
}
