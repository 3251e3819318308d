import type { Bye } from '../protocol/frame.js'
import type { Shared } from './connections.js'
import type { GoAway } from './go-away.js'
import type { Fatal } from './inbound.js'
import type { Opened } from './opening.js'
import { closeCodes, type CloseCode, type RefusalCode } from './refusal.js'
import type { MembershipEnd } from './tables/member-row.js'
import type { Writer } from './writer.js'

/** A connection after its goodbye: once the client answers the ping, every earlier frame of the client has arrived. */
export interface Departure {
  /** Records the pong with this number. */
  readonly pong: (n: number) => void
  /** Closes the connection, if every frame of the client has arrived and is answered. */
  readonly part: () => void
  readonly cancel: () => void
}

/** A connection that the server asks to leave. */
export interface Departing {
  readonly shared: Shared
  readonly writer: Writer
  readonly fatal: Fatal
  readonly close: (closeCode: CloseCode, reason: string) => void
}

/** Says goodbye to a welcomed client, answers all received frames, then closes. */
export const departure = (connection: Departing, { bye, until }: GoAway, { session, pulse }: Opened): Departure => {
  const { shared, writer } = connection
  const { to, ...plain } = bye
  const isMoving = to !== undefined && session.moves
  writer.control(isMoving ? bye : plain)
  const finish = (): void => {
    writer.inOrder({ t: 'bye.done' })
    connection.close(bye.reconnect === 'never' ? closeCodes.goingAway : closeCodes.restart, bye.because)
  }
  const deadline = shared.context.time.at(until, finish)
  // A client that moves is served until it leaves.
  if (isMoving) return { pong: ignored, part: ignored, cancel: deadline.cancel }
  const barrier = pulse.ping()
  let isReached = false
  const part = (): void => {
    if (isReached && session.unanswered() === 0) finish()
  }
  return {
    pong: (n) => {
      if (n < barrier) return
      isReached = true
      part()
    },
    part,
    cancel: deadline.cancel,
  }
}

const ignored = (): void => undefined

/** Turns a client away that is not welcome yet. */
export const turnAway = (connection: Departing, { reconnect }: Bye): void => {
  if (reconnect === 'never') connection.fatal('server/draining', closeCodes.goingAway, { kind: 'terminal' })
  else {
    const { afterMs, spreadMs } = reconnect
    connection.fatal('server/draining', closeCodes.restart, { retryAfterMs: afterMs, spreadMs })
  }
}

/** Returns the end of the memberships of a session that the server ends: a client that does not come back has left. */
export const endOf = (code: RefusalCode): MembershipEnd =>
  code === 'auth/expired' ? 'expired' : code === 'session/revoked' || code === 'session/replaced' ? 'left' : 'lost'
